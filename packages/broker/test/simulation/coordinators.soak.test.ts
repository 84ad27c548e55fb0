import { test } from 'node:test';
import { SeededRandom } from '../../src/storage/testing/seeded-random.ts';
import { simulateCoordinators } from './coordinator-simulation.ts';

const runs = Number(process.env['RUNS'] ?? 10_000);

test(`groups and transactions beside their model, ${runs} seeds`, { timeout: 3_500_000 }, async (t) => {
  const { seed } = SeededRandom.fresh();
  t.diagnostic(`SEED=${seed}`);
  const total: Record<string, number> = {};
  for (let run = 0; run < runs; run++) {
    for (const [what, count] of Object.entries(await simulateCoordinators(seed + run, 200))) {
      total[what] = (total[what] ?? 0) + count;
    }
  }
  t.diagnostic(JSON.stringify(total));
});
