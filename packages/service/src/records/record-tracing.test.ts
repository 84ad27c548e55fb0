import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestScopes } from '../observe/request-scope.ts';
import type { Span, SpanOptions, Tracer } from '../observe/tracer.ts';
import { RateSampler } from './rate-sampler.ts';
import { keyText, originOf } from './record-headers.ts';
import { RecordTracing } from './record-tracing.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const sampled = `00-${traceId}-b7ad6b7169203331-01`;
const unsampled = `00-${traceId}-b7ad6b7169203331-00`;

interface Kept {
  name: string;
  kind: string;
  parent: string | undefined;
  attributes: Record<string, unknown>;
  state: string;
}

/** Keeps spans; every root is sampled. */
function keepingTracer(): { tracer: Tracer; kept: Kept[] } {
  const kept: Kept[] = [];
  const start = (name: string, { attributes, kind, parent }: SpanOptions): Span => {
    const made: Kept = { name, kind, parent: parent?.spanId, attributes: { ...attributes }, state: 'open' };
    kept.push(made);
    return {
      context: {
        traceId: parent?.traceId ?? 'f'.repeat(32),
        spanId: String(kept.length).padStart(16, '0'),
        isSampled: true,
      },
      isRecording: true,
      setAttributes: (more) => Object.assign(made.attributes, more),
      setName: () => {},
      fail: (error) => void (made.state = String(error)),
      end: () => void (made.state = made.state === 'open' ? 'ended' : made.state),
    };
  };
  return { kept, tracer: { start, isExporting: true, close: async () => {} } };
}

test('headers are read in the shapes of all clients', () => {
  const [key, id] = [Buffer.from('traceparent'), Buffer.from('X-Correlation-Id')];
  const values = [Buffer.from(unsampled), Buffer.from('c-1')] as const;
  const shapes = [
    new Map([
      [key, values[0]],
      [id, values[1]],
    ]),
    [
      [key, values[0]],
      [Buffer.from('correlation-id'), values[1]],
      [null, null],
    ] as const,
    [
      { key: 'traceparent', value: values[0] },
      { key: 'x-correlation-id', value: values[1] },
    ],
    { traceparent: [values[0], Buffer.from('second')], 'x-correlation-id': 'c-1' },
  ];
  for (const headers of shapes) {
    const { context, correlationId } = originOf(headers);
    assert.deepEqual([context?.traceId, context?.isSampled, correlationId], [traceId, false, 'c-1']);
  }
  assert.deepEqual(originOf(undefined), { context: undefined, correlationId: undefined });
  const bad = originOf({ traceparent: 'x', 'x-correlation-id': 'two\nlines' });
  assert.deepEqual(bad, { context: undefined, correlationId: undefined });
});

test('keys are shown as people read them', () => {
  const number = Buffer.alloc(8);
  number.writeBigInt64BE(-9_007_199_254_740_993n);
  assert.deepEqual(
    [
      keyText('a'),
      keyText(Buffer.from('ü')),
      keyText(number),
      keyText(Buffer.of(0, 0, 0, 7)),
      keyText(Buffer.of(0xff, 1)),
    ],
    ['a', 'ü', '-9007199254740993', '7', 'ff01'],
  );
  assert.equal(keyText(null), undefined);
});

test('new traces are bounded by time, not by load', () => {
  let nowMs = 0;
  const sampler = new RateSampler(2, () => nowMs);
  const take = (count: number) => Array.from({ length: count }, () => sampler.take()).filter(Boolean).length;
  assert.equal(take(100), 2);
  nowMs = 500;
  assert.equal(take(100), 1);
  nowMs = 60_000;
  assert.equal(take(100), 2, 'what was not used is not saved up');
  const never = new RateSampler(0);
  assert.equal(never.take(), false);
  assert.equal(new RateSampler(Number.POSITIVE_INFINITY).take(), true);
});

test('what is sent has ids whether it is sampled or not, and a span where it is', () => {
  const { kept, tracer } = keepingTracer();
  const records = new RecordTracing(() => tracer, { tracesPerSecond: 0.001 });
  const one = records.send({ topic: 'orders', key: 'o-1', correlationId: 'o-1' });
  const two = records.send({ topic: 'orders', key: 'o-2' });
  assert.equal(one.isSampled, true);
  assert.match(one.headers['traceparent']!, /-01$/);
  assert.equal(one.headers['x-correlation-id'], 'o-1');
  assert.equal(two.isSampled, false);
  assert.match(two.headers['traceparent']!, /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  assert.equal(two.headers['x-correlation-id'], two.headers['traceparent']!.slice(3, 35));
  one.sent({ partition: 2, offset: 9n });
  two.sent();
  assert.deepEqual(kept, [
    {
      name: 'send orders',
      kind: 'producer',
      parent: undefined,
      attributes: {
        'messaging.system': 'kafka',
        'messaging.operation.type': 'send',
        'messaging.destination.name': 'orders',
        'messaging.destination.partition.id': '2',
        'messaging.kafka.message.key': 'o-1',
        'messaging.kafka.offset': 9,
      },
      state: 'ended',
    },
  ]);
});

test('a record that was read goes on in its trace: spans, what it sends, and its logs', async () => {
  const { kept, tracer } = keepingTracer();
  const records = new RecordTracing(() => tracer);
  const headers = { traceparent: sampled, 'x-correlation-id': 'c-1' };
  const record = { topic: 'orders', partition: 1, offset: 7, timestamp: Date.now(), key: 'k', headers };
  const result = await records.traced(
    record,
    (handled) => {
      assert.equal(requestScopes.getStore()?.correlationId, 'c-1');
      assert.equal(requestScopes.getStore()?.span.context.traceId, traceId);
      handled.child('index orders', 'client', { 'db.document.id': 'k' })!.end();
      const next = records.send({ topic: 'orders-done' });
      assert.equal(next.headers['x-correlation-id'], 'c-1');
      next.sent({ offset: 0, partition: 0 });
      return 42;
    },
    { group: 'g' },
  );
  assert.equal(result, 42);
  assert.deepEqual(
    kept.map(({ kind, name, parent, state }) => [kind, name, parent, state]),
    [
      ['consumer', 'process orders', 'b7ad6b7169203331', 'ended'],
      ['client', 'index orders', '0000000000000001', 'ended'],
      ['producer', 'send orders-done', '0000000000000001', 'ended'],
    ],
  );
  const { 'headwater.waited_ms': waited, ...attributes } = kept[0]!.attributes;
  assert.equal(typeof waited, 'number');
  assert.deepEqual(attributes, {
    'messaging.system': 'kafka',
    'messaging.operation.type': 'process',
    'messaging.destination.name': 'orders',
    'messaging.destination.partition.id': '1',
    'messaging.kafka.offset': 7,
    'messaging.kafka.message.key': 'k',
    'messaging.consumer.group.name': 'g',
  });
  await assert.rejects(
    records.traced(record, () => Promise.reject(new Error('no'))),
    /no/,
  );
  assert.equal(kept.at(-1)!.state, 'Error: no');
});

test('records that nobody records make no spans, and their logs have the ids', async () => {
  const { kept, tracer } = keepingTracer();
  const records = new RecordTracing(() => tracer, { spansPerSecond: 0 });
  for (const traceparent of [unsampled, sampled]) {
    const headers = { traceparent, 'x-correlation-id': 'c-1' };
    await records.traced({ topic: 'orders', partition: 0, offset: 1n, headers }, (handled) => {
      assert.equal(handled.isSampled, false);
      assert.equal(handled.child('x', 'client'), null);
      const { correlationId, span } = requestScopes.getStore()!;
      assert.deepEqual([correlationId, span.context.traceId], ['c-1', traceId]);
    });
  }
  assert.equal(
    records.forStreams().begin({
      ...{ application: 'a', topology: 'a', topic: 't', partition: 0, offset: 0, timestamp: 0 },
      ...{ key: null, traceparent: sampled, correlationId: null },
    }),
    null,
  );
  assert.deepEqual(kept, []);
});
