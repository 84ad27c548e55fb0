import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SampledRate } from './sampled-rate.ts';
import { TokenBucket } from './token-bucket.ts';

const windows = { samples: 11, windowMs: 1_000 };

test('one burst counts over ten whole windows, as Apache Kafka counts it', () => {
  const rate = new SampledRate(windows);
  // Kafka 4.3.1 answers 40137 ms to a request of 50137 bytes under a quota of 1000 bytes a second.
  rate.record(50_137, 5_000);
  assert.equal(rate.throttleMs(1_000, 5_000), 40_137);
  assert.equal(rate.rate(5_000), 5_013.7);
});

test('windows without traffic are forgotten', () => {
  const rate = new SampledRate(windows);
  rate.record(1_000_000, 0);
  assert.ok(rate.rate(10_999) > 0);
  assert.equal(rate.rate(11_000), 0);
});

test('a steady rate below the limit never waits, one above does', () => {
  const slow = new SampledRate(windows);
  const fast = new SampledRate(windows);
  let waits = 0;
  for (let nowMs = 0; nowMs < 60_000; nowMs += 100) {
    slow.record(90, nowMs);
    fast.record(120, nowMs);
    assert.equal(slow.throttleMs(1_000, nowMs), 0);
    if (fast.throttleMs(1_000, nowMs) > 0) waits++;
  }
  assert.ok(waits > 400, `${waits} waits`);
});

test('tokens are saved up to all windows, may be overdrawn once, and are paid for afterwards', () => {
  const bucket = new TokenBucket(windows);
  assert.equal(bucket.tokens(0.1, 1_000), 1.1);
  bucket.take(5, 0.1, 1_000);
  assert.equal(bucket.throttleMs(0.1, 1_000), 39_000);
  assert.equal(bucket.throttleMs(0.1, 40_000), 0);
  assert.equal(bucket.tokens(0.1, 10_000_000), 1.1);
});
