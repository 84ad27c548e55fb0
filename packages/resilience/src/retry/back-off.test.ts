import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBackOff, retryAfterMs } from './back-off.ts';

test('waits grow up to their bound, and jitter keeps below them', () => {
  const plain = createBackOff({ firstMs: 10, maxMs: 60, jitter: 'none' });
  assert.deepEqual([1, 2, 3, 4, 5, 2_000].map(plain), [10, 20, 40, 60, 60, 60]);
  assert.deepEqual([1, 2].map(createBackOff({ firstMs: 10, random: () => 0.5 })), [5, 10]);
  assert.deepEqual([1, 2].map(createBackOff({ firstMs: 10, jitter: 'equal', random: () => 0 })), [5, 10]);
  assert.throws(() => createBackOff({ factor: 0.5 }), { code: 'HW_RESILIENCE_CONFIG' });
});

test('Retry-After in seconds and as a date', () => {
  const nowMs = Date.UTC(2031, 0, 1);
  assert.equal(retryAfterMs('120', nowMs), 120_000);
  assert.equal(retryAfterMs('Wed, 01 Jan 2031 00:00:05 GMT', nowMs), 5_000);
  assert.equal(retryAfterMs('Wed, 01 Jan 2020 00:00:05 GMT', nowMs), 0);
  for (const field of [undefined, '', 'soon', '-1', '1.5', '99999999999'])
    assert.equal(retryAfterMs(field, nowMs), undefined);
});
