/**
 * Fifty kills, rebalances among three instances. On the embedded broker, which is killed too; and on a cluster of Kafka whose brokers are:
 *   HEADWATER_TEST_KAFKA_CLUSTER=<a program with the verbs status, kill-broker N, start-broker N; status prints KAFKA_BOOTSTRAP=…>
 * HEADWATER_KILLS (50), HEADWATER_SEED; HEADWATER_GUARANTEE=at-least-once takes the guarantee away: then it is to fail.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Guarantee } from '../index.ts';
import { embedded, kafkaCluster } from './kill/clusters.ts';
import { type ClusterToKill, runKills } from './kill/kill-run.ts';

const kills = Number(process.env['HEADWATER_KILLS'] ?? 50);
const seed = Number(process.env['HEADWATER_SEED'] ?? Math.floor(Math.random() * 1e9));
const guarantee = (process.env['HEADWATER_GUARANTEE'] ?? 'exactly-once') as Guarantee;
const program = process.env['HEADWATER_TEST_KAFKA_CLUSTER'];

async function soak(t: TestContext, cluster: ClusterToKill, standbys: number, isStateKept = false): Promise<void> {
  t.diagnostic(`seed ${seed}`);
  const started = performance.now();
  const log = (line: string) => t.diagnostic(`${((performance.now() - started) / 1000).toFixed(1)} s: ${line}`);
  const options = {
    cluster,
    seed,
    instances: 3,
    kills,
    guarantee,
    standbys,
    isStateKept,
    pauseMs: 2_500,
    timeoutMs: 240_000,
    log,
  };
  const { deeds, events, filledWhole, resumed, wrong } = await runKills(options);
  assert.deepEqual(wrong.slice(0, 20), [], `${wrong.length} wrong after ${deeds.join(', ')} (seed ${seed})`);
  log(`${events} events, each once, over ${deeds.length} kills`);
  if (!isStateKept) return;
  log(`${resumed} stores went on from a disk, ${filledWhole} had nothing there`);
  assert.ok(resumed > 0, 'no store went on from a checkpoint');
}

for (const standbys of [0, 1]) {
  test(`embedded broker, ${standbys} standbys: each event counts once`, { timeout: 1_500_000 }, async (t) => {
    await soak(t, await embedded(t), standbys);
  });
}

for (const standbys of [0, 1]) {
  const title = `embedded broker, state on disks, ${standbys} standbys: each event once, and what is on a disk is gone on from`;
  test(title, { timeout: 1_500_000 }, async (t) => {
    await soak(t, await embedded(t), standbys, true);
  });
}

const skip = program === undefined ? 'HEADWATER_TEST_KAFKA_CLUSTER is not set (a program that kills brokers)' : false;
test('Kafka with brokers that are killed: each event counts once', { skip, timeout: 1_500_000 }, async (t) => {
  await soak(t, await kafkaCluster(program!), 0);
});
