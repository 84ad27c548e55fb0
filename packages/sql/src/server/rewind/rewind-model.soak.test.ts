import { test } from 'node:test';
import { runRewindModel } from './testing/rewind-model.ts';

const seed = Number(process.env['HEADWATER_SEED'] ?? Date.now() % 2 ** 32);

for (const guarantee of ['at_least_once', 'exactly_once_v2'] as const) {
  test(`tables rewound to random moments, many times, ${guarantee} (seed ${seed})`, () =>
    runRewindModel({ seed, rounds: 200, guarantee }));
}
