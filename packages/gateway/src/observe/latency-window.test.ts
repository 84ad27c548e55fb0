import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LatencyWindow } from './latency-window.ts';

test('percentiles within 15 %, and forgotten after a minute', () => {
  const window = new LatencyWindow(0);
  for (let ms = 1; ms <= 1_000; ms++) window.record(ms, 1_000);
  const near = (actual: number | null, expected: number): void =>
    assert.ok(actual !== null && actual >= expected * 0.99 && actual <= expected * 1.16, `${actual} for ${expected}`);
  const [p50, p95, p99] = window.percentiles([50, 95, 99], 2_000);
  near(p50!, 500);
  near(p95!, 950);
  near(p99!, 990);
  near(window.percentiles([50], 40_000)[0]!, 500);
  assert.deepEqual(window.percentiles([50], 61_000), [null]);
  window.record(1e9, 61_000);
  window.record(0, 61_000);
  assert.equal(window.percentiles([1], 61_000)[0], 0.1);
});
