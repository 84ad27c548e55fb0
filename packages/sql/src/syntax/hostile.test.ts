import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { runHostile } from './testing/hostile-run.ts';

const seed = Number(process.env['HEADWATER_SEED'] ?? 20261122);

test(`statements that went wrong give errors with a place, and nothing else (seed ${seed})`, (t) => {
  const { statements, taken, refused } = runHostile(seed, 4_000);
  t.diagnostic(`${taken} taken, ${refused} refused`);
  equal(taken + refused, statements);
});
