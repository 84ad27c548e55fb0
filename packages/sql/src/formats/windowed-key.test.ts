import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sqlTypes } from '../types/sql-type.ts';
import { rowCodec } from './row-codec.ts';
import { windowedKeySerde } from './windowed-key.ts';

const codec = rowCodec({
  format: { name: 'JSON', properties: new Map() },
  part: 'key',
  topic: 'counts',
  columns: [{ name: 'K', type: sqlTypes.string }],
  isWrapped: false,
  registry: null,
});

test('a time window is the start behind the key', () => {
  const serde = windowedKeySerde(codec, { kind: 'time', sizeMs: 1_000 });
  const key = { key: ['a'], window: { startMs: 5_000, endMs: 6_000 } };
  const bytes = Buffer.from(serde.encode(key, 'counts') as Uint8Array);
  assert.equal(bytes.toString('hex'), '226122' + '0000000000001388');
  assert.deepEqual(serde.decode(bytes, 0, bytes.length, 'counts'), key);
});

test('a session is its end and its start behind the key', () => {
  const serde = windowedKeySerde(codec, { kind: 'session' });
  const key = { key: ['a'], window: { startMs: 1, endMs: 2 } };
  const bytes = Buffer.from(serde.encode(key, 'counts') as Uint8Array);
  assert.equal(bytes.toString('hex'), '226122' + '0000000000000002' + '0000000000000001');
  assert.deepEqual(serde.decode(bytes, 0, bytes.length, 'counts'), key);
});
