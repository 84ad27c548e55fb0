import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { createClient, type KafkaClient } from '@headwater/client';
import { type Registry, startRegistry } from '@headwater/registry';
import { type Otlp, startOtlp } from '@headwater/telemetry';
import { startPrometheus } from '../prometheus.ts';

let broker: Broker;
let client: KafkaClient;
let registry: Registry;
let otlp: Otlp;
const folder = mkdtempSync(join(tmpdir(), 'headwater-metrics-'));

before(async () => {
  broker = await startBroker({ port: 0 });
  client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
  registry = await startRegistry({ kafkaUrl: broker.bootstrap, port: 0 });
  otlp = await startOtlp({ bootstrap: broker.bootstrap, registryUrl: registry.url, port: 0 });
});

after(async () => {
  await otlp?.close();
  await registry?.close();
  await client?.close();
  await broker?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

interface Found {
  metric: Record<string, string>;
  values: [number, string][];
}

async function query(url: string, text: string): Promise<Found[]> {
  const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query: text })}`);
  return ((await answer.json()) as { data: { result: Found[] } }).data.result;
}

async function sendOtlp(name: string, value: number): Promise<void> {
  const timeUnixNano = String(BigInt(Date.now()) * 1_000_000n);
  const gauge = { dataPoints: [{ timeUnixNano, asDouble: value, attributes: [] }] };
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
  const resourceMetrics = [{ resource, scopeMetrics: [{ scope: {}, metrics: [{ name, gauge }] }] }];
  const answer = await fetch(`${otlp.url}/v1/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceMetrics }),
  });
  assert.equal(answer.status, 200);
}

async function topicConfigs(): Promise<(string | null | undefined)[]> {
  const [found] = await client.describeConfigs([{ type: 'topic', name: 'headwater-metrics' }]);
  const value = (name: string) => found!.configs.find((config) => config.name === name)?.value;
  return [value('retention.ms'), value('retention.bytes')];
}

const made = ['604800000', '268435456'];

test('samples of OTLP come into the store; both writers make the topic alike and name one schema', {
  timeout: 60_000,
}, async () => {
  await sendOtlp('basket_size', 4);
  assert.deepEqual(await topicConfigs(), made);
  await client.deleteTopics(['headwater-metrics']);
  const metrics = createServer((_req, res) => {
    res.setHeader('content-type', 'text/plain; version=0.0.4');
    res.end('orders_total 7\n');
  }).listen(0, '127.0.0.1');
  await once(metrics, 'listening');
  const target = `127.0.0.1:${(metrics.address() as AddressInfo).port}`;
  await using ours = await startPrometheus({
    bootstrap: broker.bootstrap,
    registryUrl: registry.url,
    port: 0,
    settings: {
      shipped_rules: false,
      scrape_interval: '200ms',
      scrape_configs: [{ job_name: 'orders', static_configs: [{ targets: [target] }] }],
    },
  });
  const headers = new Map<string, string>();
  await until(async () => ((await query(ours.url, 'orders_total')).length > 0 ? true : undefined));
  await until(async () =>
    (await client.metadata(['headwater-metrics'])).topics[0]?.partitions.length === 3 ? true : undefined,
  );
  assert.deepEqual(await topicConfigs(), made);
  await until(async () => {
    await sendOtlp('basket_size', 5);
    const [found] = await query(ours.url, 'basket_size{service="shop"}[1m]');
    return found?.values.some(([, value]) => value === '5') ? true : undefined;
  });
  for await (const batch of client.tail({ topics: ['headwater-metrics'], from: 'earliest' })) {
    for (const record of batch.records()) {
      const { source } = JSON.parse(record.value!.toString('utf8')) as { source: string };
      const header = record.headers.find(({ key }) => key === '__value_schema_id');
      if (header !== undefined) headers.set(source, Buffer.from(header.value!).toString('hex'));
    }
    if (headers.size === 2) break;
  }
  assert.equal(headers.get('scrape'), headers.get('otlp'));
  metrics.closeAllConnections();
  metrics.close();
});

test('kill -9 while it scrapes: what was kept is there again, in order and once, and it goes on', {
  timeout: 60_000,
}, async (t) => {
  let count = 0;
  const metrics = createServer((_req, res) => {
    res.setHeader('content-type', 'text/plain; version=0.0.4');
    res.end(`work_total ${++count}\n`);
  }).listen(0, '127.0.0.1');
  await once(metrics, 'listening');
  let child: ChildProcess | undefined;
  t.after(() => {
    child?.kill('SIGKILL');
    metrics.closeAllConnections();
    metrics.close();
  });
  const target = `127.0.0.1:${(metrics.address() as AddressInfo).port}`;
  const start = async (): Promise<string> => {
    child = spawn(process.execPath, [join(import.meta.dirname, '../testing/run-prometheus.ts'), folder, target], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout!, 'data')) as [Buffer];
    return line.toString('utf8').trim();
  };
  let first = '';
  let before = 0;
  for (let round = 0; round < 2; round++) {
    const url = await start();
    const values = await until(async () => {
      const found = await query(url, 'work_total[1h]');
      assert.ok(found.length <= 1, 'one series');
      return (found[0]?.values.length ?? 0) >= before + 5 ? found[0]!.values : undefined;
    });
    for (let index = 1; index < values.length; index++) {
      assert.ok(values[index]![0] > values[index - 1]![0], 'times rise');
      assert.ok(Number(values[index]![1]) > Number(values[index - 1]![1]), 'no value is there twice');
    }
    first ||= values[0]![1];
    assert.equal(values[0]![1], first, 'the first is still there');
    before = values.length;
    const ended = once(child!, 'exit');
    child!.kill('SIGKILL');
    await ended;
  }
});
