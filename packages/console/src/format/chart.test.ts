import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axisMarks, formatMicros, parseMicros } from './micros.ts';
import { seriesColours, seriesTones } from './series.ts';

test('microseconds keep three figures and are never rounded up a unit', () => {
  assert.deepEqual(
    [0, 7.4, 999, 1000, 4100, 45_678, 999_999, 1_234_567, 59_999_999, 123_000_000, Number.NaN].map(formatMicros),
    ['0 µs', '7 µs', '999 µs', '1 ms', '4.1 ms', '45.6 ms', '999 ms', '1.23 s', '59.9 s', '2 min 3 s', '–'],
  );
});

test('durations as people type them', () => {
  assert.deepEqual(['250us', '100ms', '1.5 s', '2m', '30', '', 'fast'].map(parseMicros), [
    250,
    100_000,
    1_500_000,
    120_000_000,
    30_000,
    null,
    null,
  ]);
});

test('marks of an axis are round, few, and inside', () => {
  assert.deepEqual(axisMarks(0, 37_800, 4), [0, 10_000, 20_000, 30_000]);
  assert.deepEqual(axisMarks(11_000, 12_000, 4), [11_000, 11_500, 12_000]);
});

test('eight names have eight colours, and the same ones whatever their order', () => {
  const names = ['gateway', 'query-service', 'streams', 'orders', 'billing', 'users', 'prices', 'audit'];
  const tones = seriesTones(names);
  assert.equal(new Set(tones.values()).size, seriesColours);
  assert.deepEqual(seriesTones([...names].reverse()), tones);
  assert.ok(
    [...seriesTones(Array.from({ length: 30 }, (_, index) => `s${index}`)).values()].every(
      (tone) => tone >= 1 && tone <= 8,
    ),
  );
});
