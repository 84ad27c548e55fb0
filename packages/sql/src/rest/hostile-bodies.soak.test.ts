import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { sendHostileBodies } from './testing/hostile-bodies.ts';

const seed = Number(process.env['HEADWATER_SEED'] ?? Date.now() % 2 ** 32);

test(`a hundred thousand bodies that went wrong (seed ${seed})`, async (t) => {
  const statuses = await sendHostileBodies(seed, 100_000);
  t.diagnostic([...statuses].map(([status, count]) => `${status}: ${count}`).join(', '));
  equal(statuses.has(500), false);
});
