/**
 * Fifty kills of servers and their broker. HEADWATER_KILLS (50), HEADWATER_SEED; HEADWATER_GUARANTEE=at_least_once takes the guarantee
 * away: then it is to fail.
 */
import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { runKills } from './kill/kill-run.ts';

const kills = Number(process.env['HEADWATER_KILLS'] ?? 50);
const seed = Number(process.env['HEADWATER_SEED'] ?? Math.floor(Math.random() * 1e9));
const guarantee = (process.env['HEADWATER_GUARANTEE'] ?? 'exactly_once_v2') as 'exactly_once_v2' | 'at_least_once';

for (const servers of [1, 3]) {
  test(`${servers} servers, ${kills} kills: catalogue, state and results are what they would be`, {
    timeout: 3_000_000,
  }, async (t) => {
    t.diagnostic(`seed ${seed}`);
    const log = (line: string) => t.diagnostic(line);
    const run = await runKills({ seed, servers, kills, pauseMs: 2_000, guarantee, timeoutMs: 300_000, log });
    deepEqual(run.wrong.slice(0, 20), [], `${run.wrong.length} wrong after ${run.deeds.join(', ')} (seed ${seed})`);
    t.diagnostic(`${run.events} events, each once, and ${run.statements} statements`);
  });
}
