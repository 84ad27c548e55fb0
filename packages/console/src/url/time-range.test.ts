import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withParams } from './search-params.ts';
import {
  bucketStarts,
  bucketWidthMs,
  isLiveRange,
  rangeOf,
  readTimeRange,
  resolveRange,
  timeRangeParams,
} from './time-range.ts';

const read = (search: string) => readTimeRange(new URLSearchParams(search));

test('a range survives its URL, and the default takes no room in it', () => {
  for (const search of ['', '?from=-15m', '?from=2026-02-03T10:00:00.000Z&to=2026-02-03T11:00:00.000Z']) {
    assert.equal(withParams('', timeRangeParams(read(search))), search);
  }
  assert.deepEqual(read('?from=yesterday&to=soon'), { from: '-1h', to: 'now' });
});

test('what a range means', () => {
  const now = Date.UTC(2026, 1, 3, 12);
  assert.deepEqual(resolveRange({ from: '-15m', to: 'now' }, now), { fromMs: now - 900_000, toMs: now });
  assert.deepEqual(resolveRange(rangeOf(now - 5000, now - 1000), now), { fromMs: now - 5000, toMs: now - 1000 });
  // The wrong way round it is a second.
  assert.deepEqual(resolveRange(rangeOf(now, now - 1000), now), { fromMs: now - 2000, toMs: now - 1000 });
  assert.deepEqual([isLiveRange(read('')), isLiveRange(rangeOf(1, 2))], [true, false]);
});

test('buckets are as wide as people count, on round times', () => {
  const window = { fromMs: Date.UTC(2026, 1, 3, 12, 0, 7), toMs: Date.UTC(2026, 1, 3, 13, 0, 7) };
  const widthMs = bucketWidthMs(window, 60);
  assert.equal(widthMs, 60_000);
  const starts = bucketStarts(window, widthMs);
  assert.equal(starts[0], Date.UTC(2026, 1, 3, 12));
  assert.equal(starts.length, 61);
  assert.equal(bucketWidthMs({ fromMs: 0, toMs: 3 }, 60), 1);
  assert.ok(bucketStarts({ fromMs: 0, toMs: 1e12 }, bucketWidthMs({ fromMs: 0, toMs: 1e12 }, 60)).length <= 61);
});
