import { test } from 'node:test';
import { simulateLog } from './testing/log-simulation.ts';
import { SeededRandom } from './testing/seeded-random.ts';

test('a log does what the model does, through faults, kills and power cuts', async (t) => {
  const { seed } = SeededRandom.fresh();
  t.diagnostic(`SEED=${seed}`);
  for (let run = 0; run < 6; run++) await simulateLog(seed + run, 250);
});
