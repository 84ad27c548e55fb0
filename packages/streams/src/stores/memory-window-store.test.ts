/** What is there and what is not is as in Kafka Streams' stores, in memory and on disk. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serdes } from '../serdes/index.ts';
import { MemoryWindowStore } from './memory-window-store.ts';

test('a window is there until another one is younger by the retention, and what is written to it later is in the changelog only', () => {
  const { long, string } = serdes;
  const store = new MemoryWindowStore<string, number>('windows', { key: string, value: long }, 20);
  store.open({ changelogTopic: 'changelog', isLogged: true });
  store.put('k', 180, 1, 185);
  assert.ok(store.put('k', 199, 2, 199));
  assert.equal(store.fetch('k', 180), 1);
  store.put('k', 200, 3, 203);
  // It is still to be written; for those who ask it is gone.
  assert.equal(store.fetch('k', 180), null);
  assert.equal(store.fetchEntry('k', 180), null);
  assert.equal(store.timestampOf('k', 180), -1);
  assert.deepEqual(
    Array.from(store.fetchRange('k', 0, 1000), ({ startMs }) => startMs),
    [199, 200],
  );
  assert.equal(store.put('k', 180, 9, 189), false);
  const written: [string, number | null, number][] = [];
  store.drainChanges({
    append: (key, value, timestamp) => {
      const number = value === null ? null : Number(Buffer.from(value).readBigInt64BE());
      written.push([`${Buffer.from(key).readBigInt64BE(1)}`, number, timestamp]);
    },
  });
  assert.deepEqual(written, [
    ['180', 1, 185],
    ['199', 2, 199],
    ['200', 3, 203],
    ['180', 9, 189],
  ]);
});
