import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock, seededRandom } from '../clock.ts';
import { RetryBudget } from './retry-budget.ts';

test('a quiet caller has its minimum, a busy one a share', () => {
  const clock = new ManualClock();
  const budget = new RetryBudget({ clock, ttlMs: 10_000, minRetriesPerSecond: 1, retryRatio: 0.2 });
  let retries = 0;
  while (budget.tryWithdraw()) retries++;
  assert.equal(retries, 10, 'one a second of the ttl');
  for (let i = 0; i < 1_000; i++) budget.deposit();
  while (budget.tryWithdraw()) retries++;
  assert.equal(retries, 210);
  assert.deepEqual(budget.snapshot(), { requests: 1_000, retries: 210, refused: 2, balance: 0 });
  clock.advance(10_000);
  assert.equal(budget.snapshot().balance, 10, 'what was paid in and taken out is forgotten');
});

test('without a ratio and a minimum nothing is retried', () => {
  const budget = new RetryBudget({ clock: new ManualClock(), minRetriesPerSecond: 0, retryRatio: 0 });
  for (let i = 0; i < 100; i++) budget.deposit();
  assert.ok(!budget.tryWithdraw());
  assert.throws(() => new RetryBudget({ ttlMs: 10 }), { code: 'HW_RESILIENCE_CONFIG' });
});

test('random traffic: the same answers as a list of all events, and never more than the share', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  console.log(`SEED=${seed}`);
  const random = seededRandom(seed);
  for (let round = 0; round < 20; round++) {
    const clock = new ManualClock(Math.floor(random() * 100_000));
    const ttlMs = 1_000 * (1 + Math.floor(random() * 10));
    const ratio = [0, 0.05, 0.2, 0.5, 1, 2][Math.floor(random() * 6)]!;
    const minRetriesPerSecond = Math.floor(random() * 5);
    const budget = new RetryBudget({ clock, ttlMs, minRetriesPerSecond, retryRatio: ratio });
    const slotMs = ttlMs / 10;
    const events: { slot: number; amount: number }[] = [];
    let [requests, retries] = [0, 0];
    const startMs = clock.nowMs();
    for (let step = 0; step < 1_500; step++) {
      clock.advance(Math.floor(random() ** 6 * ttlMs));
      const slot = Math.floor(clock.nowMs() / slotMs);
      if (random() < 0.6) {
        budget.deposit();
        requests++;
        events.push({ slot, amount: ratio });
        continue;
      }
      const balance = events.reduce(
        (sum, event) => sum + (event.slot > slot - 10 ? event.amount : 0),
        (minRetriesPerSecond * ttlMs) / 1_000,
      );
      const isAllowed = budget.tryWithdraw();
      assert.equal(isAllowed, balance >= 1 - 1e-3, `round ${round}, step ${step}, balance ${balance}`);
      if (!isAllowed) continue;
      retries++;
      events.push({ slot, amount: -1 });
    }
    const periods = Math.ceil((clock.nowMs() - startMs) / ttlMs) + 1;
    assert.ok(retries <= ratio * requests + (periods * minRetriesPerSecond * ttlMs) / 1_000 + 1);
  }
});
