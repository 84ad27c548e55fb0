import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { type ConfigServerOptions, startConfig } from '../index.ts';
import { openEvents } from './support/event-stream.ts';
import { TestRepository } from './support/git-repository.ts';

const root = mkdtempSync(join(tmpdir(), 'headwater-config-watch-'));
const closers: (() => Promise<void> | void)[] = [];
after(async () => {
  for (const close of closers.reverse()) await close();
  rmSync(root, { recursive: true, force: true });
});

async function start(options: Omit<ConfigServerOptions, 'port'>): Promise<string> {
  const server = await startConfig({ port: 0, ...options });
  closers.push(() => server.close());
  return server.url;
}

async function events(url: string, headers?: Record<string, string>) {
  const stream = await openEvents(url, headers);
  closers.push(() => stream.close());
  return stream;
}

function folder(name: string, files: Record<string, string>): string {
  const dir = join(root, name);
  mkdirSync(dir, { recursive: true });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(dir, path), text);
  return dir;
}

test('a watcher is told which keys have other values, and never the values', async () => {
  const repo = folder('keys', { 'application.yml': 'a: 1\n', 'orders.yml': 'password: old-secret\nb: 1\n' });
  const url = await start({ repo });
  const stream = await events(`${url}/api/watch?application=orders&profile=dev`);
  const first = await stream.next();
  assert.equal(first.event, 'current');
  assert.equal(first.data['version'], null);

  writeFileSync(join(repo, 'orders.yml'), 'password: new-secret\nc: 1\n');
  const change = await stream.next();
  assert.equal(change.event, 'change');
  const { timestampMs, ...rest } = change.data;
  assert.equal(typeof timestampMs, 'number');
  assert.deepEqual(rest, {
    application: 'orders',
    profiles: 'dev',
    label: null,
    version: null,
    author: null,
    message: null,
    changes: [
      { key: 'password', kind: 'changed' },
      { key: 'c', kind: 'added' },
      { key: 'b', kind: 'removed' },
    ],
  });

  // A file of somebody else is no news; one for the profile is.
  writeFileSync(join(repo, 'billing.yml'), 'x: 1\n');
  writeFileSync(join(repo, 'orders-dev.yml'), 'c: 2\n');
  assert.deepEqual((await stream.next()).data['changes'], [{ key: 'c', kind: 'changed' }]);

  // Who was away hears what it missed, or that it cannot be told.
  const back = await events(`${url}/watch/orders/dev`, { 'last-event-id': change.id! });
  assert.deepEqual((await back.next()).data['changes'], [{ key: 'c', kind: 'changed' }]);
  const stranger = await events(`${url}/watch/orders/dev`, { 'last-event-id': 'of-another-life' });
  assert.equal((await stranger.next()).data['changes'], null);
});

test('a broken file is told with its place, in health too, until it is mended', async () => {
  const repo = folder('broken', { 'orders.yml': 'a: 1\n' });
  const url = await start({ repo });
  const stream = await events(`${url}/api/watch?application=orders`);
  assert.equal((await stream.next()).event, 'current');
  writeFileSync(join(repo, 'orders.yml'), 'a: [1\nb: 2\n');
  const broken = await stream.next();
  assert.equal(broken.event, 'broken');
  assert.match(String(broken.data['message']), /^orders\.yml:\d+:\d+: /);
  const health = await fetch(`${url}/actuator/health`);
  assert.equal(health.status, 503);
  const { components } = (await health.json()) as { components: { configServer: { details: { broken: object[] } } } };
  assert.equal(components.configServer.details.broken.length, 1);
  writeFileSync(join(repo, 'orders.yml'), 'a: 2\n');
  assert.deepEqual((await stream.next()).data['changes'], [{ key: 'a', kind: 'changed' }]);
  assert.equal((await fetch(`${url}/actuator/health`)).status, 200);
});

test('a commit is told with its author and message', async () => {
  const repository = await TestRepository.create(join(root, 'git'));
  await repository.commit({ 'orders.yml': 'a: 1\n' });
  const url = await start({ repo: repository.dir, isCommittedOnly: true });
  const stream = await events(`${url}/watch/orders/default/main`);
  assert.equal((await stream.next()).event, 'current');
  const version = await repository.commit({ 'orders.yml': 'a: 2\n' }, 'prices rise', 'Grace');
  const { event, data } = await stream.next();
  assert.equal(event, 'change');
  assert.equal(data['version'], version);
  assert.deepEqual([data['author'], data['message']], ['Grace <grace@example.org>', 'prices rise']);
});

test('changes go out on Spring Cloud Bus and as events; acks come back', async () => {
  const broker = await startBroker({ dataDir: join(root, 'broker'), port: 0 });
  closers.push(() => broker.close());
  const client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
  closers.push(() => client.close());
  const repo = folder('bus', { 'orders.yml': 'a: 1\n', 'application.yml': 'z: 1\n' });
  const url = await start({ repo, kafkaUrl: broker.bootstrap });
  await (await fetch(`${url}/orders/dev`)).text();
  const stream = await events(`${url}/api/watch?application=orders`);
  await stream.next();

  writeFileSync(join(repo, 'orders-dev.yml'), 'a: 2\n');
  const topics = ['springCloudBus', 'headwater-config-changes'];
  await client.createTopics(topics.map((name) => ({ name, partitions: 1 })));
  const tail = client.tail({ topics, from: 'earliest' });
  closers.push(() => tail.close());
  const records = (async function* () {
    for await (const batch of tail) {
      for (const { key, value, headers } of batch.records()) {
        yield {
          topic: batch.topic,
          key: key === null ? null : String(key),
          value: JSON.parse(String(value)) as Record<string, unknown>,
          headers: headers.map((one) => [String(one.key), String(one.value)]),
        };
      }
    }
  })();
  const seen = new Map<string, Awaited<ReturnType<typeof records.next>>['value'] & object>();
  while (seen.size < 2) {
    const { value } = await records.next();
    seen.set((value as { topic: string }).topic, value as never);
  }
  const refresh = seen.get('springCloudBus') as never as {
    key: unknown;
    value: Record<string, unknown>;
    headers: unknown;
  };
  const { id, originService, timestamp, ...event } = refresh.value;
  assert.deepEqual(event, { type: 'RefreshRemoteApplicationEvent', destinationService: 'orders:**' });
  assert.match(String(originService), /^headwater-config:\d+:[0-9a-f]{32}$/);
  assert.equal(typeof timestamp, 'number');
  assert.equal(refresh.key, null);
  assert.deepEqual(refresh.headers, [
    ['contentType', 'application/json'],
    ['spring_json_header_types', '{"contentType":"java.lang.String"}'],
  ]);
  const told = seen.get('headwater-config-changes') as never as { key: unknown; value: Record<string, unknown> };
  assert.equal(told.key, 'orders');
  assert.deepEqual(
    [told.value['application'], told.value['profile'], told.value['changes']],
    ['orders', 'dev', [{ key: 'a', kind: 'added' }]],
  );

  const ack = {
    type: 'AckRemoteApplicationEvent',
    timestamp: Date.now(),
    originService: 'orders:dev:8080:1',
    destinationService: '**',
    id: 'ack-1',
    ackId: id,
    ackDestinationService: 'orders:**',
    event: 'org.springframework.cloud.bus.event.RefreshRemoteApplicationEvent',
  };
  for (;;) {
    // Sent again until it is heard: the server may begin to listen after the first.
    await client.produce({ topic: 'springCloudBus', records: [{ value: JSON.stringify(ack) }] });
    const { events: sent } = (await (await fetch(`${url}/api/bus`)).json()) as {
      events: { id: string; acks: { service: string }[] }[];
    };
    const found = sent.find((one) => one.id === id);
    if (found !== undefined && found.acks.length > 0) {
      assert.equal(found.acks[0]!.service, 'orders:dev:8080:1');
      break;
    }
  }

  assert.equal((await fetch(`${url}/actuator/busrefresh/billing/prod`, { method: 'POST' })).status, 204);
  const form = await fetch(`${url}/monitor`, { method: 'POST', body: new URLSearchParams({ path: 'my-app-dev.yml' }) });
  assert.deepEqual(await form.json(), ['my-app-dev', 'my-app', 'my']);
  const { events: sent } = (await (await fetch(`${url}/api/bus`)).json()) as { events: { destination: string }[] };
  assert.deepEqual(
    sent.slice(0, 4).map(({ destination }) => destination),
    ['my:**', 'my-app:**', 'my-app-dev:**', 'billing:prod:**'],
  );
});
