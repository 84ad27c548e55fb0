import { deepEqual, equal, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { RowQueue } from './row-queue.ts';

test('the maker waits while nobody takes rows, and goes on when they were taken', async () => {
  const told: string[] = [];
  const queue = new RowQueue<number>({ onFull: () => told.push('full'), onRoom: () => told.push('room') });
  for (let row = 0; row < 10_005; row++) queue.add(row);
  equal(queue.isFull, true);
  deepEqual(told, ['full']);
  const rows = queue[Symbol.asyncIterator]();
  equal((await rows.next()).value.length, 10_005);
  deepEqual(told, ['full'], 'rows are still being sent');
  const next = rows.next();
  queue.add(-1);
  deepEqual((await next).value, [-1]);
  deepEqual(told, ['full', 'room']);
});

test('what is there is given out before the end, and the failure behind it', async () => {
  const queue = new RowQueue<number>({ onFull: () => {}, onRoom: () => {} });
  queue.add(1);
  queue.end(new Error('it broke'));
  queue.add(2);
  const rows = queue[Symbol.asyncIterator]();
  deepEqual((await rows.next()).value, [1]);
  await rejects(rows.next(), /it broke/);
});
