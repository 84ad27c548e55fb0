import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '@headwater/logger';
import { diskError, MemoryFiles, seededRandom } from '../../test/support/memory-files.ts';
import { AnalysisRegistry } from '../analysis/analysis-registry.ts';
import { EsError } from '../errors.ts';
import { DocumentParser } from '../mapping/document-parser.ts';
import { Mapping } from '../mapping/mapping.ts';
import { Statistics } from '../search/statistics.ts';
import { makeWeight } from '../search/weight.ts';
import { ArrayCache } from './array-source.ts';
import { hasBit } from './bit-set.ts';
import { noMoreDocs } from './postings.ts';
import { Shard, type WriteOp } from './shard.ts';

function openShard(files: MemoryFiles, dir: string | null = 'shard'): Promise<Shard> {
  const mapping = new Mapping(new AnalysisRegistry());
  const parser = new DocumentParser(mapping, { totalFields: 1000, depth: 20, fieldNameLength: 1000 });
  return Shard.open({
    indexName: 'i',
    indexUuid: 'u',
    shardId: 0,
    dir,
    files,
    // So small that arrays come and go all the time.
    cache: new ArrayCache(512),
    logger: silentLogger,
    nowMs: () => 0,
    onDirty: () => {},
    parse: (buffer, doc, op) => parser.parse(buffer, doc, op).root,
  });
}

const source = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const index = (id: string, value: unknown, more: Partial<WriteOp> = {}): WriteOp => ({
  kind: 'index',
  id,
  routing: null,
  source: source(value),
  ...more,
});
const remove = (id: string): WriteOp => ({ kind: 'delete', id, routing: null, source: null });

/** Ids of live documents with a term, as search finds them. */
function search(shard: Shard, field: string, term: string): string[] {
  const view = shard.acquireView();
  try {
    const weight = makeWeight({ kind: 'term', field, term: Buffer.from(term) }, new Statistics([view]), false);
    const ids: string[] = [];
    for (const entry of view.entries) {
      const scorer = weight.scorer(entry);
      if (scorer === null) continue;
      for (let doc = scorer.next(); doc !== noMoreDocs; doc = scorer.next()) {
        if (entry.live === null || hasBit(entry.live, doc)) ids.push(entry.segment.id(doc));
      }
    }
    return ids.sort();
  } finally {
    view.release();
  }
}

test('a write is read at once, and found after a refresh', async () => {
  const shard = await openShard(new MemoryFiles());
  const [first] = shard.apply([index('a', { tag: 'red' })]);
  assert.deepEqual(first, { result: 'created', version: 1, seqNo: 0, primaryTerm: 1 });
  assert.equal(shard.get('a')?.source.toString(), '{"tag":"red"}');
  assert.equal(shard.get('a', false), null);
  assert.deepEqual(search(shard, 'tag', 'red'), []);
  shard.refresh();
  assert.deepEqual(search(shard, 'tag', 'red'), ['a']);
  shard.apply([index('a', { tag: 'blue' })]);
  shard.refresh();
  assert.deepEqual(search(shard, 'tag', 'red'), []);
  assert.deepEqual(search(shard, 'tag', 'blue'), ['a']);
  await shard.close();
});

test('versions: create, compare and set, external', async () => {
  const shard = await openShard(new MemoryFiles());
  const errorOf = (op: WriteOp): string | null => {
    const [result] = shard.apply([op]);
    return result instanceof EsError ? `${result.status} ${result.reason}` : null;
  };
  shard.apply([index('a', { n: 1 })]);
  assert.equal(
    errorOf(index('a', {}, { kind: 'create' })),
    '409 [a]: version conflict, document already exists (current version [1])',
  );
  assert.equal(errorOf(index('a', {}, { ifSeqNo: 0, ifPrimaryTerm: 1 })), null);
  assert.match(errorOf(index('a', {}, { ifSeqNo: 0, ifPrimaryTerm: 1 }))!, /current document has seqNo \[1\]/);
  assert.equal(errorOf(index('b', {}, { version: 5, versionType: 'external' })), null);
  assert.match(errorOf(index('b', {}, { version: 5, versionType: 'external' }))!, /higher or equal to/);
  assert.equal(errorOf(index('b', {}, { version: 5, versionType: 'external_gte' })), null);
  assert.equal(errorOf({ ...remove('b'), version: 9, versionType: 'external' }), null);
  assert.match(errorOf(index('b', {}, { version: 8, versionType: 'external' }))!, /current version \[9\]/);
  await shard.close();
});

test('a batch that the disk refuses leaves no trace', async () => {
  const files = new MemoryFiles();
  const shard = await openShard(files);
  shard.apply([index('a', { tag: 'old' }), index('b', { tag: 'old' })]);
  await shard.flush();
  shard.apply([index('c', { tag: 'old' }), remove('b')]);
  files.fault = (operation) => {
    if (operation === 'append') throw diskError('ENOSPC');
  };
  assert.throws(
    () =>
      shard.apply([index('a', { tag: 'new' }), index('c', { tag: 'new' }), index('b', { tag: 'new' }), remove('c')]),
    { code: 'ENOSPC' },
  );
  files.fault = () => {};
  assert.equal(shard.get('a')?.version, 1);
  assert.equal(shard.get('b'), null);
  assert.equal(shard.get('c')?.seqNo, 2);
  shard.refresh();
  assert.deepEqual(search(shard, 'tag', 'old'), ['a', 'c']);
  assert.deepEqual(search(shard, 'tag', 'new'), []);
  assert.equal((shard.apply([index('d', {})])[0] as { seqNo: number }).seqNo, 4);
  await shard.close();
});

test('a search goes on with what it began with while segments are merged and removed', async () => {
  const files = new MemoryFiles();
  const shard = await openShard(files);
  for (let i = 0; i < 7; i++) {
    shard.apply([index(`d${i}`, { tag: 'x' })]);
    shard.refresh();
  }
  await shard.flush();
  shard.refresh();
  const view = shard.acquireView();
  for (let i = 7; i < 40; i++) {
    shard.apply([index(`d${i}`, { tag: 'x' }), remove(`d${i - 7}`)]);
    shard.refresh();
    await new Promise(setImmediate);
  }
  await shard.flush();
  assert.ok(shard.stats().merges > 0);
  const found = view.entries.flatMap(({ segment }) =>
    Array.from({ length: segment.docCount }, (_, doc) => segment.readSource(doc).toString()),
  );
  assert.equal(found.filter((text) => text === '{"tag":"x"}').length, 7);
  view.release();
  await shard.close();
  const names = files.paths().filter((path) => path.endsWith('.src'));
  assert.ok(names.length <= 8, `left over: ${names.join(' ')}`);
});

/** One document as clients know it. */
interface Known {
  version: number;
  tag: string;
}

/**
 * Random writes, refreshes, commits, disk errors and power cuts. What was acknowledged has to be there afterwards, in
 * the state that the last acknowledged write gave it; what was not may be there, as far as it was written.
 */
async function runModel(seed: number, steps: number): Promise<void> {
  const random = seededRandom(seed);
  const pick = (count: number): number => Math.floor(random() * count);
  let files = new MemoryFiles();
  let shard = await openShard(files);
  const known = new Map<string, Known>();
  const tags = ['red', 'green', 'blue'];
  const check = (what: string): void => {
    for (let i = 0; i < 30; i++) {
      const id = `d${i}`;
      const wanted = known.get(id);
      const found = shard.get(id);
      assert.equal(found?.source.toString(), wanted && JSON.stringify({ tag: wanted.tag }), `${what}: ${id}`);
      if (wanted !== undefined) assert.equal(found!.version, wanted.version, `${what}: version of ${id}`);
    }
  };
  const makeOps = (): WriteOp[] =>
    Array.from({ length: 1 + pick(6) }, () => {
      const id = `d${pick(30)}`;
      return pick(4) === 0 ? remove(id) : index(id, { tag: tags[pick(3)]! });
    });
  const remember = (op: WriteOp, result: { version: number }): void => {
    if (op.kind === 'delete') known.delete(op.id);
    else known.set(op.id, { version: result.version, tag: (JSON.parse(op.source!.toString()) as Known).tag });
  };
  for (let step = 0; step < steps; step++) {
    const what = `seed ${seed} step ${step}`;
    const choice = pick(20);
    if (choice < 12) {
      const ops = makeOps();
      const isFaulty = pick(8) === 0;
      if (isFaulty) {
        files.fault = (operation) => {
          if (operation === 'append') throw diskError('ENOSPC');
        };
      }
      try {
        const results = shard.apply(ops);
        assert.equal(isFaulty, false, what);
        await shard.sync();
        results.forEach((result, i) => {
          remember(ops[i]!, result as { version: number });
        });
      } catch (error) {
        if (!isFaulty) throw error;
      }
      files.fault = () => {};
    } else if (choice < 15) {
      shard.refresh();
      for (const tag of tags) {
        const wanted = [...known].filter(([, one]) => one.tag === tag).map(([id]) => id);
        assert.deepEqual(search(shard, 'tag', tag), wanted.sort(), `${what}: ${tag}`);
      }
    } else if (choice < 18) {
      if (pick(4) === 0) {
        files.fault = (operation) => {
          if (operation === 'writeFile') throw diskError('ENOSPC');
        };
        await shard.flush().catch(() => {});
        files.fault = () => {};
      } else await shard.flush();
    } else if (choice === 18) {
      // Power is cut in the middle of a batch that nobody has acknowledged.
      const ops = makeOps();
      const results = shard.apply(ops);
      const syncedCount = ops.length;
      files = files.afterPowerCut(random);
      shard = await openShard(files);
      // The writes that survive are the first ones.
      const before = [...known];
      let fits = false;
      for (let count = 0; count <= syncedCount && !fits; count++) {
        known.clear();
        for (const [id, one] of before) known.set(id, one);
        for (let i = 0; i < count; i++) remember(ops[i]!, results[i] as { version: number });
        try {
          check(what);
          fits = true;
        } catch (error) {
          if (count === syncedCount) throw error;
        }
      }
    } else {
      await shard.close();
      shard = await openShard(files);
    }
    check(what);
  }
  await shard.close();
}

test('acknowledged writes survive power cuts, restarts and disk errors (random histories)', async () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  const runs = Number(process.env['RUNS'] ?? 6);
  for (let i = 0; i < runs; i++) {
    try {
      await runModel(seed + i, 120);
    } catch (error) {
      console.log(`SEED=${seed + i}`);
      throw error;
    }
  }
});
