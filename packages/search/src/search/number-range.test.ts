import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryFiles, seededRandom } from '../../test/support/memory-files.ts';
import { segmentOf } from '../../test/support/segments.ts';
import { AnalysisRegistry } from '../analysis/analysis-registry.ts';
import { ArrayCache } from '../engine/array-source.ts';
import { noMoreDocs } from '../engine/postings.ts';
import { Segment } from '../engine/segment.ts';
import { encodeSegment, openSegment } from '../engine/segment-file.ts';
import { mergeSegments } from '../engine/segment-merge.ts';
import { MemorySource } from '../engine/source-readers.ts';
import { View } from '../engine/view.ts';
import { type JsonObject, parseJson } from '../json/json-value.ts';
import { Mapping } from '../mapping/mapping.ts';
import type { Query } from './query.ts';
import { Statistics } from './statistics.ts';
import { makeWeight } from './weight.ts';

const types = { at: 'date', big: 'long', real: 'double', few: 'integer' };
const properties = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, { type }]));
const mapping = Mapping.parse(
  parseJson(Buffer.from(JSON.stringify({ properties: { ...properties, text: { type: 'text' } } }))) as JsonObject,
  new AnalysisRegistry(),
);
async function onDisk(segment: Segment): Promise<{ segment: Segment; cache: ArrayCache }> {
  const files = new MemoryFiles();
  const cache = new ArrayCache(1_000_000);
  await files.writeFile('s.idx', encodeSegment(segment.parts));
  const parts = await openSegment(files, 's.idx', cache, { check: true });
  return { segment: new Segment('s', parts, new MemorySource(Buffer.alloc(0))), cache };
}

function idsOf(segment: Segment, query: Query): string[] {
  const entry = { segment, live: null, liveCount: segment.docCount, base: 0 };
  const statistics = new Statistics([new View([entry], () => {})]);
  const scorer = makeWeight(query, statistics, false).scorer(entry);
  const found: string[] = [];
  for (let doc = scorer?.next() ?? noMoreDocs; doc !== noMoreDocs; doc = scorer!.next()) found.push(segment.id(doc));
  return found;
}

test('a range finds what it holds in segments in memory, merged and on disk (random documents)', async () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  const random = seededRandom(seed);
  const pick = (count: number): number => Math.floor(random() * count);
  const values: Record<string, () => number | bigint> = {
    at: () => 1.7e12 + pick(50),
    big: () => (BigInt(pick(5) - 2) << 61n) + BigInt(pick(3)),
    real: () => (pick(40) - 20) / 4,
    few: () => pick(9) - 4,
  };
  const documents = Array.from({ length: 240 }, (_, i) => {
    const fields = Object.entries(values).flatMap(([name, make]) => {
      if (random() < (name === 'few' ? 0.9 : 0.3)) return [];
      return [[name, Array.from({ length: name === 'at' ? 1 : 1 + pick(2) }, make)] as const];
    });
    return { id: `d${i}`, seqNo: i, fields };
  });
  const stored = documents.map(({ fields, ...rest }) => ({
    ...rest,
    source: `{${fields.map(([name, found]) => `"${name}":[${found.join(',')}]`).join(',')}}`,
  }));
  const sizes = [3, 40, 1, 60, 36, 100];
  const parts = sizes.map((size, i) => {
    const from = sizes.slice(0, i).reduce((sum, each) => sum + each, 0);
    return segmentOf(mapping, `s${i}`, stored.slice(from, from + size));
  });
  const merged = await mergeSegments(
    parts.map((segment) => ({ segment, live: null })),
    () => undefined,
  );
  const whole = new Segment('merged', merged.parts, new MemorySource(Buffer.alloc(0)));
  const shapes = [parts, await Promise.all(parts.map(async (part) => (await onDisk(part)).segment)), [whole]];
  shapes.push([(await onDisk(whole)).segment]);
  let found = 0;
  for (let i = 0; i < 400; i++) {
    const field = Object.keys(values)[pick(4)]!;
    const [a, b] = [values[field]!(), values[field]!()];
    const [lower, upper] = a < b ? [a, b] : [b, a];
    const query: Query = { kind: 'numberRange', field, lower, upper };
    const expected = documents
      .filter(({ fields }) => fields.some(([name, all]) => name === field && all.some((v) => v >= lower && v <= upper)))
      .map(({ id }) => id);
    for (const segments of shapes) {
      const ids: string[] = segments.flatMap((segment) => idsOf(segment, query));
      assert.deepEqual(ids, expected, `SEED=${seed} ${field} from ${lower} to ${upper}`);
    }
    found += expected.length;
  }
  assert.ok(found > 1_000, `SEED=${seed}: ${found}`);
});

test('a segment that lies outside of a range is left out without reading anything of it', async () => {
  const documents = Array.from({ length: 50 }, (_, i) => ({
    id: `d${i}`,
    seqNo: i,
    source: `{"text":"sea wind","at":${1.7e12 + i},"big":${2n ** 60n},"real":${i / 2},"few":${i - 25}}`,
  }));
  const { segment, cache } = await onDisk(segmentOf(mapping, 's', documents));
  const withText = (field: string, lower: number | bigint, upper: number | bigint): Query => ({
    kind: 'bool',
    must: [{ kind: 'term', field: 'text', term: Buffer.from('sea') }],
    filter: [{ kind: 'numberRange', field, lower, upper }],
    should: [],
    mustNot: [],
    minimumShouldMatch: 0,
  });
  const ranges: [string, number | bigint, number | bigint][] = [
    ['at', 1.7e12 + 50, Number.POSITIVE_INFINITY],
    ['at', Number.NEGATIVE_INFINITY, 1.7e12 - 1],
    ['big', 2n ** 60n + 1n, 2n ** 62n],
    ['real', 24.6, 30],
    ['few', -100, -26],
  ];
  for (const [field, lower, upper] of ranges) {
    assert.deepEqual(idsOf(segment, withText(field, lower, upper)), []);
    assert.equal(cache.usedBytes, 0, field);
  }
  assert.deepEqual(idsOf(segment, withText('at', 1.7e12 + 49, 1.8e12)), ['d49']);
  assert.deepEqual(idsOf(segment, withText('few', -30, -25)), ['d0']);
  assert.ok(cache.usedBytes > 0);
});

test('a segment of an earlier version, which says no bounds, is read as before', async () => {
  const documents = [{ id: 'a', seqNo: 0, source: '{"few":7}' }];
  const { parts } = segmentOf(mapping, 's', documents);
  const chunks = encodeSegment(parts);
  const directory = chunks.findIndex((chunk) => Buffer.from(chunk).includes('"bounds"'));
  assert.ok(directory > 0);
  const field = parts.fields.get('few')!;
  assert.ok(field.kind === 'numbers');
  const unknown = Object.assign(Object.create(field.values) as typeof field.values, { bounds: null });
  const old = { ...parts, fields: new Map([['few', { ...field, values: unknown }]]) };
  assert.ok(!Buffer.concat(encodeSegment(old)).includes('"bounds"'));
  const { segment } = await onDisk(new Segment('s', old, new MemorySource(Buffer.alloc(0))));
  assert.deepEqual(idsOf(segment, { kind: 'numberRange', field: 'few', lower: 7, upper: 9 }), ['a']);
  assert.deepEqual(idsOf(segment, { kind: 'numberRange', field: 'few', lower: 8, upper: 9 }), []);
});
