import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { LifecycleTopic } from '@headwater/monitor/lifecycle';
import { type Monitor, startMonitor } from '../index.ts';

const dir = mkdtempSync(join(tmpdir(), 'headwater-monitor-'));
const broker = await startBroker({ dataDir: join(dir, 'kafka'), port: 0 });
const { bootstrap } = broker;
const client = createClient({ bootstrap, clientId: 'test' });
const lifecycle = new LifecycleTopic({ bootstrap, clientId: 'test' });
const services: Server[] = [];
const monitors: Monitor[] = [];

after(async () => {
  for (const monitor of monitors) await monitor.close();
  for (const service of services) service.closeAllConnections();
  for (const service of services) service.close();
  await lifecycle.close();
  await client.close();
  await broker.close();
  rmSync(dir, { recursive: true, force: true });
});

/** A service whose process is told by /info. */
async function service(identity: { pid: number; started: string }): Promise<string> {
  const server = createServer((req, res) => {
    if (req.url === '/health') res.end('{"status":"UP"}');
    else if (req.url === '/info') res.end(JSON.stringify({ process: identity }));
    else res.writeHead(404).end();
  });
  services.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function until<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at as they are
const get = async (monitor: Monitor, path: string): Promise<any> => await (await fetch(monitor.url + path)).json();

async function start(dataDir: string | undefined, targets: unknown): Promise<Monitor> {
  const times = { everyMs: 100, processEveryMs: 200 };
  const monitor = await startMonitor({ port: 0, bootstrap, dataDir, targets, times });
  monitors.push(monitor);
  await monitor.ready();
  return monitor;
}

for (const [name, dataDir] of [
  ['from its checkpoint', join(dir, 'monitor')],
  ['from the topics', undefined],
] as const) {
  test(`a monitor that starts again knows ${name} what was, counts nothing twice, and finds who was replaced meanwhile`, async () => {
    const label = dataDir === undefined ? 'b' : 'a';
    const steady = { pid: 4_000_001, started: '2026-01-01T00:00:00Z' };
    const killed = { pid: 4_000_002, started: '2026-01-01T00:00:00Z' };
    const targets = [
      { service: `steady-${label}`, url: await service(steady) },
      { service: `killed-${label}`, url: await service(killed) },
    ];
    const first = await start(dataDir, targets);
    for (const { service } of targets)
      await until(async () => ((await get(first, `/services/${service}`)).instances?.[0]?.pid > 0 ? true : undefined));
    await fetch(`${first.url}/triggers`, {
      method: 'POST',
      body: JSON.stringify({ service: `steady-${label}`, trigger: 't', count: 5 }),
    });
    const log = { timestampMs: Date.now(), service: `steady-${label}`, level: 'INFO', message: 'x TRIGGER by-log' };
    const line = () =>
      client.produce({ topic: 'headwater-logs', partition: 0, records: [{ key: null, value: JSON.stringify(log) }] });
    const byLog = async (monitor: Monitor) =>
      (await get(monitor, `/counts?kind=trigger&by=day&service=steady-${label}&name=by-log`)).counts[0]?.count;
    await until(async () => {
      // Read from when the monitor follows the logs.
      await line();
      return (await byLog(first)) === undefined ? undefined : true;
    });
    lifecycle.tell({ service: `job-${label}`, event: 'exit', pid: 4_000_100, exitCode: 7, lastLines: ['out of luck'] });
    const crash = await until(async () => (await get(first, `/events?kind=crash&service=job-${label}`)).events[0]);
    assert.deepEqual([crash.kind, crash.exitCode, crash.lastLines], ['crash', 7, ['out of luck']]);
    await first.close();
    const counted = await byLog(first).catch(() => undefined);
    assert.equal(counted, undefined, 'it is closed');

    killed.pid += 10;
    killed.started = '2026-01-02T00:00:00Z';
    const second = await start(dataDir, targets);
    const found = await until(async () => (await get(second, `/events?kind=crash&service=killed-${label}`)).events[0]);
    assert.equal(found.pid, 4_000_002);
    const view = await get(second, `/services/steady-${label}`);
    assert.equal(view.crashesToday, 0);
    const t = await get(second, `/counts?kind=trigger&by=day&service=steady-${label}&name=t`);
    assert.deepEqual(
      t.counts.map(({ count }: { count: number }) => count),
      [5],
    );
    assert.equal((await get(second, `/services/job-${label}`)).crashesToday, 1);
    await until(async () =>
      (await get(second, `/services/killed-${label}`)).instances?.[0]?.pid === 4_000_012 ? true : undefined,
    );
    await second.close();

    const third = await start(dataDir, targets);
    await until(async () => ((await get(third, `/services/killed-${label}`)).status === 'UP' ? true : undefined));
    assert.equal((await get(third, `/services/killed-${label}`)).crashesToday, 1);
    await third.close();
  });
}
