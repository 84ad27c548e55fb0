import { test } from 'node:test';
import { simulateLog } from './testing/log-simulation.ts';
import { SeededRandom } from './testing/seeded-random.ts';

const runs = Number(process.env['RUNS'] ?? 2_000);

test(`the log beside its model, ${runs} seeds`, { timeout: 3_500_000 }, async (t) => {
  const { seed } = SeededRandom.fresh();
  t.diagnostic(`SEED=${seed}`);
  const total: Record<string, number> = {};
  for (let run = 0; run < runs; run++) {
    for (const [what, count] of Object.entries(await simulateLog(seed + run, 250)))
      total[what] = (total[what] ?? 0) + count;
  }
  t.diagnostic(JSON.stringify(total));
});
