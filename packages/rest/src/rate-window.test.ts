import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateWindow } from './rate-window.ts';
import { Sampled } from './sampled.ts';

test('a reader that commits every five seconds has a steady rate', () => {
  const rates = new RateWindow();
  const seen: number[] = [];
  for (let second = 0; second <= 30; second++) seen.push(rates.rate('g', Math.floor(second / 5) * 500, second * 1_000));
  assert.equal(seen[0], 0);
  for (const rate of seen.slice(12)) assert.ok(rate >= 80 && rate <= 170, `${rate} of 100`);
});

test('a steady counter, one that stops, one that starts again from nothing', () => {
  const rates = new RateWindow();
  let last = 0;
  for (let second = 0; second <= 10; second++) last = rates.rate('t', second * 20, second * 1_000);
  assert.equal(last, 20);
  for (let second = 11; second <= 20; second++) last = rates.rate('t', 200, second * 1_000);
  assert.equal(last, 0);
  assert.equal(rates.rate('t', 5, 21_000), 0);
  assert.equal(rates.rate('t', 15, 22_000), 10);
});

test('what is sampled is asked for once by all, and a failure is not kept', async () => {
  let asked = 0;
  let fails = true;
  const sampled = new Sampled(async () => {
    asked++;
    if (fails) throw new Error('away');
    return asked;
  });
  await assert.rejects(Promise.all([sampled.get(), sampled.get()]));
  assert.equal(asked, 1);
  fails = false;
  assert.deepEqual(await Promise.all([sampled.get(), sampled.get()]), [2, 2]);
  assert.equal(await sampled.get(), 2);
  sampled.forget();
  assert.equal(await sampled.get(), 3);
});
