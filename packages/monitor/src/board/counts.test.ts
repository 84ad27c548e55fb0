import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Counts, dayMs, otherName } from './counts.ts';

const monday = Date.UTC(2026, 0, 5);

test('counts by minute, hour, day and week (from Monday), and the same after they were saved', () => {
  const counts = new Counts();
  counts.add('crash', 'orders', 'exit', monday - 1, 1);
  counts.add('crash', 'orders', 'exit', monday, 2);
  counts.add('crash', 'orders', 'exit', monday + 61_000, 3);
  counts.add('crash', 'stock', 'exit', monday + 3_600_000, 4);
  counts.add('trigger', 'orders', 'x', monday, 100);
  const { minutes, series } = counts.save();
  const again = new Counts();
  again.load(JSON.parse(JSON.stringify(series)), Buffer.concat(minutes));
  for (const each of [counts, again]) {
    const rows = (by: 'minute' | 'hour' | 'day' | 'week', service?: string) =>
      each
        .rows({ kind: 'crash', by, service, sinceMs: monday - dayMs, untilMs: monday + dayMs })
        .map(({ count, startMs }) => [startMs - monday, count]);
    assert.deepEqual(rows('minute', 'orders'), [
      [-60_000, 1],
      [0, 2],
      [60_000, 3],
    ]);
    assert.deepEqual(rows('hour'), [
      [-3_600_000, 1],
      [0, 5],
      [3_600_000, 4],
    ]);
    assert.deepEqual(rows('day', 'orders'), [
      [-dayMs, 1],
      [0, 5],
    ]);
    assert.deepEqual(rows('week', 'orders'), [
      [-7 * dayMs, 1],
      [0, 5],
    ]);
    assert.equal(each.total('crash', 'orders', monday, monday + dayMs), 5);
  }
});

test('days keep longer than minutes, and series are bounded', () => {
  const counts = new Counts();
  for (let day = 0; day < 30; day += 1) counts.add('trigger', 's', 't', monday + day * dayMs, 1);
  const query = { kind: 'trigger', sinceMs: 0, untilMs: monday + 60 * dayMs };
  assert.equal(counts.rows({ ...query, by: 'minute' }).length, 8);
  assert.equal(counts.rows({ ...query, by: 'day' }).length, 30);
  for (let i = 0; i < 5_000; i += 1) counts.add('trigger', `s${i}`, 't', monday, 1);
  assert.ok(counts.seriesCount <= 4_001);
  assert.ok(counts.rows({ ...query, by: 'day', service: otherName })[0]!.count > 900);
});
