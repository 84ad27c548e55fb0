import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { type ConfigClient, createConfigClient, followBus } from '../config.ts';
import { createService } from '../index.ts';
import { until } from './until.ts';

test('events of the bus refresh the configuration and set values, and are acknowledged; those for others are not', async () => {
  const broker = await startBroker();
  const client = createClient({ bootstrap: broker.bootstrap, clientId: 'bus-test' });
  const stop = new AbortController();
  let refreshes = 0;
  const own = createConfigClient({ name: 'orders', env: {} });
  const config: ConfigClient = Object.assign(Object.create(own) as ConfigClient, {
    refresh: async () => {
      refreshes += 1;
      return [];
    },
    override: (values: Record<string, string>) => own.override(values),
  });
  try {
    await client.createTopics([{ name: 'springCloudBus', partitions: 1 }]);
    const id = 'orders:dev:8090:abc';
    const following = followBus({ config, client, id, signal: stop.signal });
    const send = (event: Record<string, unknown>) =>
      client.produce({
        topic: 'springCloudBus',
        records: [{ key: null, value: JSON.stringify({ originService: 'config:1', ...event }) }],
      });
    // The tail reads from the end: it is told until it is there.
    await until(async () => {
      await send({ type: 'RefreshRemoteApplicationEvent', id: 'first', destinationService: '**' });
      return refreshes > 0;
    });
    const before = refreshes;
    await send({ type: 'RefreshRemoteApplicationEvent', id: 'no', destinationService: 'billing:**' });
    await send({ type: 'RefreshRemoteApplicationEvent', id: 'own', destinationService: '**', originService: id });
    await send({ type: 'ShutdownRemoteApplicationEvent', id: 'unknown', destinationService: '**' });
    await client.produce({ topic: 'springCloudBus', records: [{ key: null, value: 'no json' }] });
    await send({
      type: 'EnvironmentChangeRemoteApplicationEvent',
      id: 'set',
      destinationService: 'orders:**',
      values: { 'a.b': 'c' },
    });
    await until(() => own.get('a.b') === 'c');
    const acks: { ackId: string; event: string; originService: string }[] = [];
    const tail = client.tail({ topics: ['springCloudBus'], from: 'earliest' });
    for await (const batch of tail) {
      for (const { value } of batch.records()) {
        if (String(value).includes('AckRemote')) acks.push(JSON.parse(String(value)));
      }
      if (acks.some(({ ackId }) => ackId === 'set')) break;
    }
    assert.deepEqual([...new Set(acks.map(({ ackId }) => ackId))], ['first', 'set']);
    assert.equal(acks.at(-1)!.event, 'org.springframework.cloud.bus.event.EnvironmentChangeRemoteApplicationEvent');
    assert.equal(acks.at(-1)!.originService, id);
    assert.ok(refreshes >= before);
    stop.abort();
    await following;
  } finally {
    stop.abort();
    await client.close();
    await broker.close();
  }
});

test('a service joins the bus when its configuration says so', async () => {
  const broker = await startBroker();
  const admin = createClient({ bootstrap: broker.bootstrap, clientId: 'bus-test' });
  await admin.createTopics([{ name: 'springCloudBus', partitions: 1 }]);
  const service = await createService({
    name: 'orders',
    env: { HEADWATER_KAFKA_URL: broker.bootstrap },
    defaults: { 'spring.cloud.bus.enabled': true },
    settings: { colour: 'red' },
    logStream: { write() {} },
  });
  try {
    const event = {
      type: 'EnvironmentChangeRemoteApplicationEvent',
      id: 'set',
      originService: 'config:1',
      destinationService: 'orders:**',
      values: { 'orders.colour': 'blue' },
    };
    await until(async () => {
      await admin.produce({ topic: 'springCloudBus', records: [{ key: null, value: JSON.stringify(event) }] });
      return service.config.get().colour === 'blue';
    });
  } finally {
    await service.close();
    await admin.close();
    await broker.close();
  }
});

test("a service follows the bus where its Config Server has no events of its own, as Spring's has none", async () => {
  const broker = await startBroker();
  const admin = createClient({ bootstrap: broker.bootstrap, clientId: 'bus-test' });
  await admin.createTopics([{ name: 'springCloudBus', partitions: 1 }]);
  let colour = 'red';
  const asked: string[] = [];
  const server = createServer((req, res) => {
    asked.push(req.url!);
    if (req.url!.startsWith('/watch/')) return res.writeHead(404).end();
    const source = { 'orders.colour': colour };
    const document = { name: 'orders', profiles: ['default'], label: null, version: null, state: null };
    return res
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ ...document, propertySources: [{ name: 'file:orders.yml', source }] }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const service = await createService({
    name: 'orders',
    env: {
      HEADWATER_KAFKA_URL: broker.bootstrap,
      HEADWATER_CONFIG_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    },
    settings: { colour: 'none' },
    logStream: { write() {} },
  });
  try {
    assert.equal(service.config.get().colour, 'red');
    colour = 'blue';
    const event = {
      type: 'RefreshRemoteApplicationEvent',
      id: 'changed',
      originService: 'config:1',
      destinationService: '**',
    };
    // Polling would find the change too: the answer on the bus says that it was heard there.
    let isAcknowledged = false;
    const tail = admin.tail({ topics: ['springCloudBus'], from: 'earliest' });
    const reading = (async () => {
      for await (const batch of tail)
        for (const { value } of batch.records())
          isAcknowledged ||= /AckRemoteApplicationEvent.*"changed"|"changed".*AckRemoteApplicationEvent/.test(
            String(value),
          );
    })();
    await until(async () => {
      await admin.produce({ topic: 'springCloudBus', records: [{ key: null, value: JSON.stringify(event) }] });
      return isAcknowledged;
    }, 'an answer on the bus');
    await tail.close();
    await reading;
    assert.equal(service.config.get().colour, 'blue');
    assert.ok(asked.some((url) => url.startsWith('/watch/orders')));
  } finally {
    await service.close();
    await admin.close();
    await broker.close();
    server.closeAllConnections();
    server.close();
  }
});
