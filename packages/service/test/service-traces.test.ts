/** One trace from the first request over HTTP and Kafka to the last, as an OTLP receiver sees it. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { startRegistry } from '@headwater/registry';
import { createService } from '../index.ts';
import { topicsV1 } from './orders.ts';
import { until } from './until.ts';

const closers: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const close of closers.reverse()) await close();
});

interface ReceivedSpan {
  service: string;
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  kind: number;
  status?: { code?: number };
  attributes: { key: string; value: Record<string, unknown> }[];
}

/** OTLP/HTTP with JSON: `POST /v1/traces`. */
async function receiver() {
  const spans: ReceivedSpan[] = [];
  const server = createServer((req, res) => {
    let body = '';
    req.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    req.on('end', () => {
      // Their log lines come too.
      if (req.url === '/v1/logs') return void res.end('{}');
      assert.equal(req.url, '/v1/traces');
      const { resourceSpans } = JSON.parse(body) as {
        resourceSpans: {
          resource: { attributes: { key: string; value: { stringValue?: string } }[] };
          scopeSpans: { spans: Omit<ReceivedSpan, 'service'>[] }[];
        }[];
      };
      for (const { resource, scopeSpans } of resourceSpans) {
        const service = resource.attributes.find(({ key }) => key === 'service.name')!.value.stringValue!;
        for (const scope of scopeSpans) for (const span of scope.spans) spans.push({ service, ...span });
      }
      res.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { spans, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test('a request, the call it makes, the record it writes and its handling are one trace with one correlation id', async () => {
  const broker = await startBroker();
  closers.push(() => broker.close());
  const registry = await startRegistry({ kafkaUrl: broker.bootstrap, port: 0 });
  closers.push(() => registry.close());
  const admin = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
  await admin.createTopics([{ name: 'orders', partitions: 1 }]);
  await admin.close();
  const { spans, url } = await receiver();
  const lines: Record<string, unknown>[] = [];
  const logStream = { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) };
  const env = { HEADWATER_OTLP_URL: url, HEADWATER_KAFKA_URL: broker.bootstrap, HEADWATER_REGISTRY_URL: registry.url };

  const billing = await createService({ name: 'billing', env, topics: topicsV1, logStream });
  closers.push(() => billing.close());
  let failures = 0;
  billing.consume('orders', { group: 'billing' }, async ({ key, value }) => {
    if (failures++ === 0) throw new Error('not yet');
    await billing.span('book', () => billing.log.info({ key, total: value.total }, 'billed'), { 'order.id': key });
  });
  await billing.start();

  const orders = await createService({ name: 'orders', env, topics: topicsV1, logStream });
  closers.push(() => orders.close());
  orders.route('POST /orders/:id', {}, async ({ params, log }) => {
    await orders.topic('orders').produce({ key: params.id, value: { total: 12n } });
    log.info({ id: params.id }, 'ordered');
    return { id: params.id };
  });
  await orders.start();

  const front = await createService({ name: 'front', env, logStream, addresses: { orders: orders.url } });
  closers.push(() => front.close());
  front.route('GET /buy', {}, async () => (await front.fetch('http://orders/orders/o-1', { method: 'POST' })).json());
  await front.start();

  const answer = await fetch(`${front.url}/buy`, { headers: { 'x-correlation-id': 'wish-9' } });
  assert.deepEqual(await answer.json(), { id: 'o-1' });
  await until(() => spans.some(({ name }) => name === 'book'));
  await until(() => spans.some(({ name }) => name === 'GET /buy'));

  const of = (service: string, name: string): ReceivedSpan => {
    const found = spans.filter((span) => span.service === service && span.name === name);
    assert.ok(
      found.length > 0,
      `${service}: ${name} among ${spans.map((span) => `${span.service}: ${span.name}`).join(', ')}`,
    );
    return found.at(-1)!;
  };
  const chain = [
    of('front', 'GET /buy'),
    of('front', 'POST orders'),
    of('orders', 'POST /orders/:id'),
    of('orders', 'send orders'),
    of('billing', 'process orders'),
    of('billing', 'book'),
  ];
  assert.deepEqual([...new Set(chain.map(({ traceId }) => traceId))].length, 1);
  for (let at = 1; at < chain.length; at += 1)
    assert.equal(chain[at]!.parentSpanId, chain[at - 1]!.spanId, chain[at]!.name);
  const handled = spans.filter(({ name }) => name === 'process orders');
  assert.equal(handled.length, 2, 'the attempt that failed is a span too');
  assert.ok(handled.some(({ status }) => status?.code === 2));

  for (const message of ['ordered', 'billed']) {
    const line = lines.find((candidate) => candidate['message'] === message)!;
    assert.deepEqual([line['traceId'], line['correlationId']], [chain[0]!.traceId, 'wish-9'], message);
  }
  const metrics = await (await fetch(`${billing.url}/metrics`)).text();
  assert.match(
    metrics,
    /kafka_records_consumed_total\{topic="orders",group="billing",application="billing",instance="[^"]+"\} 1/,
  );
  assert.match(
    await (await fetch(`${orders.url}/metrics`)).text(),
    /kafka_records_produced_total\{topic="orders",[^}]*\} 1/,
  );
  const health = (await (await fetch(`${billing.url}/health`)).json()) as {
    components: Record<string, { status: string }>;
  };
  assert.deepEqual([health.components['kafka']!.status, health.components['consumers']!.status], ['UP', 'UP']);
});

test('a slow handler slows the reading, and a stop in its midst loses nothing and does nothing twice', async () => {
  const broker = await startBroker();
  closers.push(() => broker.close());
  const registry = await startRegistry({ kafkaUrl: broker.bootstrap, port: 0 });
  closers.push(() => registry.close());
  const env = { HEADWATER_KAFKA_URL: broker.bootstrap, HEADWATER_REGISTRY_URL: registry.url };
  const logStream = { write: () => {} };
  const writer = await createService({ name: 'writer', env, topics: topicsV1, logStream });
  closers.push(() => writer.close());
  const total = 200;
  await writer
    .topic('orders')
    .produceBatch(Array.from({ length: total }, (_, n) => ({ key: `o-${n}`, value: { total: BigInt(n) } })));

  const seen: number[] = [];
  let inHand = 0;
  for (const stopAfter of [50, total]) {
    const reader = await createService({ name: 'reader', env, topics: topicsV1, logStream });
    reader.consume('orders', { group: 'reader' }, async ({ value }) => {
      inHand += 1;
      assert.equal(inHand, 1, 'one after the other');
      await new Promise((resolve) => setTimeout(resolve, 1));
      seen.push(Number(value.total));
      inHand -= 1;
    });
    await reader.start();
    await until(() => seen.length >= stopAfter);
    await reader.close();
  }
  assert.deepEqual(
    [...seen].sort((a, b) => a - b),
    Array.from({ length: total }, (_, n) => n),
  );
});
