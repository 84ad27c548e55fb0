import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { startConfig } from '@headwater/config';
import { createService } from '@headwater/service';
import { startMonitor } from '../index.ts';

const dir = mkdtempSync(join(tmpdir(), 'headwater-monitor-'));
const broker = await startBroker({ port: 0 });
const { bootstrap } = broker;
const client = createClient({ bootstrap, clientId: 'test' });
const seed = Number(process.env['HEADWATER_TEST_SEED'] ?? Math.floor(Math.random() * 1e9));

after(async () => {
  await client.close();
  await broker.close();
  rmSync(dir, { recursive: true, force: true });
});

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at as they are
const get = async (url: string): Promise<any> => await (await fetch(url)).json();

async function countsOf(url: string, service: string): Promise<Map<string, number>> {
  const { counts } = await get(`${url}/counts?kind=trigger&by=day&service=${service}`);
  const sums = new Map<string, number>();
  for (const { count, name } of counts) sums.set(name, (sums.get(name) ?? 0) + count);
  return sums;
}

for (const way of ['HTTP', 'Kafka'] as const)
  test(`what a service counts and says comes to the monitor by ${way}`, { timeout: 60_000 }, async () => {
    await using monitor = await startMonitor({ port: 0, bootstrap });
    await monitor.ready();
    const name = `shop-${way.toLowerCase()}`;
    const env = way === 'HTTP' ? { HEADWATER_MONITOR_URL: monitor.url } : { HEADWATER_KAFKA_URL: bootstrap };
    const service = await createService({ name, env, logStream: { write: () => {} } });
    await service.start();
    for (let index = 0; index < 5; index++) service.count('order-placed');
    service.count('mail-sent', 3, { template: 'welcome' });
    service.notify({ title: 'Stock is low', severity: 'warning', link: '/stock', labels: { item: 'tea' } });
    await until(async () => {
      const counts = await countsOf(monitor.url, name);
      return counts.get('order-placed') === 5 && counts.get('mail-sent') === 3 ? true : undefined;
    });
    const [trigger] = (await get(`${monitor.url}/events?kind=trigger&service=${name}`)).events;
    assert.deepEqual([trigger.via, trigger.instance], ['call', service.instanceId]);
    const said = await until(
      async () => (await get(`${monitor.url}/events?kind=notification&service=${name}`)).events[0],
    );
    assert.deepEqual(
      [said.title, said.severity, said.link, said.text, said.labels],
      ['Stock is low', 'warning', '/stock', '', { item: 'tea' }],
    );
    // What is counted last is not lost.
    service.count('bye');
    await service.close();
    await until(async () => ((await countsOf(monitor.url, name)).get('bye') === 1 ? true : undefined));
    assert.throws(() => service.count('not a name!'), TypeError);
  });

test('targets that a config server names are looked after, those that come later too', {
  timeout: 60_000,
}, async () => {
  const server = createServer((_req, res) => void res.end('{"status":"UP"}')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const repo = join(dir, 'config');
  mkdirSync(repo);
  const write = (...services: string[]): void =>
    writeFileSync(
      join(repo, 'headwater-monitor.yml'),
      `monitor:\n  targets:\n${services.map((service) => `    - { service: ${service}, url: '${url}' }\n`).join('')}`,
    );
  write('billing');
  const config = await startConfig({ repo, port: 0 });
  await using monitor = await startMonitor({ port: 0, configUrl: config.url, times: { everyMs: 100 } });
  const isUp = (service: string) =>
    until(async () => ((await get(`${monitor.url}/services/${service}`)).status === 'UP' ? true : undefined));
  await isUp('billing');
  write('billing', 'legacy');
  await isUp('legacy');
  await config.close();
  server.closeAllConnections();
  server.close();
});

test('kill -9 of the monitor under triggers: it counts just what is on the topic', {
  timeout: 120_000,
}, async (t) => {
  console.log(`HEADWATER_TEST_SEED=${seed}`);
  let state = seed >>> 0;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  let child: ChildProcess | undefined;
  t.after(() => child?.kill('SIGKILL'));
  const start = async (): Promise<string> => {
    child = spawn(process.execPath, [join(import.meta.dirname, 'run-monitor.ts'), bootstrap, join(dir, 'killed')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout!, 'data')) as [Buffer];
    return line.toString('utf8').trim();
  };
  const onTopic = async (): Promise<Map<string, number>> => {
    const sums = new Map<string, number>();
    const topic = 'headwater-service-triggers';
    const end = (await client.listOffsets(topic, { 0: -1 }))[0]!.offset;
    let next = 0;
    for await (const batch of client.tail({ topics: [topic], from: 'earliest' })) {
      for (const { value } of batch.records()) {
        const record = JSON.parse(value!.toString('utf8')) as { service: string; trigger: string; count: number };
        if (record.service === 'killed') sums.set(record.trigger, (sums.get(record.trigger) ?? 0) + record.count);
      }
      next = Number(batch.nextOffset);
      if (next >= end) break;
    }
    return sums;
  };
  let sent = 0;
  for (let round = 0; round < 3; round++) {
    const url = await start();
    const ended = once(child!, 'exit');
    const killAt = 20 + Math.floor(random() * 60);
    for (let index = 0; index < killAt; index++) {
      const count = 1 + Math.floor(random() * 3);
      const body = JSON.stringify({ service: 'killed', trigger: `t${index % 5}`, count });
      const answer = await fetch(`${url}/triggers`, { method: 'POST', body });
      assert.equal(answer.status, 202);
      // A kill takes only what the caller was told is not on the log yet.
      if (((await answer.json()) as { isKept: boolean }).isKept) sent += count;
    }
    child!.kill('SIGKILL');
    await ended;
  }
  const url = await start();
  const topic = await onTopic();
  const sorted = (sums: Map<string, number>) => [...sums].sort(([a], [b]) => (a < b ? -1 : 1));
  assert.deepEqual(sorted(await countsOf(url, 'killed')), sorted(topic));
  const kept = [...topic.values()].reduce((sum, count) => sum + count, 0);
  assert.ok(sent > 0 && kept >= sent, `seed ${seed}: ${kept} of ${sent} are on the topic`);
  t.diagnostic(`3 kills: ${kept} of ${sent} counted triggers were on the topic, and the monitor has as many`);
});
