import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyOffsets } from './key-offsets.ts';

test('keeps the newest offset of a hundred thousand keys', () => {
  const offsets = new KeyOffsets(16 * 1024 * 1024);
  for (let n = 0; n < 200_000; n++) assert.equal(offsets.put(Buffer.from(`key-${n % 100_000}`), n), true);
  assert.equal(offsets.count, 100_000);
  for (let n = 0; n < 100_000; n += 97) assert.equal(offsets.get(Buffer.from(`key-${n}`)), n + 100_000);
  assert.equal(offsets.get(Buffer.from('another')), -1);
  offsets.put(Buffer.alloc(0), 7);
  assert.equal(offsets.get(Buffer.alloc(0)), 7);
});

test('says when there is no room, and still takes keys that it has', () => {
  const offsets = new KeyOffsets(64 * 1024);
  let count = 0;
  while (offsets.put(Buffer.from(`${count}`), count)) count++;
  assert.equal(count, 1536);
  assert.equal(offsets.put(Buffer.from('5'), 9999), true);
  assert.deepEqual([offsets.get(Buffer.from('5')), offsets.get(Buffer.from(`${count}`))], [9999, -1]);
});
