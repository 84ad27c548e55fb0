import { test } from 'node:test';
import { simulateLog } from './testing/log-simulation.ts';
import { SeededRandom } from './testing/seeded-random.ts';

const runs = Number(process.env['HEADWATER_SOAK_RUNS'] ?? 200);

test(`the log model, ${runs} times`, async (t) => {
  const { seed } = SeededRandom.fresh();
  t.diagnostic(`SEED=${seed}`);
  const total: Record<string, number> = {};
  for (let run = 0; run < runs; run++) {
    for (const [what, count] of Object.entries(await simulateLog(seed + run, 400)))
      total[what] = (total[what] ?? 0) + count;
  }
  t.diagnostic(JSON.stringify(total));
});
