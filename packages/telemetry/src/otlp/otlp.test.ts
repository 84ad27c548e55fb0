import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { type Otlp, startOtlp, startZipkin, type Zipkin } from '../../index.ts';
import type { Span } from '../spans/span.ts';
import { readOtlpTraces } from './read-otlp-traces.ts';
import { spansOfOtlp } from './span-of-otlp.ts';

let broker: Broker;
let otlp: Otlp;
let zipkin: Zipkin;

before(async () => {
  broker = await startBroker({ port: 0 });
  const { bootstrap } = broker;
  [otlp, zipkin] = await Promise.all([startOtlp({ port: 0, bootstrap }), startZipkin({ port: 0, bootstrap })]);
});
after(async () => {
  await otlp.close();
  await zipkin.close();
  await broker.close();
});

/** What OpenTelemetry's own SDK makes of a call, a query in it, and a message sent. */
function sdkSpans(): ReadableSpan[] {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'Orders', 'service.instance.id': 'o-1' }),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('shop', '1.2.3');
  const parent = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: TraceFlags.SAMPLED,
  };
  const start = 1_700_000_000_000;
  const server = tracer.startSpan(
    'POST /orders',
    {
      kind: SpanKind.SERVER,
      startTime: start,
      attributes: {
        'http.response.status_code': 500,
        big: 2 ** 40,
        negative: -5,
        ratio: 0.5,
        ok: true,
        list: ['a', 'b'],
      },
    },
    trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true }),
  );
  const inside = trace.setSpan(ROOT_CONTEXT, server);
  const query = tracer.startSpan(
    'INSERT',
    { kind: SpanKind.CLIENT, startTime: start + 1, attributes: { 'server.address': '10.0.0.5', 'server.port': 5432 } },
    inside,
  );
  query.end(start + 3);
  const send = tracer.startSpan(
    'send orders',
    {
      kind: SpanKind.PRODUCER,
      startTime: start + 4,
      attributes: { 'messaging.system': 'kafka' },
      links: [{ context: parent }],
    },
    inside,
  );
  send.addEvent('retry', { attempt: 2 }, start + 5);
  send.addEvent('done', start + 6);
  send.end(start + 6);
  const local = tracer.startSpan('local', { startTime: start + 7 }, inside);
  local.end(start + 7);
  server.setStatus({ code: SpanStatusCode.ERROR, message: 'no stock' });
  server.end(start + 8);
  return exporter.getFinishedSpans();
}

const plain = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;

test('both encodings of the SDK are the same spans', () => {
  const spans = sdkSpans();
  const json = spansOfOtlp(JSON.parse(Buffer.from(JsonTraceSerializer.serializeRequest(spans)!).toString()));
  const proto = spansOfOtlp(readOtlpTraces(Buffer.from(ProtobufTraceSerializer.serializeRequest(spans)!)));
  assert.deepEqual(plain(proto), plain(json));
  assert.equal(json.rejected, 0);
  const [query, send, local, server] = json.spans as [Span, Span, Span, Span];
  assert.deepEqual(plain(server), {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    parentId: 'b7ad6b7169203331',
    id: server.id,
    kind: 'SERVER',
    name: 'post /orders',
    timestamp: 1_700_000_000_000_000,
    duration: 8_000,
    localEndpoint: { serviceName: 'orders' },
    tags: {
      'service.instance.id': 'o-1',
      'http.response.status_code': '500',
      big: String(2 ** 40),
      negative: '-5',
      ratio: '0.5',
      ok: 'true',
      list: '["a","b"]',
      'otel.scope.name': 'shop',
      'otel.scope.version': '1.2.3',
      'otel.status_code': 'ERROR',
      error: 'no stock',
    },
  });
  assert.deepEqual(query.remoteEndpoint, { serviceName: '10.0.0.5', ipv4: '10.0.0.5', port: 5432 });
  assert.deepEqual(send.remoteEndpoint, { serviceName: 'kafka' });
  assert.equal(send.tags!['otel.links'], '0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331');
  assert.deepEqual(send.annotations, [
    { timestamp: 1_700_000_000_005_000, value: '"retry": {"attempt":2}' },
    { timestamp: 1_700_000_000_006_000, value: 'done' },
  ]);
  assert.equal(local.kind, undefined);
  assert.equal(local.duration, 1);
});

test("what is sent by OTLP is asked for by Zipkin's API", async () => {
  const body = ProtobufTraceSerializer.serializeRequest(sdkSpans())!;
  const sent = await fetch(`${otlp.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: new Uint8Array(body),
  });
  assert.equal(sent.status, 200);
  assert.equal(sent.headers.get('content-type'), 'application/x-protobuf');
  assert.equal((await sent.arrayBuffer()).byteLength, 0);
  for (;;) {
    const found = await fetch(`${zipkin.url}/api/v2/trace/0af7651916cd43dd8448eb211c80319c`);
    const spans = (await found.json().catch(() => [])) as unknown[];
    if (found.status === 200 && spans.length === 4) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
});

async function post(body: string | Uint8Array<ArrayBuffer>, type: string, path = '/v1/traces') {
  const answer = await fetch(`${otlp.url}${path}`, { method: 'POST', headers: { 'content-type': type }, body });
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
}

test('spans that are wrong are left out and told of, the others kept', async () => {
  const good = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), name: 'a', startTimeUnixNano: '1700000000000000000' };
  const body = {
    resourceSpans: [
      { scopeSpans: [{ spans: [good, { ...good, traceId: 'zz' }, { ...good, startTimeUnixNano: 'x' }] }] },
    ],
  };
  const answer = await post(JSON.stringify(body), 'application/json');
  assert.equal(answer.status, 200);
  const { partialSuccess } = JSON.parse(answer.text) as {
    partialSuccess: { rejectedSpans: string; errorMessage: string };
  };
  assert.equal(partialSuccess.rejectedSpans, '2');
  assert.match(partialSuccess.errorMessage, /^resourceSpans\[0\]\.scopeSpans\[0\]\.spans\[1\]\.traceId/);
});

test('what is no request is refused in the form that it came in', async () => {
  for (const [body, type, status, said] of [
    ['{', 'application/json', 400, /JSON|json/],
    ['[]', 'application/json', 400, /resourceSpans/],
    ['{"resourceSpans":{}}', 'application/json', 400, /list/],
    ['{"resourceSpans":[null,{"scopeSpans":[null]}]}', 'application/json', 200, /{}/],
    [new Uint8Array([0x0a, 0x7f, 1]), 'application/x-protobuf', 400, /cut off/],
    ['x', 'text/plain', 415, /application\/x-protobuf/],
  ] as const) {
    const answer = await post(body, type);
    assert.equal(answer.status, status, String(body));
    assert.match(answer.text, said);
    assert.equal(answer.type?.split(';')[0], type === 'application/x-protobuf' ? type : 'application/json');
  }
  assert.equal((await post('{}', 'application/json', '/v1development/profiles')).status, 404);
});

test('a value without bottom is refused, and costs no stack', () => {
  let value = Buffer.from([0x0a, 0x01, 0x61]);
  const wrap = (tag: number, content: Buffer) => {
    const length: number[] = [];
    let left = content.length;
    for (; left >= 128; left >>= 7) length.push((left & 0x7f) | 0x80);
    return Buffer.concat([Buffer.from([tag, ...length, left]), content]);
  };
  for (let i = 0; i < 5_000; i++) value = wrap(0x2a, wrap(0x0a, value));
  const attribute = wrap(0x4a, Buffer.concat([wrap(0x0a, Buffer.from('k')), wrap(0x12, value)]));
  assert.throws(() => readOtlpTraces(wrap(0x0a, wrap(0x12, wrap(0x12, attribute)))), /levels/);
});
