import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { JsonMetricsSerializer, ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { type Otlp, startOtlp } from '../../index.ts';
import type { Sample } from '../samples/sample.ts';
import type { OtlpMetrics } from './otlp-metrics.ts';
import { readOtlpMetrics } from './read-otlp-metrics.ts';
import { samplesOfOtlp } from './samples-of-otlp.ts';

let broker: Broker;
let otlp: Otlp;

before(async () => {
  broker = await startBroker({ port: 0 });
  otlp = await startOtlp({ port: 0, bootstrap: broker.bootstrap });
});
after(async () => {
  await otlp.close();
  await broker.close();
});

/** What OpenTelemetry's own SDK makes of one instrument of each kind. */
async function sdkMetrics(temporality = AggregationTemporality.CUMULATIVE): Promise<ResourceMetrics> {
  const exporter = new InMemoryMetricExporter(temporality);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ 'service.name': 'orders', 'service.instance.id': 'o-1', 'host.name': 'h' }),
    readers: [reader],
  });
  const meter = provider.getMeter('shop', '1.2.3');
  meter.createCounter('orders.placed', { unit: '{order}' }).add(3, { 'payment.method': 'card' });
  meter.createUpDownCounter('queue.size').add(-2);
  meter.createGauge('disk.free', { unit: 'By' }).record(5.5);
  const duration = meter.createHistogram('http.server.request.duration', {
    unit: 's',
    advice: { explicitBucketBoundaries: [0.1, 1, 10] },
  });
  for (const seconds of [0.05, 0.5, 0.5, 100]) duration.record(seconds, { route: '/a' });
  await reader.forceFlush();
  const [metrics] = exporter.getMetrics();
  await provider.shutdown();
  return metrics!;
}

const expected = [
  'counter orders_placed_total{otel_scope_name=shop,payment_method=card} 3',
  'gauge queue_size{otel_scope_name=shop} -2',
  'gauge disk_free_bytes{otel_scope_name=shop} 5.5',
  'histogram http_server_request_duration_seconds_bucket{otel_scope_name=shop,route=/a,le=0.1} 1',
  'histogram http_server_request_duration_seconds_bucket{otel_scope_name=shop,route=/a,le=1} 3',
  'histogram http_server_request_duration_seconds_bucket{otel_scope_name=shop,route=/a,le=10} 3',
  'histogram http_server_request_duration_seconds_bucket{otel_scope_name=shop,route=/a,le=+Inf} 4',
  'histogram http_server_request_duration_seconds_sum{otel_scope_name=shop,route=/a} 101.05',
  'histogram http_server_request_duration_seconds_count{otel_scope_name=shop,route=/a} 4',
  'gauge target_info{host_name=h} 1',
];

function line({ labels, name, special, type, value }: Sample): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}=${text}`);
  return `${type} ${name}{${pairs.join(',')}} ${special ?? value}`;
}

for (const [form, type, serialize] of [
  ['Protocol Buffers', 'application/x-protobuf', ProtobufMetricsSerializer],
  ['JSON', 'application/json', JsonMetricsSerializer],
] as const)
  test(`metrics of OpenTelemetry's SDK are samples on the topic: ${form}`, { timeout: 30_000 }, async () => {
    await using client = createClient({ bootstrap: broker.bootstrap, clientId: 'reader' });
    const metrics = await sdkMetrics();
    const body = serialize.serializeRequest(metrics)!;
    const answer = await fetch(`${otlp.url}/v1/metrics`, { method: 'POST', headers: { 'content-type': type }, body });
    assert.equal(answer.status, 200, await answer.clone().text());
    const samples: Sample[] = [];
    for await (const batch of client.tail({ topics: ['headwater-metrics'], from: 'earliest' })) {
      for (const { key, value } of batch.records()) {
        assert.equal(String(key), 'orders');
        samples.push(JSON.parse(String(value)) as Sample);
      }
      if (samples.length >= expected.length) break;
    }
    const last = samples.slice(-expected.length);
    assert.deepEqual(last.map(line), expected);
    for (const { instance, service, source } of last)
      assert.deepEqual([service, instance, source], ['orders', 'o-1', 'otlp']);
  });

test('increments and exponential histograms are refused with what to set, the others are kept', async () => {
  const metrics = await sdkMetrics(AggregationTemporality.DELTA);
  const body = JsonMetricsSerializer.serializeRequest(metrics)!;
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${otlp.url}/v1/metrics`, { method: 'POST', headers, body });
  const { partialSuccess } = (await answer.json()) as { partialSuccess: Record<string, string> };
  assert.equal(partialSuccess['rejectedDataPoints'], '3');
  assert.match(partialSuccess['errorMessage']!, /TEMPORALITY_PREFERENCE=cumulative/);
  const text = await (await fetch(`${otlp.url}/metrics`)).text();
  assert.match(text, /headwater_otlp_received_total\{signal="data_points",outcome="rejected"\} 3\n/);
  const exponential = { name: 'x', exponentialHistogram: { dataPoints: [{}, {}] } };
  const { reason, rejected } = samplesOfOtlp({ resourceMetrics: [{ scopeMetrics: [{ metrics: [exponential] }] }] }, 1);
  assert.equal(rejected, 2);
  assert.match(reason, /explicit_bucket_histogram/);
});

test('numbers that JSON does not have, points without a value, summaries', () => {
  const summary = {
    name: 'rpc',
    summary: { dataPoints: [{ count: '2', sum: 3, quantileValues: [{ quantile: 0.5, value: 'NaN' }] }] },
  };
  const gauge = {
    name: 'g',
    unit: '1',
    gauge: { dataPoints: [{ asDouble: 'Infinity' }, { flags: 1 }, { asInt: '7' }] },
  };
  const { samples } = samplesOfOtlp({ resourceMetrics: [{ scopeMetrics: [{ metrics: [summary, gauge] }] }] }, 5);
  assert.deepEqual(samples.map(line), [
    'summary rpc{quantile=0.5} NaN',
    'summary rpc_sum{} 3',
    'summary rpc_count{} 2',
    'gauge g_ratio{} +Inf',
    'gauge g_ratio{} 7',
    'gauge target_info{} 1',
  ]);
  assert.ok(samples.every(({ service, timestampMs }) => service === 'unknown_service' && timestampMs === 5));
});

test('what is cut off anywhere is no request, and nothing else is thrown', async () => {
  const body = Buffer.from(ProtobufMetricsSerializer.serializeRequest(await sdkMetrics())!);
  for (let end = 1; end < body.length; end += 1) {
    try {
      samplesOfOtlp(readOtlpMetrics(body.subarray(0, end)), 1);
    } catch (error) {
      assert.ok(error instanceof RangeError || (error as Error).constructor.name === 'OtlpError', String(error));
    }
  }
  for (const hostile of [
    { resourceMetrics: 7 },
    { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'a', sum: { dataPoints: 'x' } }] }] }] },
  ])
    assert.ok(thrownOrRejected(hostile as unknown as OtlpMetrics));
});

function thrownOrRejected(metrics: OtlpMetrics): boolean {
  try {
    return samplesOfOtlp(metrics, 1).rejected > 0;
  } catch (error) {
    return (error as Error).constructor.name === 'OtlpError';
  }
}
