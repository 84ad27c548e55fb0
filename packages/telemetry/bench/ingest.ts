// How many spans a second come in by OTLP and by Zipkin's API, with what CPU, all of it in this process but the sender:
// node packages/telemetry/bench/ingest.ts [seconds]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBroker } from '@headwater/broker';
import { ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { startOtlp, startZipkin } from '../index.ts';

const spansOfBatch = 512;

if (process.argv[2] === 'sender') await sender();
else await measure(Number(process.argv[2] ?? 10));

async function measure(seconds: number): Promise<void> {
  const broker = await startBroker({ port: 0 });
  const { bootstrap } = broker;
  const [otlp, zipkin] = [await startOtlp({ port: 0, bootstrap }), await startZipkin({ port: 0, bootstrap })];
  for (const [name, url] of [
    ['otlp', `${otlp.url}/v1/traces`],
    ['zipkin', `${zipkin.url}/api/v2/spans`],
  ] as const) {
    const before = process.cpuUsage();
    const child = fork(import.meta.filename, ['sender', name, url, String(seconds)]);
    const [sent] = (await once(child, 'message')) as [{ spans: number; seconds: number }];
    const cpu = process.cpuUsage(before);
    const cpuSeconds = (cpu.user + cpu.system) / 1e6;
    console.log(
      JSON.stringify({
        bench: `telemetry/ingest ${name}`,
        node: process.version,
        spansPerSecond: Math.round(sent.spans / sent.seconds),
        cpuMicrosPerSpan: Math.round((cpuSeconds / sent.spans) * 1e7) / 10,
        rssMiB: Math.round(process.memoryUsage.rss() / 1024 / 1024),
      }),
    );
  }
  await otlp.close();
  await zipkin.close();
  await broker.close();
}

async function sender(): Promise<void> {
  const [, , , name, url, seconds, rateText] = process.argv as string[] as [
    string,
    string,
    string,
    string,
    string,
    string,
    string?,
  ];
  /** Spans a second; 0: as many as are taken. */
  const rate = Number(rateText ?? 0);
  const bodies = Array.from({ length: 50 }, () => (name === 'otlp' ? otlpBody() : zipkinBody()));
  const type = name === 'otlp' ? 'application/x-protobuf' : 'application/json';
  const end = performance.now() + Number(seconds) * 1_000;
  const start = performance.now();
  let spans = 0;
  const one = async (): Promise<void> => {
    for (let i = 0; performance.now() < end; i++) {
      const aheadMs = rate === 0 ? 0 : (spans / rate) * 1_000 - (performance.now() - start);
      if (aheadMs > 1) await sleep(aheadMs);
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': type },
        body: bodies[i % bodies.length]!,
      });
      await answer.arrayBuffer();
      if (answer.ok) spans += spansOfBatch;
    }
  };
  await Promise.all([one(), one(), one(), one()]);
  process.send!({ spans, seconds: (performance.now() - start) / 1_000 });
  process.disconnect();
}

function otlpBody(): Uint8Array<ArrayBuffer> {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'orders' }),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('bench');
  for (let i = 0; i < spansOfBatch / 2; i++) {
    const attributes = {
      'http.request.method': 'GET',
      'url.path': '/orders/1',
      'http.response.status_code': 200,
      'server.address': 'stock',
    };
    const server = tracer.startSpan('GET /orders/:id', { kind: SpanKind.SERVER, attributes });
    tracer.startSpan('GET', { kind: SpanKind.CLIENT, attributes }, trace.setSpan(ROOT_CONTEXT, server)).end();
    server.end();
  }
  return new Uint8Array(ProtobufTraceSerializer.serializeRequest(exporter.getFinishedSpans())!);
}

function zipkinBody(): Uint8Array<ArrayBuffer> {
  const hex = () =>
    Math.floor(Math.random() * 2 ** 52)
      .toString(16)
      .padStart(16, '0');
  const spans = Array.from({ length: spansOfBatch }, () => ({
    traceId: hex(),
    id: hex(),
    kind: 'SERVER',
    name: 'get /orders/:id',
    timestamp: Date.now() * 1_000,
    duration: 1_234,
    localEndpoint: { serviceName: 'orders', ipv4: '10.0.0.1' },
    tags: { 'http.request.method': 'GET', 'url.path': '/orders/1', 'http.response.status_code': '200' },
  }));
  return new Uint8Array(Buffer.from(JSON.stringify(spans)));
}
