/** The config client against a server of a few lines; `config-client.int.test.ts` has the real ones. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type ConfigValue, createConfigClient, setting } from '../config.ts';
import { until } from './until.ts';

const closers: (() => unknown)[] = [];
after(async () => {
  for (const close of closers.reverse()) await close();
});

class Server {
  values: Record<string, ConfigValue> = {};
  requests: string[] = [];
  accepts: (string | undefined)[] = [];
  hasEvents = false;
  readonly streams = new Set<ServerResponse>();
  readonly server = createServer((req, res) => {
    if (req.url!.startsWith('/watch/')) {
      if (!this.hasEvents) return void res.writeHead(404).end();
      res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      this.streams.add(res);
      return;
    }
    this.requests.push(req.url!);
    this.accepts.push(req.headers.accept);
    const source = Object.fromEntries(
      Object.entries(this.values).map(([key, value], line) => [key, { value, origin: `${line + 1}:1` }]),
    );
    const propertySources = [
      { name: 'file:orders.yml', source },
      { name: 'file:application.yml', source: { 'demo.shared': 'yes' } },
    ];
    res.writeHead(200, { 'content-type': 'application/json' });
    res.end(
      JSON.stringify({ name: 'orders', profiles: ['dev'], label: null, version: 'v1', state: null, propertySources }),
    );
  });

  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    closers.push(() => this.close());
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  set(values: Record<string, ConfigValue>): void {
    this.values = values;
    for (const stream of this.streams) stream.write('data: {}\n\n');
  }

  close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    return closed;
  }
}

test('settings are typed, follow the server live, and stay as they were when a change cannot be used', async () => {
  const server = new Server();
  server.hasEvents = true;
  server.values = { 'orders.per-page': 10, 'orders.note': '${demo.shared} ${spring.application.name}' };
  const url = await server.listen();
  const config = createConfigClient({
    name: 'orders',
    url,
    profiles: ['dev', 'eu'],
    label: 'feature/x',
    env: {},
    pollMs: 0,
  });
  closers.push(() => config.close());
  await config.start();
  assert.equal(server.requests[0], '/orders/dev,eu/feature(_)x');
  assert.match(server.accepts[0]!, /^application\/vnd\.spring-cloud\.config-server\.v2\+json/);
  assert.deepEqual(config.entry('orders.perPage'), {
    key: 'orders.per-page',
    value: 10,
    origin: 'file:orders.yml:1:1',
  });
  const settings = config.settings('orders', { perPage: setting.integer({ min: 1, default: 20 }), note: '' });
  assert.deepEqual(settings.get(), { perPage: 10, note: 'yes orders' });
  const changes: unknown[] = [];
  const keys: string[] = [];
  settings.onChange((change) => changes.push(change));
  config.onChange((changed) => keys.push(...changed));
  await until(() => config.state.isWatching);

  server.set({ 'orders.per-page': 30, 'orders.note': 'n' });
  await until(() => settings.get().perPage === 30);
  assert.deepEqual(changes, [{ previous: { perPage: 10, note: 'yes orders' }, current: { perPage: 30, note: 'n' } }]);
  assert.deepEqual(keys, ['orders.note', 'orders.per-page']);

  server.set({ 'orders.per-page': 'many', 'orders.note': 'n' });
  await until(() => settings.problem !== null);
  assert.equal(settings.get().perPage, 30);
  assert.match(settings.problem!.message, /orders.per-page is "many" \(file:orders.yml:1:1\): give a number/);
  server.set({ 'orders.note': 'n' });
  await until(() => settings.get().perPage === 20);
  assert.equal(settings.problem, null);
});

test('without events the server is polled; a refresh tells the keys that changed', async () => {
  const server = new Server();
  const url = await server.listen();
  const config = createConfigClient({ name: 'orders', url, env: { ORDERS_FIXED: 'env' }, pollMs: 20 });
  closers.push(() => config.close());
  await config.start();
  server.values = { 'a.b': 1, 'orders.fixed': 'server' };
  await until(() => config.get('a.b') === 1);
  assert.equal(config.get('orders.fixed'), 'env', 'the environment wins');
  const still = createConfigClient({ name: 'orders', url, env: {}, pollMs: 0 });
  closers.push(() => still.close());
  await still.start();
  server.values = { 'a.b': 2, 'c.d': true };
  assert.deepEqual(await still.refresh(), ['a.b', 'c.d', 'orders.fixed']);
  assert.deepEqual(await still.refresh(), []);
  assert.deepEqual(still.override({ 'a.b': 5 }), ['a.b']);
  assert.equal(still.get('a.b'), 5);
});

test('a server that is away at the start: defaults, the kept configuration, or a failure', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-config-'));
  closers.push(() => rmSync(directory, { recursive: true }));
  const server = new Server();
  server.values = { 'a.b': 'kept' };
  const url = await server.listen();
  const cacheFile = join(directory, 'config.json');
  const first = createConfigClient({ name: 'orders', url, env: {}, cacheFile });
  await first.start();
  await first.close();
  assert.match(readFileSync(cacheFile, 'utf8'), /kept/);
  await server.close();

  const cached = createConfigClient({ name: 'orders', url, env: {}, cacheFile, startPatienceMs: 0 });
  closers.push(() => cached.close());
  await cached.start();
  assert.equal(cached.state.status, 'cached');
  assert.equal(cached.get('a.b'), 'kept');

  const failing = createConfigClient({ name: 'orders', url, env: {}, failFast: true, startPatienceMs: 50 });
  await assert.rejects(failing.start(), {
    code: 'HW_SERVICE_CONFIG_AWAY',
    message: /cannot be had: cannot reach http.*failFast: false/,
  });
  await failing.close();

  const patient = createConfigClient({
    name: 'orders',
    url,
    env: {},
    defaults: { 'a.b': 'default' },
    startPatienceMs: 0,
  });
  closers.push(() => patient.close());
  await patient.start();
  assert.equal(patient.get('a.b'), 'default');
  const again = new Server();
  again.values = { 'a.b': 'server' };
  await again.listen(Number(new URL(url).port));
  await until(() => patient.get('a.b') === 'server' && patient.state.status === 'current');
  await again.close();
  await assert.rejects(patient.refresh());
  assert.equal(patient.get('a.b'), 'server');
  assert.equal(patient.state.status, 'stale');
});

test('a thousand changes in a row: what is in use at the end is the last', async () => {
  const server = new Server();
  server.hasEvents = true;
  const url = await server.listen();
  const config = createConfigClient({ name: 'orders', url, env: {}, pollMs: 0 });
  closers.push(() => config.close());
  await config.start();
  await until(() => config.state.isWatching);
  const settings = config.settings('a', { b: 0 });
  let told = 0;
  let last = 0;
  settings.onChange(({ current }) => {
    assert.ok(current.b > last, 'never backwards');
    last = current.b;
    told += 1;
  });
  for (let b = 1; b <= 1_000; b += 1) {
    server.set({ 'a.b': b });
    if (b % 50 === 0) await until(() => server.requests.length > told);
  }
  await until(() => settings.get().b === 1_000);
  assert.ok(
    server.requests.length < 1_000,
    `${server.requests.length} fetches: events that come together are one fetch`,
  );
});
