import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createClient, type KafkaClient } from '@headwater/client';
import type { Correlation } from '../../index.ts';
import { type Rest, startRest } from '../rest.ts';
import type { FoundSpan } from './find-spans.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const t0 = Date.now() - 60_000;
const idsOf = (spanId: string, flags: string, trace = traceId, correlation = 'order-7') => [
  { key: 'traceparent', value: `00-${trace}-${spanId}-${flags}` },
  { key: 'x-correlation-id', value: correlation },
];

let client: KafkaClient;
let rest: Rest;
let close: () => Promise<void>;
/** What the other parts answer; by the beginning of the path. */
const parts: { [path: string]: unknown } = {};
const asked: string[] = [];
const askers = new Set<unknown>();

before(async () => {
  const broker = await startBroker({ port: 0 });
  client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
  const server: Server = createServer(async (req, res) => {
    let body = '';
    for await (const chunk of req) body += String(chunk);
    asked.push(`${decodeURIComponent(req.url!)} ${body}`);
    askers.add(req.headers['x-opaque-id']);
    const path = Object.keys(parts).find((each) => req.url!.startsWith(each));
    const answer = path === undefined ? undefined : parts[path];
    res.writeHead(answer === undefined ? 404 : answer === 500 ? 500 : 200, { 'content-type': 'application/json' });
    res.end(JSON.stringify(answer ?? {}));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const correlate = () => ({ zipkinUrl: url, searchUrl: url, sqlUrl: url });
  rest = await startRest({ kafkaUrl: broker.bootstrap, port: 0, correlate });
  const topics = [
    { name: 'orders', partitions: 2 },
    { name: 'totals', partitions: 2, configs: { 'cleanup.policy': 'compact' } },
    { name: 'unrelated', partitions: 1 },
  ];
  await client.createTopics(topics);
  await client.produce({
    topic: 'orders',
    partition: 1,
    records: [
      {
        key: 'o-1',
        value: '{"n":9007199254740993}',
        timestamp: t0,
        headers: idsOf('b7ad6b7169203331', '00'),
      },
      {
        key: 'o-2',
        value: '2',
        timestamp: t0,
        headers: idsOf('b7ad6b7169203331', '00', 'f'.repeat(32), 'order-8'),
      },
    ],
  });
  const counted = { key: 'counted', value: 'x' };
  await client.produce({
    topic: 'totals',
    records: [
      { key: 'ann', value: '1', timestamp: t0, headers: [...idsOf('b7ad6b7169203331', '00'), counted] },
      {
        key: 'bob',
        value: '5',
        timestamp: t0,
        headers: [...idsOf('b7ad6b7169203331', '00', 'f'.repeat(32), 'x'), counted],
      },
    ],
  });
  await client.produce({ topic: 'unrelated', records: [{ value: traceId, timestamp: t0 }] });
  close = async () => {
    await rest.close();
    await client.close();
    await broker.close();
    server.close();
  };
});
after(() => close());

async function correlate(query: string): Promise<Correlation> {
  const response = await fetch(`${rest.url}/api/correlate?${query}`);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return JSON.parse(text) as Correlation;
}

function answer(more: { [path: string]: unknown }): void {
  for (const path of Object.keys(parts)) delete parts[path];
  Object.assign(parts, more);
  asked.length = 0;
}

const places = (records: Correlation['upstream']) => records.map(({ offset, topic }) => `${topic} ${offset}`);

test('of a record that nobody records: what came of it by its headers, and documents that name it', async () => {
  answer({
    '/headwater-logs*/_search': {
      hits: {
        total: { value: 1 },
        hits: [
          { _source: { '@timestamp': 'T', service: 'shop', level: 'INFO', message: 'placed', traceId, spanId: 's' } },
        ],
      },
    },
    '/_search': {
      hits: {
        total: 1,
        hits: [{ _index: 'orders', _id: 'o-1', _source: { record: { topic: 'orders', partition: 1, offset: 0 } } }],
      },
    },
    '/ksql': [{ '@type': 'tables', tables: [{ name: 'TOTALS', topic: 'totals' }] }],
  });
  const found = await correlate('topic=orders&partition=1&offset=0');
  assert.deepEqual(found.ids, { traceId, correlationId: 'order-7', isSampled: false });
  assert.equal(found.record?.value?.text, '{"n":9007199254740993}');
  assert.deepEqual(found.trace, {
    id: traceId,
    exists: false,
    services: [],
    spans: 0,
    startMs: null,
    durationMs: null,
  });
  assert.deepEqual([found.logs?.count, found.logs?.lines[0]?.message], [1, 'placed']);
  assert.deepEqual([places(found.upstream), places(found.downstream)], [[], ['totals 0']]);
  assert.equal(found.downstream[0]?.foundBy, 'headers');
  assert.deepEqual(found.documents, [
    { index: 'orders', id: 'o-1', foundBy: 'record', record: { topic: 'orders', partition: 1, offset: 0 } },
  ]);
  assert.deepEqual(
    found.rows.map(({ key, table, value }) => [table, key?.text, value?.text]),
    [['TOTALS', 'ann', '1']],
  );
  assert.equal(found.isComplete, true, JSON.stringify(found.searched));
});

test('of a row: the record that made it, and what that came of', async () => {
  answer({ '/ksql': [{ tables: [{ name: 'TOTALS', topic: 'totals' }] }] });
  for (const table of ['totals', 'Totals']) {
    const found = await correlate(`table=${table}&key=ann`);
    assert.deepEqual([found.record?.topic, found.record?.foundBy], ['totals', 'key']);
    assert.deepEqual([places(found.upstream), places(found.downstream)], [['orders 0'], []]);
  }
  const none = await correlate('table=totals&key=nobody');
  assert.equal(none.record, null);
});

test('of a document: by the record that it names, or by the span that made it', async () => {
  answer({
    '/orders/_doc/o-1': {
      _index: 'orders',
      _id: 'o-1',
      _source: { record: { topic: 'orders', partition: 1, offset: 0 } },
    },
  });
  const found = await correlate('index=orders&id=o-1');
  assert.deepEqual(
    [found.record?.topic, found.documents.length, places(found.downstream)],
    ['orders', 1, ['totals 0']],
  );

  const spans: FoundSpan[] = [
    span('a', undefined, 'shop', { 'messaging.destination.name': 'orders', ...place(1, 0) }, 'PRODUCER'),
    span('b', 'a', 'sink', { 'messaging.destination.name': 'orders', ...place(1, 0) }, 'CONSUMER'),
    span('c', 'b', 'sink', { 'db.collection.name': 'orders', 'db.document.id': 'o-1' }, 'CLIENT'),
  ];
  answer({ '/api/v2/traces': [spans], [`/api/v2/trace/${traceId}`]: spans });
  const bySpan = await correlate('index=orders&id=o-1');
  assert.ok(
    asked.some((line) => line.includes('db.collection.name=orders and db.document.id=o-1')),
    asked.join('\n'),
  );
  assert.deepEqual(
    [bySpan.record?.topic, bySpan.record?.foundBy, bySpan.trace?.services],
    ['orders', 'trace', ['shop', 'sink']],
  );
  assert.deepEqual(bySpan.documents, [{ index: 'orders', id: 'o-1', foundBy: 'trace', record: null }]);
});

test('of a trace: all its records, those that only spans name too; of a correlation id the same', async () => {
  const spans: FoundSpan[] = [
    span('a', undefined, 'shop', { 'messaging.destination.name': 'orders', ...place(1, 0) }, 'PRODUCER'),
    span('b', 'a', 'words', { 'messaging.destination.name': 'words-repartition', ...place(0, 7) }, 'CONSUMER'),
  ];
  answer({ [`/api/v2/trace/${traceId}`]: spans });
  for (const query of [`traceId=${traceId}`, `correlationId=order-7&aroundMs=${t0}`]) {
    const found = await correlate(query);
    const all = found.downstream.map(({ foundBy, isGone, topic }) => `${topic} ${foundBy} ${isGone ?? false}`).sort();
    assert.deepEqual(all, ['orders trace false', 'totals headers false', 'words-repartition trace true'], query);
    assert.deepEqual(found.trace?.services, ['shop', 'words']);
    assert.equal(found.trace?.startMs, t0);
  }
});

test('of a record without ids: the trace whose one span names its place, and the lines that do', async () => {
  const orders = { 'messaging.destination.name': 'unrelated' };
  const others = [
    span('a', undefined, 'shop', { ...orders, ...place(0, 5) }, 'PRODUCER'),
    span('b', 'a', 'words', { 'messaging.destination.name': 'words', ...place(0, 0) }, 'CONSUMER'),
  ];
  const lines = { hits: { total: 1, hits: [{ _source: { level: 'ERROR', message: 'left out' } }] } };
  answer({ '/api/v2/traces': [others], '/headwater-logs*/_search': lines });
  const none = await correlate('topic=unrelated&partition=0&offset=0');
  assert.deepEqual([none.ids.traceId, none.trace, none.logs?.lines[0]?.message], [null, null, 'left out']);
  const query = asked.find((line) => line.startsWith('/headwater-logs'));
  for (const label of ['topic=unrelated', 'partition=0', 'offset=0'])
    assert.ok(query?.includes(`{"term":{"labels":"${label}"}}`), query);

  const own = [span('c', undefined, 'audit', { ...orders, ...place(0, 0) }, 'CONSUMER')];
  answer({ '/api/v2/traces': [others, own] });
  assert.deepEqual((await correlate('topic=unrelated&partition=0&offset=0')).trace?.services, ['audit']);
});

test('what does not answer is told, and the rest is there', async () => {
  answer({ '/api/v2/trace': 500, '/headwater-logs*/_search': 500 });
  const found = await correlate('topic=orders&partition=1&offset=0');
  assert.deepEqual(places(found.downstream), ['totals 0']);
  assert.equal(found.isComplete, false);
  const problems = found.searched.filter(({ isComplete }) => !isComplete).map(({ what }) => what);
  assert.deepEqual(problems, ['trace', 'logs']);
});

test('questions that say nothing are refused, and so is a topic that is not there', async () => {
  for (const [query, status] of [
    ['', 400],
    ['topic=orders', 400],
    ['traceId=xyz', 400],
    ['topic=orders&partition=0&offset=-1', 400],
    ['topic=nowhere&partition=0&offset=0', 404],
    ['topic=orders&partition=7&offset=0', 404],
    ['table=nowhere&key=a', 404],
  ] as const) {
    const response = await fetch(`${rest.url}/api/correlate?${query}`);
    assert.equal(response.status, status, query);
    await response.body?.cancel();
  }
  answer({});
  const gone = await correlate('topic=orders&partition=1&offset=99');
  assert.deepEqual([gone.record?.isGone, gone.isComplete], [true, false]);
});

function place(partition: number, offset: number): Record<string, string> {
  return { 'messaging.destination.partition.id': String(partition), 'messaging.kafka.offset': String(offset) };
}

function span(
  id: string,
  parentId: string | undefined,
  serviceName: string,
  tags: Record<string, string>,
  kind: string,
): FoundSpan {
  const ids = { id, traceId, ...(parentId !== undefined && { parentId }) };
  return { ...ids, kind, timestamp: t0 * 1_000, duration: 5_000, localEndpoint: { serviceName }, tags };
}

test('the query store is told who asks: the map leaves the platform’s own readers out', () => {
  assert.deepEqual([...askers], ['headwater-correlate']);
});
