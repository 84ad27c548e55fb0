import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBroker } from '@headwater/broker';
import { startConfig } from '@headwater/config';
import { startDiscovery } from '@headwater/discovery';
import { startRegistry } from '@headwater/registry';

const root = resolve(import.meta.dirname, '../..');
const guide = readFileSync(join(import.meta.dirname, 'your-first-service.md'), 'utf8');

async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const endMs = performance.now() + 60_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > endMs) throw new Error(`waited in vain for ${what}`);
    await sleep(20);
  }
}

/** Takes spans by OTLP; keeps the service and name of each by trace. */
async function spanReceiver() {
  const traces = new Map<string, Set<string>>();
  const server = createServer((req, res) => {
    let body = '';
    req.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    req.on('end', () => {
      // Their log lines come too.
      if (req.url !== '/v1/traces') return void res.end('{}');
      for (const { resource, scopeSpans } of JSON.parse(body).resourceSpans) {
        const service = resource.attributes.find(({ key }: { key: string }) => key === 'service.name').value
          .stringValue;
        for (const { spans } of scopeSpans) {
          for (const { traceId, name } of spans) {
            if (!traces.has(traceId)) traces.set(traceId, new Set());
            traces.get(traceId)!.add(`${service}: ${name}`);
          }
        }
      }
      res.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { traces, server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

type Line = Record<string, unknown>;

test('the guide’s services do what it says', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'guide-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await using broker = await startBroker({ port: 0 });
  const registry = await startRegistry({ kafkaUrl: broker.bootstrap, port: 0 });
  t.after(() => registry.close());
  const discovery = await startDiscovery({ port: 0 });
  t.after(() => discovery.close());
  const repo = join(folder, 'config');
  mkdirSync(repo);
  writeFileSync(join(repo, 'application.yml'), 'greeting: hello\n');
  const config = await startConfig({ repo, port: 0 });
  t.after(() => config.close());
  const receiver = await spanReceiver();
  t.after(() => {
    receiver.server.closeAllConnections();
    receiver.server.close();
  });

  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const [orders, stock] = [...guide.matchAll(/```ts\n(.*?)```/gs)].map(([, block]) => block!);
  assert.ok(orders!.split('\n').filter((line) => line.trim() !== '').length <= 32, 'thirty lines');
  writeFileSync(join(folder, 'orders.ts'), orders!);
  writeFileSync(join(folder, 'stock.ts'), stock!);

  const flags =
    '--noEmit --ignoreConfig --strict --module nodenext --target es2024 --types node --skipLibCheck --lib es2024,esnext.disposable,esnext.collection,esnext.iterator,dom --allowImportingTsExtensions --erasableSyntaxOnly --verbatimModuleSyntax';
  const tsc = spawn(
    process.execPath,
    [join(root, 'node_modules/.bin/tsc'), ...flags.split(' '), 'orders.ts', 'stock.ts'],
    { cwd: folder, stdio: 'inherit' },
  );
  assert.deepEqual(await once(tsc, 'exit'), [0, null], 'it compiles');

  const env = {
    ...process.env,
    HEADWATER_KAFKA_URL: broker.bootstrap,
    HEADWATER_REGISTRY_URL: registry.url,
    HEADWATER_DISCOVERY_URL: discovery.url,
    HEADWATER_CONFIG_URL: config.url,
    HEADWATER_OTLP_URL: receiver.url,
  };
  const running: ChildProcess[] = [];
  t.after(() => {
    for (const child of running) child.kill('SIGKILL');
  });
  const start = (name: string) => {
    const child = spawn(process.execPath, [join(folder, `${name}.ts`)], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    running.push(child);
    const lines: Line[] = [];
    let rest = '';
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop()!;
      for (const part of parts) lines.push(JSON.parse(part) as Line);
    });
    const line = (message: string) =>
      until(`${name}: ${message}`, () => lines.find((each) => each['message'] === message));
    return { child, line, lines };
  };
  const [stockService, ordersService] = [start('stock'), start('orders')];
  await stockService.line('ready');
  const url = String((await ordersService.line('ready'))['url']);

  const place = async (body: unknown) => {
    const answer = await fetch(`${url}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  await until('stock in discovery', async () =>
    (await fetch(`${discovery.url}/eureka/apps/STOCK`)).status === 200 ? true : undefined,
  );
  const placed = await until('an order', async () => {
    const answer = await place({ sku: 'tea', total: 12 });
    return answer.status === 201 ? answer : undefined;
  });
  const { id, ...rest } = placed.body;
  assert.match(String(id), /^[0-9a-f-]{36}$/);
  assert.deepEqual(rest, { sku: 'tea', total: 12, currency: 'EUR' });
  assert.equal((await place({ sku: 'coffee', total: 1 })).status, 409);
  const refused = await place({ sku: '', total: 0 });
  assert.equal(refused.status, 400);
  assert.deepEqual((refused.body['error'] as { errors: unknown[] }).errors[0], {
    in: 'body',
    pointer: '/sku',
    message: 'must not be empty',
  });

  // One trace and one correlation id from the request to the record's reader; spans of both services in it.
  const line = await ordersService.line('placed');
  const audited = await ordersService.line('audited');
  assert.deepEqual([audited['traceId'], audited['correlationId']], [line['traceId'], line['correlationId']]);
  const wanted = [
    'orders: POST /orders',
    'orders: GET stock',
    'stock: GET /items/:sku',
    'orders: send orders-placed',
    'orders: process orders-placed',
  ];
  await until('the trace', () => {
    const spans = receiver.traces.get(String(line['traceId']));
    return wanted.every((name) => spans?.has(name)) ? true : undefined;
  });

  for (const path of ['/health', '/metrics', '/openapi.json', '/actuator/env/orders.currency', '/docs']) {
    const answer = await fetch(`${url}${path}`);
    assert.equal(answer.status, 200, `${path}: ${await answer.text()}`);
  }
  const yaml = /```yaml\n(.*?)```/s.exec(guide)![1]!;
  writeFileSync(join(repo, 'orders.yml'), yaml);
  await until('dollars', async () =>
    (await place({ sku: 'tea', total: 3 })).body['currency'] === 'USD' ? true : undefined,
  );
  const shown = (await (await fetch(`${url}/actuator/env/orders.currency`)).json()) as { property: { value: string } };
  assert.equal(shown.property.value, 'USD');
  writeFileSync(join(repo, 'orders.yml'), yaml.replace('USD', 'DM'));
  const complaint = await until('the complaint', () => ordersService.lines.find((each) => 'problems' in each));
  assert.match(JSON.stringify(complaint['problems']), /orders\.currency.*DM.*give one of EUR, USD/);
  assert.equal((await place({ sku: 'tea', total: 3 })).body['currency'], 'USD');

  const stopped = once(ordersService.child, 'exit');
  ordersService.child.kill('SIGTERM');
  assert.deepEqual(await stopped, [0, null]);
  assert.equal((await fetch(`${discovery.url}/eureka/apps/ORDERS`)).status, 404, 'it has left');

  // Nobody tells of a service that is killed: its lease does.
  stockService.child.kill('SIGKILL');
  await until('the end of the lease', async () =>
    (await fetch(`${discovery.url}/eureka/apps/STOCK`)).status === 404 ? true : undefined,
  );
});
