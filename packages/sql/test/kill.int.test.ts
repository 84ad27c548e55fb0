/** Servers and their broker are killed while events and statements come. The seed: HEADWATER_SEED. */
import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { runKills } from './kill/kill-run.ts';

const seed = Number(process.env['HEADWATER_SEED'] ?? Math.floor(Math.random() * 1e9));

for (const servers of [1, 2]) {
  const title = `${servers === 1 ? 'a server' : 'two servers'} and the broker are killed at random: catalogue, state and results are what they would be`;
  test(title, { timeout: 400_000 }, async (t) => {
    t.diagnostic(`seed ${seed}`);
    const log = (line: string) => t.diagnostic(line);
    const guarantee = 'exactly_once_v2';
    const run = await runKills({ seed, servers, kills: 4, pauseMs: 500, guarantee, timeoutMs: 200_000, log });
    deepEqual(run.wrong.slice(0, 10), [], `${run.wrong.length} wrong after ${run.deeds.join(', ')} (seed ${seed})`);
    t.diagnostic(`${run.events} events, each once, and ${run.statements} statements, over ${run.deeds.join(', ')}`);
  });
}
