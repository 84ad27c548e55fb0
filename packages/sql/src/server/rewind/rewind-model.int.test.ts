import { test } from 'node:test';
import { runRewindModel } from './testing/rewind-model.ts';

const seed = Number(process.env['HEADWATER_SEED'] ?? 20261122);

for (const guarantee of ['at_least_once', 'exactly_once_v2'] as const) {
  test(
    `tables rewound to random moments are what is made of the log from there, ${guarantee} (seed ${seed})`,
    {
      timeout: 120_000,
    },
    () => runRewindModel({ seed, rounds: 5, guarantee }),
  );
}
