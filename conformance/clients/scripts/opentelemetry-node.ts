/** OpenTelemetry's SDK for Node, unchanged. Called as: script.ts OTLP ZIPKIN SERVICE SCENARIO; the SDK's JSON and Protocol Buffers in turn. */
import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPLogExporter as JsonLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPMetricExporter as ProtoMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as ProtoTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { ZipkinExporter } from '@opentelemetry/exporter-zipkin';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

const [otlp, zipkin, service, scenario] = process.argv.slice(2) as [string, string, string, string];
const resource = resourceFromAttributes({ 'service.name': service });

function makeTrace(exporter: unknown): TracerProvider {
  return new TracerProvider({
    resource,
    spanProcessors: exporter === undefined ? [] : [new BatchSpanProcessor({ exporter: exporter as never })],
  });
}

if (scenario === 'traces' || scenario === 'zipkin') {
  const provider = makeTrace(
    scenario === 'zipkin'
      ? new ZipkinExporter({ url: `${zipkin}/api/v2/spans` })
      : new ProtoTraceExporter({ url: `${otlp}/v1/traces` }),
  );
  const tracer = provider.getTracer('check');
  const parent = tracer.startSpan('GET /orders', { kind: SpanKind.SERVER }, ROOT_CONTEXT);
  const child = tracer.startSpan(
    'SELECT',
    { kind: SpanKind.CLIENT, attributes: { 'peer.service': 'orders-db', 'order.id': 7 } },
    trace.setSpan(ROOT_CONTEXT, parent),
  );
  child.setStatus({ code: SpanStatusCode.ERROR, message: 'lost' });
  child.end();
  parent.end();
  await provider.shutdown();
} else if (scenario === 'logs') {
  const tracer = makeTrace(undefined).getTracer('check');
  const span = tracer.startSpan('work', {}, ROOT_CONTEXT);
  const provider = new LoggerProvider({
    resource,
    processors: [new BatchLogRecordProcessor({ exporter: new JsonLogExporter({ url: `${otlp}/v1/logs` }) })],
  });
  provider.getLogger('check').emit({
    severityNumber: 13,
    severityText: 'WARN',
    body: 'stock is low',
    attributes: { 'order.id': 7 },
    context: trace.setSpan(context.active(), span),
  });
  await provider.shutdown();
} else {
  const exporter = new ProtoMetricExporter({ url: `${otlp}/v1/metrics` });
  const provider = new MeterProvider({
    resource,
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
  });
  const meter = provider.getMeter('check');
  meter.createCounter('jobs.done').add(3, { kind: 'a' });
  meter.createUpDownCounter('queue.size').add(5);
  const duration = meter.createHistogram('work.duration', {
    unit: 's',
    advice: { explicitBucketBoundaries: [0.1, 0.5, 1] },
  });
  duration.record(0.25);
  duration.record(0.75);
  await provider.shutdown();
}
