import { ok } from 'node:assert/strict';
import { test } from 'node:test';
import { runHostile } from './testing/hostile-run.ts';

const seed = Number(process.env['HEADWATER_SEED'] ?? Date.now() % 2 ** 32);

test(`a million statements that went wrong (seed ${seed})`, (t) => {
  const { taken, refused, longestMs } = runHostile(seed, 1_000_000);
  t.diagnostic(`${taken} taken, ${refused} refused, the longest took ${longestMs.toFixed(1)} ms`);
  ok(longestMs < 5_000, 'each within five seconds, on whatever machine');
});
