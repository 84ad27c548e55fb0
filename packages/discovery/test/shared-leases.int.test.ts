/** Leases over several servers, one of which is killed; and while the event store is away. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { type DiscoveryProcess, startDiscoveryProcess } from './support/discovery-process.ts';
import { EurekaCalls, eventually } from './support/eureka.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'headwater-discovery-'));
const processes: DiscoveryProcess[] = [];
let broker: Broker;

before(async () => {
  broker = await startBroker({ dataDir });
});
after(async () => {
  await Promise.all(processes.map((one) => one.kill()));
  await broker.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(topic: string) {
  const running = await startDiscoveryProcess(broker.bootstrap, topic);
  processes.push(running);
  return { ...running, calls: new EurekaCalls(`${running.url}/eureka`) };
}

/** Sends heartbeats until it is told to stop, to whichever server it is told; counts those that were refused. */
function beat(calls: EurekaCalls, id: string, everyMs: number) {
  let target = calls;
  let refused = 0;
  const timer = setInterval(() => {
    target.status('PUT', `/apps/LEASES/${id}?status=UP`).then(
      (status) => {
        if (status !== 200) refused++;
      },
      () => {},
    );
  }, everyMs);
  return {
    moveTo: (other: EurekaCalls) => {
      target = other;
    },
    stop: () => clearInterval(timer),
    get refused() {
      return refused;
    },
  };
}

const lease = (durationInSecs: number) => ({ leaseInfo: { durationInSecs, renewalIntervalInSecs: 1 } });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const listed = async ({ calls }: { calls: EurekaCalls }): Promise<string[]> =>
  (await calls.applications()).application.flatMap(({ instance }) => instance.map((one) => one.instanceId!)).sort();

test('registered at one, renewed at the other: listed by both; what is silent goes at both; a killed server takes nobody along', async () => {
  const [a, b] = [await start('_leases'), await start('_leases')];
  await a.calls.registered('LEASES', 'moved', lease(8));
  await a.calls.registered('LEASES', 'silent', lease(4));
  await a.calls.registered('LEASES', 'stays', lease(8));
  await eventually(async () => assert.deepEqual(await listed(b), ['moved', 'silent', 'stays']));
  const moved = beat(b.calls, 'moved', 400);
  const stays = beat(a.calls, 'stays', 400);
  try {
    for (const server of [a, b])
      await eventually(async () => assert.deepEqual(await listed(server), ['moved', 'stays']));
    // Longer than the lease: each hears what the other hears.
    await pause(10_000);
    for (const server of [a, b]) assert.deepEqual(await listed(server), ['moved', 'stays']);
    await a.kill();
    stays.moveTo(b.calls);
    await pause(10_000);
    assert.deepEqual(await listed(b), ['moved', 'stays']);
    stays.stop();
    await eventually(async () => assert.deepEqual(await listed(b), ['moved']), 40_000);
    assert.deepEqual([moved.refused, stays.refused], [0, 0]);
  } finally {
    moved.stop();
    stays.stop();
  }
});

test('while the event store is away the registry is served and changed, and says so; then the others learn of it', async () => {
  const [a, b] = [await start('_outage'), await start('_outage')];
  const degraded = async ({ url }: { url: string }): Promise<boolean> => {
    const answer = await fetch(`${url}/health`);
    const { status, degraded: explanation } = (await answer.json()) as { status: string; degraded?: string };
    assert.equal(status, 'UP');
    return explanation !== undefined;
  };
  await a.calls.registered('LEASES', 'at-a', lease(8));
  await b.calls.registered('LEASES', 'at-b', lease(8));
  await b.calls.registered('LEASES', 'silent', lease(4));
  for (const server of [a, b]) await eventually(async () => assert.equal((await listed(server)).length, 3));
  for (const server of [a, b]) await eventually(async () => assert.equal(await degraded(server), false));
  const beats = [beat(a.calls, 'at-a', 400), beat(b.calls, 'at-b', 400)];
  try {
    const port = Number(broker.bootstrap.split(':').at(-1));
    await broker.close();
    await a.calls.registered('LEASES', 'new', lease(600));
    for (const server of [a, b]) await eventually(async () => assert.equal(await degraded(server), true));
    // Each keeps whoever renews elsewhere, because it cannot know better; what was silent here is gone.
    await eventually(async () => assert.deepEqual(await listed(b), ['at-a', 'at-b']));
    assert.deepEqual(await listed(a), ['at-a', 'at-b', 'new', 'silent']);
    // At first it may still be on its way from the other server; then it is the event store that says nothing.
    await eventually(async () => {
      const answer = await fetch(`${a.url}/api/instances/leases/silent/why`);
      const { why } = (await answer.json()) as { why: { listed: string } };
      assert.match(why.listed, /the event store is away, and with it what discovery server \w+ hears\.$/);
    });
    broker = await startBroker({ dataDir, port });
    for (const server of [a, b]) await eventually(async () => assert.equal(await degraded(server), false), 60_000);
    for (const server of [a, b]) {
      await eventually(async () => assert.deepEqual(await listed(server), ['at-a', 'at-b', 'new']), 30_000);
    }
    assert.deepEqual(
      beats.map(({ refused }) => refused),
      [0, 0],
    );
  } finally {
    for (const one of beats) one.stop();
  }
});
