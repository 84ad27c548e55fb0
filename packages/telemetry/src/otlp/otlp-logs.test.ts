import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import { JsonLogsSerializer, ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  type ReadableLogRecord,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs';
import { type Otlp, startOtlp } from '../../index.ts';
import type { LogRecord } from '../logs/log-record.ts';
import { logsOfOtlp } from './logs-of-otlp.ts';
import { readOtlpLogs } from './read-otlp-logs.ts';

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

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const timeMs = Date.now() - 1_000;

/** What OpenTelemetry's own SDK makes of two lines. */
function sdkLogs(): ReadableLogRecord[] {
  const exporter = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ 'service.name': 'orders', 'service.instance.id': 'o-1', 'host.name': 'h1' }),
    processors: [new SimpleLogRecordProcessor({ exporter })],
  });
  const logger = provider.getLogger('shop.cart');
  logger.emit({
    timestamp: timeMs,
    severityNumber: 18,
    severityText: 'error2',
    body: 'cannot pay',
    attributes: { 'exception.stacktrace': 'Error: x\n  at y', 'order.id': 7, correlationId: 'c-1', nested: { a: [1] } },
    context: trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.SAMPLED }),
  });
  logger.emit({ timestamp: timeMs, severityText: 'warn', body: { question: 'why', tries: 2 } });
  return exporter.getFinishedLogRecords();
}

const expected = [
  {
    timestampMs: timeMs,
    message: 'cannot pay',
    source: 'otlp',
    service: 'orders',
    instance: 'o-1',
    host: 'h1',
    logger: 'shop.cart',
    level: 'ERROR',
    traceId,
    spanId,
    stack: 'Error: x\n  at y',
    correlationId: 'c-1',
    attributes: { 'order.id': '7', nested: '{"a":[1]}' },
  },
  {
    timestampMs: timeMs,
    message: '{"question":"why","tries":2}',
    source: 'otlp',
    service: 'orders',
    instance: 'o-1',
    host: 'h1',
    logger: 'shop.cart',
    level: 'WARN',
  },
];

for (const [form, type, serialize] of [
  ['Protocol Buffers', 'application/x-protobuf', ProtobufLogsSerializer],
  ['JSON', 'application/json', JsonLogsSerializer],
] as const)
  test(`log records of OpenTelemetry's SDK are lines on the topic: ${form}`, { timeout: 30_000 }, async () => {
    const body = serialize.serializeRequest(sdkLogs())!;
    const answer = await fetch(`${otlp.url}/v1/logs`, { method: 'POST', headers: { 'content-type': type }, body });
    assert.equal(answer.status, 200, await answer.clone().text());
    await using client = createClient({ bootstrap: broker.bootstrap, clientId: 'reader' });
    const lines: LogRecord[] = [];
    read: for await (const batch of client.tail({ topics: ['headwater-logs'], from: 'earliest' }))
      for (const { key, timestamp, value } of batch.records()) {
        assert.deepEqual([String(key), Number(timestamp)], ['orders', timeMs]);
        if (lines.push(JSON.parse(String(value)) as LogRecord) >= expected.length) break read;
      }
    for (const [i, { receivedMs, ...line }] of lines.entries()) {
      assert.ok(receivedMs >= timeMs);
      assert.deepEqual(line, expected[i]);
    }
  });

test('a line too long is cut and says so, one that is wrong is left out and counted', async () => {
  const logRecords = [
    { body: { stringValue: 'x'.repeat(70_000) }, severityNumber: 'SEVERITY_NUMBER_WARN2', traceId: '0'.repeat(32) },
    { body: { stringValue: 'no time' }, timeUnixNano: 'noon' },
  ];
  const body = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${otlp.url}/v1/logs`, { method: 'POST', headers, body });
  const { partialSuccess } = (await answer.json()) as { partialSuccess: Record<string, string> };
  assert.equal(partialSuccess['rejectedLogRecords'], '1');
  assert.match(partialSuccess['errorMessage']!, /nanoseconds/);
  const { records } = logsOfOtlp(JSON.parse(body), 5);
  assert.equal(records[0]!.message.length, 64 * 1024);
  const { attributes, level, service, timestampMs, traceId: none } = records[0]!;
  assert.deepEqual(
    [attributes, level, service, timestampMs, none],
    [{ 'headwater.truncated': '1' }, 'WARN', 'unknown_service', 5, undefined],
  );
  const text = await (await fetch(`${otlp.url}/metrics`)).text();
  assert.match(text, /headwater_otlp_truncated_total 1\n/);
});

test('what is cut off anywhere is no request, and nothing else is thrown', () => {
  const body = Buffer.from(ProtobufLogsSerializer.serializeRequest(sdkLogs())!);
  for (let end = 1; end < body.length; end += 1) {
    try {
      logsOfOtlp(readOtlpLogs(body.subarray(0, end)), 1);
    } catch (error) {
      assert.ok(error instanceof RangeError, String(error));
    }
  }
});
