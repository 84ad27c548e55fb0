import assert from 'node:assert/strict';
import { test } from 'node:test';
import { criticalPath } from './critical-path.ts';
import type { ZipkinSpan } from './span.ts';
import { documentOf, errorOf, linksOf, recordOf } from './span.ts';
import { hasEdge, readTrace } from './trace-tree.ts';
import { waterfallRows } from './waterfall-rows.ts';

const span = (
  id: string,
  parentId: string | null,
  from: number,
  to: number,
  more: Partial<ZipkinSpan> = {},
): ZipkinSpan => ({
  traceId: 't',
  id,
  ...(parentId !== null && { parentId }),
  name: id,
  timestamp: 1_000_000 + from,
  duration: to - from,
  localEndpoint: { serviceName: id[0]! },
  ...more,
});

const keys = (spans: ZipkinSpan[], folded: string[] = []): string[] =>
  waterfallRows(readTrace(spans), new Set(folded)).map(({ key }) => key);

test('spans in any order become a tree in order of time', () => {
  const trace = readTrace([
    span('c', 'a', 60, 90),
    span('b', 'a', 10, 50),
    span('d', 'b', 20, 30),
    span('a', null, 0, 100),
  ]);
  assert.deepEqual(
    trace.nodes.map(({ key, depth, startUs, descendants }) => [key, depth, startUs, descendants]),
    [
      ['a', 0, 0, 3],
      ['b', 1, 10, 1],
      ['d', 2, 20, 0],
      ['c', 1, 60, 0],
    ],
  );
  assert.equal(trace.durationUs, 100);
  assert.equal(trace.startUs, 1_000_000);
});

test('both halves of a shared span stand, the server below the client and its work below the server', () => {
  const shared = [
    span('a', null, 0, 100, { kind: 'CLIENT', localEndpoint: { serviceName: 'front' } }),
    span('a', null, 10, 90, { kind: 'SERVER', shared: true, localEndpoint: { serviceName: 'back' } }),
    span('b', 'a', 20, 30, { localEndpoint: { serviceName: 'back' } }),
  ];
  for (const spans of [shared, [...shared].reverse()]) {
    const { nodes } = readTrace(spans);
    assert.deepEqual(
      nodes.map(({ span: { localEndpoint, shared: isShared }, depth }) => [
        localEndpoint?.serviceName,
        isShared ?? false,
        depth,
      ]),
      [
        ['front', false, 0],
        ['back', true, 1],
        ['back', false, 2],
      ],
    );
    assert.equal(new Set(nodes.map(({ key }) => key)).size, 3);
  }
});

test('a missing parent, a circle and a span without time make no harm', () => {
  const trace = readTrace([
    span('a', 'b', 0, 10),
    span('b', 'a', 0, 10),
    span('c', 'gone', 5, 6),
    { traceId: 't', id: 'd', parentId: 'c' },
  ]);
  assert.equal(trace.nodes.length, 4);
  assert.equal(trace.byKey.get('c')?.isOrphan, true);
  assert.equal(trace.byKey.get('d')?.startUs, 5);
  assert.deepEqual(readTrace([]).nodes, []);
  assert.deepEqual(criticalPath(readTrace([])), []);
});

test('a chain of ten thousand spans is read', () => {
  const spans = Array.from({ length: 10_000 }, (_, index) =>
    span(`s${index}`, index === 0 ? null : `s${index - 1}`, index, 20_000 - index),
  );
  const trace = readTrace(spans);
  assert.equal(trace.nodes.at(-1)?.depth, 9999);
  assert.equal(trace.nodes[0]?.descendants, 9999);
  assert.equal(criticalPath(trace).length, 19_999);
});

test('the critical path: what everybody waited for, and nothing twice', () => {
  const trace = readTrace([
    span('a', null, 0, 100),
    span('b', 'a', 10, 40),
    // Beside b, and ends later: a waits for this one.
    span('c', 'a', 20, 70),
    // Goes on after its parent: nobody waits for it, it only ends the trace.
    span('d', 'c', 30, 50),
  ]);
  assert.deepEqual(
    criticalPath(trace).map(({ node, startUs, endUs }) => [node.key, startUs, endUs]),
    [
      ['a', 0, 20],
      ['c', 20, 30],
      ['d', 30, 50],
      ['c', 50, 70],
      ['a', 70, 100],
    ],
  );
});

const message = [
  span('p', null, 0, 10, { kind: 'PRODUCER', tags: { 'messaging.destination.name': 'orders' } }),
  span('q', 'p', 50, 80, { kind: 'CONSUMER', tags: { 'messaging.destination.name': 'orders' } }),
];

test('the time in a topic is a row of its own, between producer and consumer', () => {
  const trace = readTrace(message);
  assert.deepEqual(
    trace.waits.map(({ topic, startUs, endUs }) => [topic, startUs, endUs]),
    [['orders', 10, 50]],
  );
  assert.deepEqual(keys(message), ['p', 'q-wait', 'q']);
  assert.deepEqual(keys(message, ['p']), ['p']);
  // The path goes through the message; its wait is nobody's work.
  assert.deepEqual(
    criticalPath(trace).map(({ node, startUs, endUs }) => [node.key, startUs, endUs]),
    [
      ['p', 0, 10],
      ['q', 50, 80],
    ],
  );
});

test('a consumer that names its producer by a link waits too', () => {
  const producer = span('00000000000000aa', null, 0, 10, { kind: 'PRODUCER', traceId: '0123456789abcdef' });
  const consumer = span('00000000000000bb', null, 40, 60, {
    kind: 'CONSUMER',
    tags: { 'otel.links': '0123456789abcdef-00000000000000aa' },
  });
  assert.equal(readTrace([producer, consumer]).waits[0]?.producer.key, '00000000000000aa');
  assert.deepEqual(linksOf({ traceId: 't', id: 'x', tags: { 'otel.links': 'nonsense,' } }), []);
});

test('what a span says of errors, records and documents', () => {
  const of = (tags: Record<string, string>): ZipkinSpan => ({ traceId: 't', id: 'x', tags });
  assert.deepEqual([errorOf(of({})), errorOf(of({ error: 'false' })), errorOf(of({ error: '' }))], [null, null, '']);
  assert.deepEqual(
    recordOf(
      of({
        'messaging.destination.name': 't',
        'messaging.destination.partition.id': '2',
        'messaging.kafka.offset': '17',
      }),
    ),
    { topic: 't', partition: 2, offset: 17 },
  );
  assert.equal(recordOf(of({ 'messaging.destination.name': 't' })), null);
  assert.deepEqual(documentOf(of({ 'db.collection.name': 'i', 'db.document.id': '7' })), { index: 'i', id: '7' });
});

test('edges of the service map are found again in their traces', () => {
  const trace = readTrace([
    span('a', null, 0, 100, { kind: 'SERVER' }),
    span('b', 'a', 10, 40, {
      kind: 'CLIENT',
      localEndpoint: { serviceName: 'a' },
      remoteEndpoint: { serviceName: 'db' },
    }),
    span('c', 'a', 50, 90, { kind: 'SERVER' }),
  ]);
  assert.deepEqual(
    [hasEdge(trace, 'a', 'c'), hasEdge(trace, 'a', 'db'), hasEdge(trace, 'c', 'a'), hasEdge(trace, 'x', 'c')],
    [true, true, false, false],
  );
});
