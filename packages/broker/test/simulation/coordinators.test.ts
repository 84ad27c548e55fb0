import { test } from 'node:test';
import { simulateCoordinators } from './coordinator-simulation.ts';

/** The same each time; the soak takes new ones. */
const seed = Number(process.env['SEED'] ?? 1);

test('groups and transactions do what the model does, through faults, kills and power cuts', async (t) => {
  t.diagnostic(`SEED=${seed}`);
  for (let run = 0; run < 10; run++) await simulateCoordinators(seed + run, 150);
});
