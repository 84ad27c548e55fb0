import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeBatch } from '@headwater/protocol';
import { headersOf, readAll, type StoredRecord } from './testing/records.ts';
import { SeededRandom } from './testing/seeded-random.ts';
import { TestStore } from './testing/test-store.ts';
import type { PartitionLog } from './types.ts';

type Pair = [key: string, value: string | null];

const compacted = { 'cleanup.policy': 'compact', 'segment.bytes': '300', 'min.cleanable.dirty.ratio': '0' };

function put(log: PartitionLog, pairs: Pair[], options: Partial<Parameters<typeof encodeBatch>[0]> = {}): void {
  log.append(
    encodeBatch({ timestamp: 1_700_000_000_000, ...options, records: pairs.map(([key, value]) => ({ key, value })) }),
  );
}

/** Closes the active segment, so that everything before it can be compacted. */
function roll(test: TestStore): void {
  put(test.log(), [['roll', 'x'.repeat(300)]]);
}

async function pairs(log: PartitionLog): Promise<string> {
  return (await readAll(log))
    .filter(({ key }) => key !== 'roll')
    .map(({ offset, key, value }) => `${offset}:${key}=${value}`)
    .join(' ');
}

async function opened(configs: Record<string, string> = {}): Promise<TestStore> {
  const test = await TestStore.open();
  test.topic({ ...compacted, 'segment.bytes': '400', ...configs });
  return test;
}

test('the newest record of each key stays, at its offset', async () => {
  const test = await opened();
  put(test.log(), [
    ['a', '1'],
    ['b', '1'],
    ['a', '2'],
  ]);
  put(test.log(), [['c', '1']]);
  put(test.log(), [
    ['b', '2'],
    ['c', '2'],
  ]);
  roll(test);
  put(test.log(), [['a', '3']]);
  assert.equal(await pairs(test.log()), '0:a=1 1:b=1 2:a=2 3:c=1 4:b=2 5:c=2 7:a=3');
  await test.store.maintain();
  // The active segment is not looked at: a=2 stays until it is closed.
  assert.equal(await pairs(test.log()), '2:a=2 4:b=2 5:c=2 7:a=3');
  assert.deepEqual([test.log().logStartOffset, test.log().logEndOffset], [0, 8]);
  for (const reopen of [() => test.kill(), () => test.restart()]) {
    const log = await reopen();
    assert.equal(await pairs(log), '2:a=2 4:b=2 5:c=2 7:a=3');
    assert.equal(log.logStartOffset, 0);
    assert.equal((await readAll(log, 0))[0]!.offset, 2);
  }
  assert.deepEqual(test.store.recovery.findings, []);
});

test('a batch of which records are left out keeps its offsets, sequence, compression and times', async () => {
  for (const compression of ['none', 'gzip', 'zstd'] as const) {
    const test = await opened();
    const options = { producerId: 3, producerEpoch: 1, baseSequence: 10, compression, timestamp: 1_699_999_999_999 };
    const records = [
      ['a', '1'],
      ['b', '1'],
      ['a', '2'],
      ['z', '1'],
    ] as Pair[];
    put(test.log(), records, options);
    put(test.log(), [['z', '2']]);
    roll(test);
    await test.store.maintain();
    const header = headersOf(await test.log().read(0, 10_000, true))[0]!;
    assert.deepEqual(
      [
        header.baseOffset,
        header.lastOffset,
        header.recordsCount,
        header.producerId,
        header.producerEpoch,
        header.baseSequence,
      ],
      [0, 3, 2, 3, 1, 10],
    );
    assert.deepEqual([header.compression, header.maxTimestamp], [compression, 1_699_999_999_999]);
    const again = encodeBatch({ ...options, records: records.map(([key, value]) => ({ key, value })) });
    assert.equal(test.log().append(again).duplicate, true);
  }
});

test('a tombstone stays for delete.retention.ms after the first compaction, then goes', async () => {
  const test = await opened({ 'delete.retention.ms': '1000' });
  put(test.log(), [['a', '1']]);
  put(test.log(), [['a', null]]);
  put(test.log(), [['b', '1']]);
  roll(test);
  test.clock.advance(100_000);
  await test.store.maintain();
  assert.equal(await pairs(test.log()), '1:a=null 2:b=1');
  test.clock.advance(999);
  roll(test);
  await test.store.maintain();
  assert.equal(await pairs(test.log()), '1:a=null 2:b=1');
  await test.restart();
  test.clock.advance(1);
  roll(test);
  await test.store.maintain();
  assert.equal(await pairs(test.log()), '2:b=1');
});

test('nothing is compacted below the dirty ratio, or within min.compaction.lag.ms', async () => {
  const test = await opened({ 'min.cleanable.dirty.ratio': '0.6' });
  for (let n = 0; n < 4; n++) put(test.log(), [['a', 'x'.repeat(250)]]);
  await test.store.maintain();
  assert.equal((await readAll(test.log())).length, 2);
  put(test.log(), [['a', 'x'.repeat(250)]]);
  await test.store.maintain();
  assert.equal((await readAll(test.log())).length, 3);
  test.store.setTopicConfigs('t', { ...compacted, 'min.compaction.lag.ms': '5000' });
  await test.store.maintain();
  assert.equal((await readAll(test.log())).length, 3);
  test.clock.advance(5_000);
  await test.store.maintain();
  assert.equal((await readAll(test.log())).length, 2);
});

test('max.compaction.lag.ms closes a segment and compacts it however clean the log is', async () => {
  const test = await opened({ 'min.cleanable.dirty.ratio': '1', 'max.compaction.lag.ms': '10000' });
  put(test.log(), [['a', '1']]);
  put(test.log(), [['a', '2']]);
  await test.store.maintain();
  test.clock.advance(10_001);
  put(test.log(), [['b', '1']], { timestamp: test.clock.now() });
  await test.store.maintain();
  assert.equal(await pairs(test.log()), '1:a=2 2:b=1');
});

test('small segments become one, and a consumer in a gap reads on', async () => {
  const test = await opened({ 'segment.bytes': '2000' });
  for (let n = 0; n < 100; n++) put(test.log(), [[`k${n % 5}`, `${n}`.padEnd(300, '.')]]);
  const files = () => test.names('t-0').filter((name) => name.endsWith('.log')).length;
  assert.ok(files() > 10);
  await test.store.maintain();
  assert.ok(files() <= 3, `${files()} segments`);
  for (const offset of [0, 1, 50, 94]) assert.ok((await readAll(test.log(), offset))[0]!.offset >= 90);
});

test('cleanup.policy=compact,delete does both', async () => {
  const test = await opened({ 'cleanup.policy': 'compact,delete', 'retention.ms': '1000' });
  put(test.log(), [['a', '1']], { timestamp: test.clock.now() });
  put(test.log(), [['a', '2']], { timestamp: test.clock.now() });
  roll(test);
  await test.store.maintain();
  assert.equal(await pairs(test.log()), '1:a=2');
  test.clock.advance(100_000_000);
  await test.store.maintain();
  assert.equal(await pairs(test.log()), '');
});

test('keys that do not fit into memory wait for the next compaction', async () => {
  const test = await TestStore.open({ 'log.cleaner.dedupe.buffer.size': 65_536 });
  const log = test.topic({ ...compacted, 'segment.bytes': '20000' });
  for (let n = 0; n < 6000; n += 10)
    put(
      log,
      Array.from({ length: 10 }, (_, at): Pair => [`k${(n + at) % 3000}`, `${n + at}`]),
    );
  roll(test);
  const counts: number[] = [];
  for (let round = 0; round < 6; round++) {
    await test.store.maintain();
    counts.push((await readAll(log)).length);
  }
  assert.ok(counts[0]! > counts.at(-1)!);
  const values = new Set((await readAll(log)).map(({ value }) => value));
  for (let n = 3000; n < 6000; n++) assert.ok(values.has(`${n}`));
  assert.ok(counts.at(-1)! < 3600, `${counts}`);
});

test('a full disk ends a compaction, and nothing else', async () => {
  const test = await opened();
  put(test.log(), [['a', '1']]);
  put(test.log(), [['a', '2']]);
  roll(test);
  test.files.plan = ({ kind, path }) =>
    kind === 'write' && path.endsWith('.cleaned') ? { code: 'ENOSPC', afterBytes: 10 } : null;
  await test.store.maintain();
  assert.equal(await pairs(test.log()), '0:a=1 1:a=2');
  assert.ok(!test.names('t-0').some((name) => name.endsWith('.cleaned')));
  test.files.plan = () => null;
  await test.store.maintain();
  assert.equal(await pairs(test.log()), '1:a=2');
});

/** What must be readable: the newest of each key, and whatever else was there, in order and unchanged. */
function checkCompacted(found: StoredRecord[], all: StoredRecord[]): void {
  const byOffset = new Map(all.map((record) => [record.offset, record]));
  let last = -1;
  for (const record of found) {
    assert.deepEqual(record, byOffset.get(record.offset));
    assert.ok(record.offset > last);
    last = record.offset;
  }
  const newest = new Map(all.map((record) => [record.key, record]));
  const there = new Set(found.map(({ offset }) => offset));
  for (const record of newest.values())
    assert.ok(there.has(record.offset), `${record.key} at ${record.offset} is gone`);
}

test('a compaction that is killed before any of its steps loses nothing', async () => {
  const steps: string[] = [];
  for (let killAt = 0, isDone = false; !isDone; killAt++) {
    const test = await opened();
    for (let n = 0; n < 6; n++) put(test.log(), [[`k${n % 3}`, `${n}`.padEnd(150, '.')]]);
    const all = await readAll(test.log());
    await test.store.maintain();
    for (let n = 0; n < 4; n++) put(test.log(), [[`k${n % 2}`, `${n}'`.padEnd(150, '.')]]);
    all.push(...(await readAll(test.log(), 6)));
    let step = 0;
    test.files.plan = ({ kind, path }) => {
      if (step++ < killAt) return null;
      steps.push(`${kind} ${path.slice(path.lastIndexOf('.'))}`);
      return { code: 'CRASH' };
    };
    await test.store.maintain().catch(() => {});
    isDone = !test.files.hasCrashed;
    await test.kill();
    checkCompacted(await readAll(test.log()), all);
    assert.equal(test.log().logEndOffset, 10);
    assert.ok(!test.names('t-0').some((name) => /swap|cleaned|deleted/.test(name)));
    await test.store.maintain();
    checkCompacted(await readAll(test.log()), all);
  }
  for (const step of [
    'write .cleaned',
    'sync .cleaned',
    'rename .cleaned',
    'rename .swap',
    'rename .log',
    'remove .deleted',
  ]) {
    assert.ok(steps.includes(step), `${step} is not among ${[...new Set(steps)].join(', ')}`);
  }
});

test('random keys, compactions and kills in the middle of them', async (t) => {
  const random = SeededRandom.fresh();
  t.diagnostic(`SEED=${random.seed}`);
  let kills = 0;
  for (let run = 0; run < 10; run++) {
    const test = await TestStore.open({
      'headwater.cache.bytes': random.pick([0, 100_000]),
      'headwater.max.open.files': 8,
    });
    test.topic({
      ...compacted,
      'segment.bytes': String(random.pick([1000, 2000, 5000])),
      'index.interval.bytes': '200',
      'delete.retention.ms': '1000000000',
    });
    const all: StoredRecord[] = [];
    const keys = random.pick([3, 30]);
    for (let step = 0; step < 60; step++) {
      for (let n = random.below(8); n > 0; n--) {
        const compression = random.pick(['none', 'lz4'] as const);
        const records = Array.from({ length: 1 + random.below(5) }, (_, at) => ({
          key: `k${random.below(keys)}`,
          value: random.chance(0.1) ? null : `${all.length + at}`.padEnd(random.pick([1, 100])),
          timestamp: test.clock.now() + at,
        }));
        const { baseOffset } = test.log().append(encodeBatch({ records, compression }));
        for (const [at, record] of records.entries()) all.push({ offset: baseOffset + at, ...record });
      }
      const dice = random.next();
      if (dice < 0.15) {
        let operations = random.below(60);
        test.files.plan = () => (operations-- <= 0 ? { code: 'CRASH', afterBytes: random.below(200) } : null);
        await test.store.maintain().catch(() => {});
        await test.kill();
        kills++;
      } else if (dice < 0.5) await test.store.maintain();
      else if (dice < 0.55) await test.restart();
      assert.equal(test.log().logEndOffset, all.length);
      assert.equal(test.log().logStartOffset, 0);
      checkCompacted(await readAll(test.log()), all);
    }
    // At most the newest of each key is left of what is closed.
    await test.store.maintain();
    await test.store.close();
  }
  assert.ok(kills > 5);
});
