/** The discovery client against a server of a few lines that answers as Spring's does; `discovery-client.int.test.ts` has the real ones. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { createDiscoveryClient } from '../discovery.ts';
import { until } from './until.ts';

interface Entry {
  [key: string]: unknown;
  instanceId: string;
  app: string;
  status: string;
}

/** A registry in memory, which can be told to forget, to lose deltas and to tell of changes by events. */
class Registry {
  readonly instances = new Map<string, Entry>();
  changes: Entry[] = [];
  requests: string[] = [];
  hasEvents = false;
  isLosingDeltas = false;
  readonly streams = new Set<ServerResponse>();
  readonly server = createServer((req, res) => void this.#serve(req, res));

  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    return closed;
  }

  put(entry: Entry, actionType = 'ADDED'): void {
    if (actionType === 'DELETED') this.instances.delete(entry.instanceId);
    else this.instances.set(entry.instanceId, entry);
    if (!this.isLosingDeltas) this.changes.push({ ...entry, actionType });
    for (const stream of this.streams) stream.write('event: change\ndata: {}\n\n');
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const path = req.url!.split('?')[0]!;
    this.requests.push(`${req.method} ${req.url}`);
    const id = decodeURIComponent(path.split('/')[4] ?? '');
    if (req.method === 'POST') {
      let body = '';
      for await (const chunk of req) body += chunk;
      const { instance } = JSON.parse(body) as { instance: Entry };
      const old = this.instances.get(instance.instanceId)?.status;
      // As Eureka has it: an instance that is UP or out of service stays so unless it registers as DOWN or STARTING.
      const isKept = (old === 'UP' || old === 'OUT_OF_SERVICE') && !/^(DOWN|STARTING)$/.test(instance.status);
      this.put(isKept ? { ...instance, status: old } : instance);
      res.writeHead(204).end();
    } else if (path.endsWith('/status')) {
      const entry = this.instances.get(id)!;
      const status = new URL(req.url!, 'http://x').searchParams.get('value')!;
      this.put({ ...entry, status, overriddenStatus: req.method === 'PUT' ? status : 'UNKNOWN' }, 'MODIFIED');
      res.writeHead(200).end();
    } else if (req.method === 'PUT') res.writeHead(this.instances.has(id) ? 200 : 404).end();
    else if (req.method === 'DELETE') {
      const entry = this.instances.get(id);
      if (entry) this.put(entry, 'DELETED');
      res.writeHead(entry ? 200 : 404).end();
    } else if (path === '/eureka/watch' && this.hasEvents) {
      res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      this.streams.add(res);
    } else if (path === '/eureka/apps/') this.#send(res, [...this.instances.values()]);
    else if (path === '/eureka/apps/delta') this.#send(res, this.changes);
    else res.writeHead(404).end();
  }

  #send(res: ServerResponse, list: Entry[]): void {
    const counts = new Map<string, number>();
    for (const { status } of this.instances.values()) counts.set(status, (counts.get(status) ?? 0) + 1);
    const hash = [...counts]
      .sort()
      .map(([status, count]) => `${status}_${count}_`)
      .join('');
    const application = list.map((entry) => ({ name: entry.app, instance: [entry] }));
    const body = { applications: { versions__delta: '1', apps__hashcode: hash, application } };
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }
}

const closers: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const close of closers.reverse()) await close();
});

async function registry(): Promise<{ registry: Registry; url: string }> {
  const made = new Registry();
  const url = await made.listen();
  closers.push(() => made.close());
  return { registry: made, url };
}

test('an instance registers, renews, comes back when it is forgotten, changes its status and leaves', async () => {
  const { registry: server, url } = await registry();
  const client = createDiscoveryClient({ url, fetch: false });
  closers.push(() => client.close());
  const own = client.register({ service: 'orders', port: 8090, renewalSeconds: 0.05, metadata: { zone: 'a' } });
  await own.registered();
  const entry = server.instances.get('127.0.0.1:orders:8090')!;
  assert.equal(entry.app, 'ORDERS');
  assert.deepEqual(entry['port'], { $: 8090, '@enabled': 'true' });
  assert.deepEqual(entry['metadata'], { zone: 'a' });
  assert.deepEqual(entry['leaseInfo'], {
    renewalIntervalInSecs: 0.05,
    durationInSecs: 0.15000000000000002,
    registrationTimestamp: 0,
    lastRenewalTimestamp: 0,
    evictionTimestamp: 0,
    serviceUpTimestamp: 0,
  });
  await until(() =>
    server.requests.some((line) =>
      line.startsWith('PUT /eureka/apps/ORDERS/127.0.0.1:orders:8090?status=UP&lastDirtyTimestamp='),
    ),
  );
  server.instances.clear();
  await until(() => server.instances.size === 1, 'registered again after 404');
  own.setStatus('OUT_OF_SERVICE');
  await until(() => server.instances.get(own.instanceId)?.status === 'OUT_OF_SERVICE');
  own.setStatus('UP');
  await until(() => server.instances.get(own.instanceId)?.status === 'UP');
  assert.equal(own.state.isRegistered, true);
  await Promise.all([client.close(), own.close(), client.close()]);
  assert.equal(server.instances.size, 0);
});

test('discovery may be away at the start and later: the service goes on, and both find each other', async () => {
  const first = new Registry();
  const url = await first.listen();
  await first.close();
  const client = createDiscoveryClient({ url, pollMs: 50 });
  closers.push(() => client.close());
  const own = client.register({ service: 'orders', port: 8090, renewalSeconds: 1 });
  await until(() => own.state.error !== null && client.state.error !== null);
  assert.equal(client.state.status, 'never');
  assert.deepEqual(client.instances('orders'), []);

  const second = new Registry();
  await second.listen(Number(new URL(url).port));
  await Promise.all([own.registered(), client.ready(), until(() => client.instances('orders').length === 1)]);
  await second.close();
  await until(() => client.state.status === 'stale');
  assert.equal(client.instances('orders').length, 1, 'the copy stays');
  assert.match(client.state.error!, /cannot reach http:/);

  const third = new Registry();
  await third.listen(Number(new URL(url).port));
  closers.push(() => third.close());
  await until(() => third.instances.size === 1 && client.state.status === 'current', 'an empty registry is told again');
});

test('a delta that does not fit makes the client fetch everything', async () => {
  const { registry: server, url } = await registry();
  const entry = (id: string): Entry => ({
    instanceId: id,
    app: 'A',
    hostName: 'h',
    port: { $: 1, '@enabled': 'true' },
    status: 'UP',
  });
  server.put(entry('1'));
  const client = createDiscoveryClient({ url, pollMs: 20 });
  closers.push(() => client.close());
  await client.ready();
  const heard: string[] = [];
  client.onChange((names) => heard.push(...names));
  await until(() => client.state.deltaFetches > 1);
  assert.equal(client.state.fullFetches, 1);
  server.isLosingDeltas = true;
  server.put(entry('2'));
  await until(() => client.instances('a').length === 2);
  assert.equal(client.state.fullFetches, 2);
  assert.deepEqual(heard, ['a']);
});

test('a server that tells of changes is not polled', async () => {
  const { registry: server, url } = await registry();
  server.hasEvents = true;
  const client = createDiscoveryClient({ url, pollMs: 60_000 });
  closers.push(() => client.close());
  await until(() => client.state.isWatching);
  const entry: Entry = { instanceId: '1', app: 'A', hostName: 'h', port: { $: 1, '@enabled': 'true' }, status: 'UP' };
  server.put(entry);
  await until(() => client.instances('a').length === 1);
  server.put(entry, 'DELETED');
  await until(() => client.instances('a').length === 0);
  for (const stream of server.streams) stream.destroy();
  server.put(entry);
  await until(() => client.instances('a').length === 1, 'what happened while the stream was gone is found');
});

test('two servers: the other one is asked when one does not answer', async () => {
  const { url: dead, registry: gone } = await registry();
  await gone.close();
  const { registry: server, url } = await registry();
  const client = createDiscoveryClient({ url: `${dead}, ${url}` });
  closers.push(() => client.close());
  await client.register({ service: 'orders', port: 1 }).registered();
  assert.equal(server.instances.size, 1);
  assert.throws(() => createDiscoveryClient({ url: 'localhost:8761' }), { code: 'HW_SERVICE_OPTION' });
});
