/** Instances and the broker are killed while events come in: each counts once. The seed: HEADWATER_SEED. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from '@headwater/client';
import { embedded } from './kill/clusters.ts';
import { topicsOf } from './kill/instance.ts';
import { eventOf, makeTopics, runKills } from './kill/kill-run.ts';
import { instanceProcess } from './kill/processes.ts';
import { Results } from './kill/results.ts';

const seed = Number(process.env['HEADWATER_SEED'] ?? Math.floor(Math.random() * 1e9));

test('three instances and the broker are killed at random: each event counts once', { timeout: 240_000 }, async (t) => {
  t.diagnostic(`seed ${seed}`);
  const cluster = await embedded(t);
  const log = (line: string) => t.diagnostic(line);
  const { deeds, events, wrong } = await runKills({
    cluster,
    seed,
    instances: 3,
    kills: 8,
    guarantee: 'exactly-once',
    pauseMs: 1_200,
    timeoutMs: 150_000,
    log,
  });
  assert.deepEqual(wrong.slice(0, 10), [], `${wrong.length} wrong after ${deeds.join(', ')} (seed ${seed})`);
  t.diagnostic(`${events} events, each once, over ${deeds.join(', ')}`);
});

test('killed instances go on from the state on their disks, or from standbys, and each event counts once', {
  timeout: 240_000,
}, async (t) => {
  t.diagnostic(`seed ${seed}`);
  const cluster = await embedded(t);
  const log = (line: string) => t.diagnostic(line);
  const { deeds, events, filledWhole, resumed, wrong } = await runKills({
    cluster,
    seed,
    instances: 3,
    kills: 7,
    guarantee: 'exactly-once',
    standbys: 1,
    isStateKept: true,
    pauseMs: 1_200,
    timeoutMs: 150_000,
    log,
  });
  assert.deepEqual(wrong.slice(0, 10), [], `${wrong.length} wrong after ${deeds.join(', ')} (seed ${seed})`);
  assert.ok(resumed > 0, `no store went on from a checkpoint (seed ${seed})`);
  t.diagnostic(`${events} events, each once; ${resumed} stores went on from a disk, ${filledWhole} had nothing there`);
});

test('with the guarantee taken away the same check finds what is doubled', { timeout: 120_000 }, async (t) => {
  const { bootstrap } = await embedded(t);
  const applicationId = `kill-less-${process.pid}`;
  await using client = createClient({ bootstrap, clientId: 'kill-run' });
  await makeTopics(client, applicationId, 1);
  const results = new Results(client, applicationId);
  t.after(() => results.close());
  // Results go ahead of a commit that never comes.
  const instance = instanceProcess(() => ({
    bootstrap,
    applicationId,
    guarantee: 'at-least-once',
    commitIntervalMs: 600_000,
    sessionTimeoutMs: 1_500,
    standbys: 0,
    paddingBytes: 20_000,
  }));
  t.after(() => instance.end('SIGKILL'));
  const records = Array.from({ length: 1_000 }, (_, n) => eventOf(n));
  await client.produce({ topic: topicsOf(applicationId).events, records });
  await instance.start();
  const until = async (condition: () => boolean) => {
    while (!condition()) await delay(20, undefined, { signal: t.signal });
  };
  await until(() => results.joinedCount > 0);
  await instance.end('SIGKILL');
  await instance.start();
  await until(() => results.doubledCount > 0);
  t.diagnostic(`${results.doubledCount} events were joined twice`);
});
