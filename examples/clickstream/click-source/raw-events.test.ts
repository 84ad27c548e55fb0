import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recountOf } from '../test/recount.ts';
import { rawEvents } from './raw-events.ts';

function linesOf(seed: number, count: number): { clicks: string[]; orders: string[] } {
  let nowMs = 1_800_000_000_000;
  const events = rawEvents({ seed, run: 'r', now: () => (nowMs += 20) });
  const clicks: string[] = [];
  const orders: string[] = [];
  for (let n = 0; n < count; n++) {
    const { kind, line } = events.next().value;
    (kind === 'click' ? clicks : orders).push(line);
  }
  return { clicks, orders };
}

test('a seed makes its lines again, and every kind of dirt is among them', () => {
  const lines = linesOf(7, 6_000);
  assert.deepEqual(linesOf(7, 6_000), lines);
  assert.notDeepEqual(linesOf(8, 6_000), lines);
  const { deadLetters, documents } = recountOf(lines.clicks, lines.orders);
  assert.deepEqual([...deadLetters.keys()].sort(), [
    'clicks-raw at is no time',
    'clicks-raw no customer',
    'clicks-raw no id',
    'clicks-raw no product',
    'clicks-raw not JSON',
    'clicks-raw page is no path',
    'orders-raw at is no time',
    'orders-raw no customer',
    'orders-raw no id',
    'orders-raw no product',
    'orders-raw not JSON',
    'orders-raw quantity is no number from 1 on',
  ]);
  assert.ok(new Set(lines.clicks).size < lines.clicks.length, 'some come twice');
  const shares = [...documents.values()].filter(({ clicks }) => (clicks as number) > 0).length / documents.size;
  assert.ok(shares > 0.9, `orders follow clicks: ${shares}`);
});
