import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { startMonitor } from '../index.ts';

const server = createServer((_req, res) => void res.end('{"status":"UP"}'));
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const monitor = await startMonitor({ port: 0, targets: [{ service: 'Orders', url }], times: { everyMs: 50 } });

after(async () => {
  await monitor.close();
  await monitor.close();
  server.closeAllConnections();
  server.close();
});

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at as they are
const get = async (path: string): Promise<any> => await (await fetch(monitor.url + path)).json();
const post = (path: string, body: unknown): Promise<Response> =>
  fetch(monitor.url + path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('triggers and notifications are counted, listed, and wrong ones refused with the reason', async () => {
  assert.equal((await post('/triggers', { service: 'Orders', trigger: 'order-placed', count: 3 })).status, 202);
  assert.equal(
    (
      await post('/triggers', [
        { service: 'orders', trigger: 'order-placed' },
        { service: 'x', trigger: 'y' },
      ])
    ).status,
    202,
  );
  assert.equal(
    (await post('/notify', { service: 'orders', title: 'Stock is low', severity: 'warning', link: '/stock' })).status,
    202,
  );
  const { counts } = await get('/counts?kind=trigger&service=orders&by=day');
  assert.deepEqual(
    counts.map(({ name, count }: { name: string; count: number }) => [name, count]),
    [['order-placed', 4]],
  );
  const view = await get('/services/orders');
  assert.deepEqual([view.triggersToday, view.notificationsToday, view.crashesToday], [4, 1, 0]);
  for (const [path, body, reason] of [
    ['/triggers', '{', /not JSON/],
    ['/triggers', { service: 'a' }, /trigger must be/],
    [
      '/triggers',
      [
        { service: 'a', trigger: 'b' },
        { service: 'a', trigger: 'b', count: -1 },
      ],
      /\[1\]\.count/,
    ],
    ['/triggers', { service: 'a', trigger: 'b', timestampMs: 5 }, /a day old/],
    ['/triggers', { service: 'a', trigger: 'b', attributes: { x: {} } }, /attributes\.x/],
    ['/notify', {}, /title/],
    ['/notify', { title: 'x', link: 'javascript:alert(1)' }, /link/],
    ['/notify', { title: 'x', severity: 'bad' }, /info, warning, critical/],
  ] as const) {
    const answer = await post(path, body);
    assert.equal(answer.status, 400);
    assert.match(((await answer.json()) as { error: { message: string } }).error.message, reason);
  }
  assert.equal(
    (await get('/counts?kind=trigger&service=a&by=day')).counts.length,
    0,
    'nothing of a refused list is taken',
  );
  assert.equal((await post('/notify', { title: 'x', text: 'y'.repeat(300_000) })).status, 413);
});

test('a target that stops to answer is shown on the stream: DOWN, and one crash', async () => {
  await until(async () => ((await get('/services/orders')).status === 'UP' ? true : undefined));
  const stream = await fetch(`${monitor.url}/stream?service=orders&kind=status,crash`);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  let text = '';
  for await (const chunk of stream.body!) {
    text += Buffer.from(chunk).toString();
    if (text.includes('event: crash') && text.includes('"status":"DOWN"')) break;
  }
  const { events } = await get('/events?kind=crash&service=orders');
  assert.equal(events.length, 1);
  assert.equal(events[0].kind, 'crash');
  const view = await get('/services/orders');
  assert.equal(view.status, 'DOWN');
  assert.match(view.reason, /connection refused/);
  assert.equal(view.lastCrash.service, 'orders');
  await new Promise<void>((resolve) => server.listen(Number(new URL(url).port), '127.0.0.1', resolve));
  await until(async () => ((await get('/services/orders')).status === 'UP' ? true : undefined));
});

test('health and metrics of the monitor itself; unknown services and parameters are answered with the reason', async () => {
  assert.equal((await get('/health')).status, 'UP');
  const metrics = await (await fetch(`${monitor.url}/metrics`)).text();
  assert.match(metrics, /headwater_service_instances\{service="orders",status="UP"\} 1/);
  assert.match((await get('/services/nobody')).error.message, /nothing is known/);
  assert.match((await get('/counts?by=year')).error.message, /minute, hour, day, week/);
  assert.match((await get('/events?limit=0')).error.message, /from 1 to 2000/);
});
