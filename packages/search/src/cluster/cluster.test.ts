import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EsError } from '../errors.ts';
import { parseJson } from '../json/json-value.ts';
import { checkIndexName, resolveDateMath } from './index-names.ts';
import { checkSettings, flattenSettings, IndexSettings, nestSettings } from './index-settings.ts';
import { murmur3, routingShards, shardOf } from './shard-routing.ts';
import { formatBytes, parseTimeMs } from './units.ts';

const reasonOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as EsError).reason;
  }
  return 'nothing was refused';
};
const flat = (value: unknown): ReturnType<typeof flattenSettings> =>
  flattenSettings(parseJson(Buffer.from(JSON.stringify(value))));

test('names that no index may have', () => {
  for (const name of ['logs-2024', '.hidden', 'ä', 'a'.repeat(255)]) checkIndexName(name);
  assert.match(
    reasonOf(() => checkIndexName('Logs')),
    /must be lowercase/,
  );
  for (const name of ['', '_x', '-x', '+x', 'a b', 'a*', 'a,b', 'a#b', 'a:b', '.', '..', 'ä'.repeat(128)]) {
    assert.match(
      reasonOf(() => checkIndexName(name)),
      /^Invalid index name/,
      name,
    );
  }
});

test('date math in names', () => {
  const now = Date.UTC(2024, 1, 29, 23, 30);
  assert.equal(resolveDateMath('<logs-{now/d}>', now), 'logs-2024.02.29');
  assert.equal(resolveDateMath('<logs-{now/M-1M{yyyy.MM}}>', now), 'logs-2024.01');
  assert.equal(resolveDateMath('<logs-{now/d{yyyy-MM-dd|+02:00}}>', now), 'logs-2024-03-01');
  assert.equal(resolveDateMath('plain', now), 'plain');
});

test('settings mean the same nested, dotted and without their prefix', () => {
  const expected = [['index.number_of_shards', '3']];
  assert.deepEqual([...flat({ index: { number_of_shards: 3 } })], expected);
  assert.deepEqual([...flat({ 'index.number_of_shards': '3' })], expected);
  assert.deepEqual([...flat({ number_of_shards: 3 })], expected);
  const nested = nestSettings(flat({ analysis: { analyzer: { a: { type: 'stop', stopwords: ['x'] } } } }));
  assert.equal(
    JSON.stringify(nested, (_key, value) => (value instanceof Map ? Object.fromEntries(value) : value)),
    '{"index":{"analysis":{"analyzer":{"a":{"stopwords":["x"],"type":"stop"}}}}}',
  );
});

test('a setting called __proto__ is only a setting', () => {
  const text =
    '{"analysis":{"analyzer":{"__proto__":{"polluted":"yes"},"a":{"type":"simple"}},"__proto__":{"polluted":"yes"}}}';
  const settings = new IndexSettings(flattenSettings(parseJson(Buffer.from(text))));
  settings.section('index.analysis');
  assert.equal(({} as { polluted?: string }).polluted, undefined);
});

test('settings that do not exist or cannot hold the value are refused', () => {
  const refusal = (settings: unknown, isUpdate = false): string =>
    reasonOf(() => checkSettings(flat(settings), isUpdate));
  assert.match(
    refusal({ number_of_shard: 1 }),
    /^unknown setting \[index\.number_of_shard\] did you mean any of \[index\.number_of_shards, /,
  );
  assert.match(
    refusal({ number_of_shards: 'x' }),
    /Failed to parse value \[x\] for setting \[index\.number_of_shards\]/,
  );
  assert.match(refusal({ number_of_shards: 0 }), /must be >= 1/);
  assert.match(refusal({ refresh_interval: 'soon' }), /refresh_interval/);
  assert.match(refusal({ number_of_shards: 2 }, true), /Can't update non dynamic settings/);
  assert.equal(refusal({ refresh_interval: '5s' }, true), 'nothing was refused');
});

test('documents go to the shard that the imitated system chooses', () => {
  // Known values of Murmur3 over UTF-16.
  assert.equal(murmur3(Buffer.from('hell', 'utf16le')) | 0, 0x5a0cb7c3);
  assert.equal(murmur3(Buffer.from('hello', 'utf16le')) | 0, 0xd7c31989 | 0);
  assert.equal(murmur3(Buffer.from('The quick brown fox jumps over the lazy dog', 'utf16le')) | 0, 0xe07db09c | 0);
  for (const count of [1, 2, 5, 7]) {
    const slots = routingShards(count);
    assert.equal(slots % count, 0);
    const seen = new Set(Array.from({ length: 500 }, (_, i) => shardOf(`id${i}`, count, slots)));
    assert.deepEqual(
      [...seen].sort(),
      Array.from({ length: count }, (_, i) => i),
    );
  }
});

test('units', () => {
  assert.equal(parseTimeMs('1500ms', 's'), 1500);
  assert.equal(parseTimeMs('2m', 's'), 120_000);
  assert.equal(parseTimeMs('-1', 's'), -1);
  assert.throws(() => parseTimeMs('5', 's'));
  assert.equal(formatBytes(1536), '1.5kb');
});
