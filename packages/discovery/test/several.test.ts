/** Several servers on one topic; `HEADWATER_TEST_KAFKA=host:port`: on a real Kafka. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { type Discovery, type DiscoveryOptions, startDiscovery } from '../index.ts';
import { EurekaCalls, eventually } from './support/eureka.ts';
import { readEvents } from './support/read-events.ts';

const given = process.env['HEADWATER_TEST_KAFKA'];
const run = Date.now().toString(36);
let broker: Broker | null = null;
let bootstrap: string;
const running: Discovery[] = [];

before(async () => {
  if (given === undefined) broker = await startBroker();
  bootstrap = given ?? broker!.bootstrap;
});
after(async () => {
  await Promise.all(running.map((discovery) => discovery.close()));
  await broker?.close();
});

async function start(name: string, options: DiscoveryOptions = {}) {
  const discovery = await startDiscovery({ port: 0, bootstrap, topic: `_discovery-${name}-${run}`, ...options });
  running.push(discovery);
  return { discovery, calls: new EurekaCalls(`${discovery.url}/eureka`) };
}

async function get<T = Record<string, unknown>>({ url }: Discovery, path: string): Promise<T> {
  const answer = await fetch(url + path);
  assert.equal(answer.status, 200, path);
  return (await answer.json()) as T;
}

test('what is said to one is known to the other: registering, status, metadata, leaving', async () => {
  const [a, b] = [await start('same'), await start('same')];
  const watch = await readEvents(`${b.discovery.url}/watch`);
  await watch.next();
  await a.calls.registered('ORDERS', 'o1', { metadata: { build: '7' }, lastDirtyTimestamp: 1000 });
  const change = await watch.next();
  assert.deepEqual([change.event, change.data['kind']], ['change', 'REGISTERED']);
  const [here, there] = [await a.calls.instance('ORDERS', 'o1'), await b.calls.instance('ORDERS', 'o1')];
  assert.deepEqual(there, here);
  await b.calls.status('PUT', '/apps/ORDERS/o1/status?value=OUT_OF_SERVICE');
  await eventually(async () => {
    const { status, overriddenStatus } = await a.calls.instance('ORDERS', 'o1');
    assert.deepEqual([status, overriddenStatus], ['OUT_OF_SERVICE', 'OUT_OF_SERVICE']);
  });
  await a.calls.registered('ORDERS', 'o1', { lastDirtyTimestamp: 2000, metadata: { build: '8' } });
  await eventually(async () => assert.deepEqual((await b.calls.instance('ORDERS', 'o1'))['metadata'], { build: '8' }));
  assert.equal((await b.calls.instance('ORDERS', 'o1')).status, 'OUT_OF_SERVICE');
  await b.calls.status('PUT', '/apps/ORDERS/o1/metadata?zone=x');
  await eventually(async () => {
    assert.deepEqual((await a.calls.instance('ORDERS', 'o1'))['metadata'], { build: '8', zone: 'x' });
  });
  assert.equal(await b.calls.status('DELETE', '/apps/ORDERS/o1'), 200);
  await eventually(async () => assert.equal(await a.calls.status('GET', '/apps/ORDERS/o1'), 404));
  const kinds = (await get<{ events: { event: string }[] }>(a.discovery, '/api/events')).events.map(
    ({ event }) => event,
  );
  assert.deepEqual(kinds.reverse(), ['REGISTERED', 'OVERRIDE', 'REGISTERED_AGAIN', 'METADATA', 'CANCELLED']);
  watch.close();
  await Promise.all([a.discovery.close(), b.discovery.close()]);
});

test('a server that starts later, or again, knows everything, overrides too', async () => {
  const a = await start('later');
  await a.calls.registered('ORDERS', 'o1', { metadata: { __proto__: 'x', a: 'b' } });
  await a.calls.registered('ORDERS', 'o2');
  await a.calls.registered('ORDERS', 'o3');
  await a.calls.status('PUT', '/apps/ORDERS/o2/status?value=DOWN');
  await a.calls.status('DELETE', '/apps/ORDERS/o3');
  await a.discovery.close();
  const again = await start('later');
  const { application, apps__hashcode } = await again.calls.applications();
  assert.equal(apps__hashcode, 'DOWN_1_UP_1_');
  assert.deepEqual(
    application[0]!.instance.map(({ instanceId, status }) => [instanceId, status]),
    [
      ['o1', 'UP'],
      ['o2', 'DOWN'],
    ],
  );
  assert.equal(await again.calls.status('PUT', '/apps/ORDERS/o1?status=UP'), 200);
  const { why, history } = await get<{ why: { status: string }; history: { event: string }[] }>(
    again.discovery,
    '/api/instances/orders/o2/why',
  );
  assert.match(why.status, /^It was overridden/);
  assert.deepEqual(
    history.map(({ event }) => event),
    ['RESTORED'],
  );
  await again.discovery.close();
});

test('servers know of each other, and one that leaves is gone', async () => {
  const [a, b] = [await start('peers'), await start('peers')];
  const others = async ({ discovery }: { discovery: Discovery }) => {
    const { server } = await get<{ server: { sharing: { isConnected: boolean; servers: { url: string }[] } } }>(
      discovery,
      '/api/instances',
    );
    return [server.sharing.isConnected, ...server.sharing.servers.map(({ url }) => url)];
  };
  await eventually(async () => assert.deepEqual(await others(a), [true, b.discovery.url]));
  await eventually(async () => assert.deepEqual(await others(b), [true, a.discovery.url]));
  await b.discovery.close();
  await eventually(async () => assert.deepEqual(await others(a), [true]));
  await a.discovery.close();
});

test('what happens is on the topic of events, once', async () => {
  const [a, b] = [await start('events'), await start('events')];
  const service = `EVENTS-${run}`.toUpperCase();
  await a.calls.registered(service, 'e1');
  await eventually(async () => assert.equal(await b.calls.status('GET', `/apps/${service}/e1`), 200));
  await b.calls.status('DELETE', `/apps/${service}/e1`);
  const client = createClient({ bootstrap, clientId: 'test' });
  const found: [string | undefined, unknown, unknown, unknown][] = [];
  const tail = client.tail({ topics: ['headwater-discovery-events'], from: 'earliest' });
  for await (const batch of tail) {
    for (const { key, value } of batch.records()) {
      if (String(key) !== service) continue;
      const { event, instanceId, status } = JSON.parse(String(value)) as Record<string, unknown>;
      found.push([String(key), event, instanceId, status]);
    }
    if (found.some(([, event]) => event === 'CANCELLED')) break;
  }
  assert.deepEqual(found, [
    [service, 'REGISTERED', 'e1', 'UP'],
    [service, 'CANCELLED', 'e1', 'UP'],
  ]);
  await Promise.all([client.close(), a.discovery.close(), b.discovery.close()]);
});

test('many changes at both at once end the same', async () => {
  const [a, b] = [await start('many'), await start('many')];
  const seed = Date.now() % 100_000;
  let state = seed;
  const random = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
  const act = async (): Promise<void> => {
    const { calls } = random(2) === 0 ? a : b;
    const id = `m${random(6)}`;
    const dirty = 1_000 + random(1_000);
    switch (random(5)) {
      case 0:
        await calls.status('DELETE', `/apps/MANY/${id}`);
        break;
      case 1:
        await calls.status('PUT', `/apps/MANY/${id}/status?value=${['UP', 'DOWN', 'OUT_OF_SERVICE'][random(3)]}`);
        break;
      case 2:
        await calls.status('DELETE', `/apps/MANY/${id}/status?value=UP`);
        break;
      default:
        await calls.registered('MANY', id, { lastDirtyTimestamp: dirty, metadata: { n: String(random(1_000)) } });
    }
  };
  for (let round = 0; round < 20; round++) await Promise.all([act(), act(), act(), act()]);
  const view = async ({ calls }: typeof a) => {
    const { application, apps__hashcode } = await calls.applications();
    const instances = application.flatMap(({ instance }) => instance);
    const facts = instances.map(({ instanceId, status, overriddenStatus, metadata }) => [
      instanceId,
      status,
      overriddenStatus,
      metadata,
    ]);
    return [apps__hashcode, facts.sort(([x], [y]) => (String(x) < String(y) ? -1 : 1))];
  };
  await eventually(async () => assert.deepEqual(await view(a), await view(b), `seed ${seed}`));
  await Promise.all([a.discovery.close(), b.discovery.close()]);
  const again = await start('many');
  await again.discovery.close();
});
