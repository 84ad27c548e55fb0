import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { sendHostileBodies } from './testing/hostile-bodies.ts';

const seed = Number(process.env['HEADWATER_SEED'] ?? 20261122);

test(`bodies that went wrong are answered in the shape of the API (seed ${seed})`, async (t) => {
  const statuses = await sendHostileBodies(seed, 250);
  t.diagnostic([...statuses].map(([status, count]) => `${status}: ${count}`).join(', '));
  equal(
    [...statuses.values()].reduce((sum, count) => sum + count, 0),
    250,
  );
});
