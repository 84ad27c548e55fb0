import { test } from 'node:test';
import { simulateLog } from './testing/log-simulation.ts';

/** The same each time, so that a run says something about the change it is for; the soak looks for new ones. */
const seed = Number(process.env['SEED'] ?? 1);

test('a log does what the model does, through faults, kills and power cuts', async (t) => {
  t.diagnostic(`SEED=${seed}`);
  for (let run = 0; run < 12; run++) await simulateLog(seed + run, 250);
});
