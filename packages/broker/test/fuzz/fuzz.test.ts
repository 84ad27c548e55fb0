import { test } from 'node:test';
import { fuzzBroker } from './fuzz-broker.ts';

/** The same each time; the soak takes new ones. */
const seed = Number(process.env['SEED'] ?? 1);

test('damaged frames: the broker goes on, and the client beside them does not notice', { timeout: 100_000 }, (t) =>
  fuzzBroker(t, seed, 3_000, 1_000),
);
