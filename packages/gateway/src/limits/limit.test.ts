import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capacityOf, type Limit, takeTokens } from './limit.ts';

const limit = (replenishRate: number, burstCapacity: number, requestedTokens = 1): Limit => ({
  id: 'r',
  route: 'r',
  resolver: 'user',
  replenishRate,
  burstCapacity,
  requestedTokens,
});

test('a full bucket gives its burst, then its rate, as a token bucket is defined', () => {
  const measures = limit(10, 20);
  const bucket = { tokens: 20, atMs: 0 };
  let allowed = 0;
  for (let i = 0; i < 100; i++) if (takeTokens(bucket, measures, 0, 1, 'memory').isAllowed) allowed++;
  assert.equal(allowed, 20);
  // 60 s of 50 requests a second: 10 a second pass.
  for (let ms = 20; ms <= 60_000; ms += 20) if (takeTokens(bucket, measures, ms, 1, 'memory').isAllowed) allowed++;
  assert.equal(allowed, 20 + 600);
});

test('a refusal says when the next request passes, and that is when it does', () => {
  for (const [rate, burst, cost] of [
    [10, 20, 1],
    [1, 60, 60],
    [3, 7, 2],
    [1000, 1000, 1],
  ] as const) {
    const measures = limit(rate, burst, cost);
    const bucket = { tokens: 0, atMs: 0 };
    const { isAllowed, retryAfterMs } = takeTokens(bucket, measures, 0, 1, 'memory');
    assert.equal(isAllowed, false);
    assert.equal(takeTokens({ ...bucket }, measures, retryAfterMs - 1, 1, 'memory').isAllowed, false);
    assert.equal(takeTokens({ ...bucket }, measures, retryAfterMs, 1, 'memory').isAllowed, true);
  }
});

test('no more than burst + rate × time ever passes, whenever requests come', (t) => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}`);
  let state = seed || 1;
  const random = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 50; round++) {
    const rate = 1 + Math.floor(random() * 200);
    const burst = rate + Math.floor(random() * 200);
    const cost = 1 + Math.floor(random() * Math.min(5, burst));
    const measures = limit(rate, burst, cost);
    const bucket = { tokens: burst, atMs: 0 };
    let nowMs = 0;
    let taken = 0;
    for (let i = 0; i < 500; i++) {
      nowMs += random() < 0.5 ? 0 : random() * 50;
      const { isAllowed, remaining } = takeTokens(bucket, measures, nowMs, 1, 'memory');
      if (isAllowed) taken += cost;
      assert.ok(remaining >= 0 && remaining <= burst);
    }
    assert.ok(taken <= burst + (nowMs * rate) / 1_000 + 1e-6, `${taken} of ${burst} + ${rate}/s in ${nowMs} ms`);
    // What was not taken is there: nothing gets lost either.
    assert.ok(Math.abs(Math.min(burst, bucket.tokens) - bucket.tokens) < 1e-6);
  }
});

test('a clock that goes back gives nothing and takes nothing', () => {
  const bucket = { tokens: 5, atMs: 1_000 };
  takeTokens(bucket, limit(10, 10), 500, 1, 'memory');
  assert.equal(bucket.tokens, 4);
});

test('a share is a part of both measures, and holds one request at least', () => {
  assert.equal(capacityOf(limit(10, 20), 0.5), 10);
  assert.equal(capacityOf(limit(1, 1), 0.25), 1);
  assert.equal(capacityOf(limit(1, 0), 0.25), 0);
  const bucket = { tokens: 10, atMs: 0 };
  let allowed = 0;
  for (let ms = 0; ms <= 10_000; ms += 10) if (takeTokens(bucket, limit(10, 20), ms, 0.5, 'local').isAllowed) allowed++;
  assert.equal(allowed, 10 + 50);
});

test('an empty capacity lets nothing pass, ever', () => {
  const { isAllowed, retryAfterMs } = takeTokens({ tokens: 0, atMs: 0 }, limit(1, 0), 1e9, 1, 'memory');
  assert.deepEqual([isAllowed, retryAfterMs], [false, Number.POSITIVE_INFINITY]);
});
