/**
 * Fifty kills of servers and their broker, or on a Kafka that nobody else uses (HEADWATER_TEST_KAFKA=host:port), of servers alone. One test needs
 * one Kafka: HEADWATER_SERVERS=1 or 3. HEADWATER_KILLS (50), HEADWATER_SEED; HEADWATER_GUARANTEE=at_least_once takes the guarantee
 * away: then it is to fail.
 */
import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { runKills } from './kill/kill-run.ts';

const kills = Number(process.env['HEADWATER_KILLS'] ?? 50);
const seed = Number(process.env['HEADWATER_SEED'] ?? Math.floor(Math.random() * 1e9));
const guarantee = (process.env['HEADWATER_GUARANTEE'] ?? 'exactly_once_v2') as 'exactly_once_v2' | 'at_least_once';

const bootstrap = process.env['HEADWATER_TEST_KAFKA'];
const counts = process.env['HEADWATER_SERVERS'];

for (const servers of counts === undefined ? [1, 3] : [Number(counts)]) {
  test(`${servers} servers, ${kills} kills: catalogue, state and results are what they would be`, {
    timeout: 3_000_000,
  }, async (t) => {
    t.diagnostic(`seed ${seed}`);
    const log = (line: string) => t.diagnostic(line);
    const run = await runKills({ bootstrap, seed, servers, kills, pauseMs: 2_000, guarantee, timeoutMs: 300_000, log });
    deepEqual(run.wrong.slice(0, 20), [], `${run.wrong.length} wrong after ${run.deeds.join(', ')} (seed ${seed})`);
    t.diagnostic(`${run.events} events, each once, and ${run.statements} statements`);
  });
}
