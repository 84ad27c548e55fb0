import { test } from 'node:test';
import { SeededRandom } from '../../src/storage/testing/seeded-random.ts';
import { fuzzBroker } from './fuzz-broker.ts';

const frames = Number(process.env['FRAMES'] ?? 1_000_000);

test(`${frames} damaged frames: the broker goes on and does not grow`, { timeout: 3_500_000 }, (t) =>
  fuzzBroker(t, SeededRandom.fresh().seed, frames, Math.floor(frames / 20)),
);
