import { metricSampleSchema, metricSamplesTopic } from '@headwater/events';
import { createHttpServer, type HttpContext, HttpError, type HttpSecurity, PrometheusText } from '@headwater/http';
import { type Logger, silentLogger } from '@headwater/logger';
import { recordText } from '../logs/decode/bounds.ts';
import { logRecordSchema } from '../logs/log-record-schema.ts';
import { SpanLog } from '../spans/span-log.ts';
import { TopicWriter } from '../topic/topic-writer.ts';
import { logsOfOtlp } from './logs-of-otlp.ts';
import { OtlpCounts, type OtlpSignal } from './otlp-counts.ts';
import type { OtlpLogs } from './otlp-logs.ts';
import type { OtlpMetrics } from './otlp-metrics.ts';
import { OtlpError } from './otlp-values.ts';
import { readOtlpLogs } from './read-otlp-logs.ts';
import { readOtlpMetrics } from './read-otlp-metrics.ts';
import { readOtlpTraces } from './read-otlp-traces.ts';
import { samplesOfOtlp } from './samples-of-otlp.ts';
import { spansOfOtlp } from './span-of-otlp.ts';
import { errorBytes, partialSuccessBytes } from './write-otlp-proto.ts';
import { ZipkinForwarder } from './zipkin-forwarder.ts';

export interface OtlpOptions {
  /** The event store: what comes in is kept there. */
  bootstrap: string;
  /** A schema registry, where the schemas of what is kept are put. */
  registryUrl?: string;
  /** A Zipkin elsewhere that gets the spans too; what it does not take is dropped and counted. Default: none. */
  zipkinUrl?: string;
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 4318; 0 lets the system choose. */
  port?: number;
  /** Of spans. Default `headwater-spans`. */
  topic?: string;
  /** Of the topic, where it is made. Default 3. */
  partitions?: number;
  /** How long what came is kept on the log, where the topic is made. Default 7 days. */
  retentionMs?: number;
  /** Largest body, before and after inflating. Default 20 MiB. */
  maxBodyBytes?: number;
  allowedHosts?: readonly string[];
  allowedOrigins?: readonly string[];
  /** TLS, and who may call. Default: neither. */
  security?: HttpSecurity;
  logger?: Logger;
}

export interface Otlp {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** May be called twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const protobuf = 'application/x-protobuf';
/** Messages by what they hold. */
const requests: Readonly<Record<string, string>> = {
  resourceSpans: 'ExportTraceServiceRequest',
  resourceMetrics: 'ExportMetricsServiceRequest',
  resourceLogs: 'ExportLogsServiceRequest',
};
/** A record's time further off than this would keep or drop whole segments of the log. */
const skewMaxMs = 86_400_000;

/**
 * Starts a receiver of OTLP/HTTP (Protocol Buffers and JSON): OpenTelemetry's SDKs and collectors send to it.
 * https://opentelemetry.io/docs/specs/otlp/#otlphttp
 *
 * @example
 * await using otlp = await startOtlp({ bootstrap: '127.0.0.1:9092', port: 0 });
 * // OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 for the service
 */
export async function startOtlp(options: OtlpOptions): Promise<Otlp> {
  const { bootstrap, logger = silentLogger } = options;
  const { registryUrl } = options;
  const kept = { bootstrap, registryUrl, partitions: options.partitions ?? 3, logger };
  const retentionMs = options.retentionMs ?? 7 * 86_400_000;
  const spanLog = new SpanLog({ ...kept, topic: options.topic ?? 'headwater-spans', retentionMs });
  const sampleLog = new TopicWriter({
    ...kept,
    ...metricSamplesTopic,
    topic: metricSamplesTopic.name,
    schema: metricSampleSchema,
  });
  const logLog = new TopicWriter({ ...kept, topic: 'headwater-logs', schema: logRecordSchema, retentionMs });
  const forwarder =
    options.zipkinUrl === undefined ? undefined : new ZipkinForwarder({ url: options.zipkinUrl, logger });
  const server = createHttpServer({
    name: 'otlp',
    ...options.security,
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 4318,
    http2: true,
    maxBodyBytes: options.maxBodyBytes ?? 20 * 1024 * 1024,
    ...(options.allowedHosts !== undefined && { allowedHosts: options.allowedHosts }),
    ...(options.allowedOrigins !== undefined && { allowedOrigins: options.allowedOrigins }),
    logger,
    onError: answerError,
  });
  const counts = new OtlpCounts();
  const accepted = (signal: OtlpSignal, count: number, left: { rejected: number; reason: string }): void => {
    counts.add(signal, count, left.rejected);
    if (left.rejected > 0)
      logger.warn({ signal, rejected: left.rejected, reason: left.reason }, 'what cannot be used was left out');
  };
  server.route('POST', '/v1/traces', async (ctx) => {
    const request = await read(ctx, readOtlpTraces, 'resourceSpans', spansOfOtlp);
    await spanLog.write(request.spans);
    forwarder?.forward(request.spans);
    accepted('spans', request.spans.length, request);
    answer(ctx, 'Spans', request.rejected, request.reason);
  });
  server.route('POST', '/v1/metrics', async (ctx) => {
    const nowMs = Date.now();
    const request = await read(ctx, readOtlpMetrics, 'resourceMetrics', (metrics: OtlpMetrics) =>
      samplesOfOtlp(metrics, nowMs),
    );
    const records = request.samples.map((sample) => ({
      key: sample.service,
      value: JSON.stringify(sample),
      timestamp: recordTime(sample.timestampMs, nowMs),
    }));
    await sampleLog.writeOrRefuse(records, 'samples');
    accepted('data_points', request.points, request);
    answer(ctx, 'DataPoints', request.rejected, request.reason);
  });
  server.route('POST', '/v1/logs', async (ctx) => {
    const nowMs = Date.now();
    const request = await read(ctx, readOtlpLogs, 'resourceLogs', (logs: OtlpLogs) => logsOfOtlp(logs, nowMs));
    const records = request.records.map((record) => ({
      key: record.service,
      value: recordText(record),
      timestamp: recordTime(record.timestampMs, nowMs),
    }));
    await logLog.writeOrRefuse(records, 'log records');
    counts.truncated += request.truncated;
    accepted('log_records', records.length, request);
    answer(ctx, 'LogRecords', request.rejected, request.reason);
  });
  server.route('GET', '/health', (ctx) => ctx.sendJson(200, { status: 'UP' }));
  server.route('GET', '/metrics', (ctx) =>
    ctx.send(200, counts.text(forwarder), { 'content-type': PrometheusText.contentType }),
  );
  const address = await server.listen();
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= server.close().then(async () => {
      await Promise.all([spanLog.close(), sampleLog.close(), logLog.close(), forwarder?.close()]);
    });
    return closed;
  };
  return { ...address, close, [Symbol.asyncDispose]: close };
}

/** When something happened, as long as the sender's clock is near enough. */
function recordTime(timestampMs: number, nowMs: number): number {
  return Math.abs(timestampMs - nowMs) > skewMaxMs ? nowMs : timestampMs;
}

function isProtobuf(ctx: HttpContext): boolean {
  return (ctx.req.headers['content-type'] ?? '').startsWith(protobuf);
}

/** The request in either form, as `keep` takes it. @throws HttpError */
async function read<Message extends object, Kept>(
  ctx: HttpContext,
  decode: (body: Buffer) => Message,
  resources: string,
  keep: (message: Message) => Kept,
): Promise<Kept> {
  const name = requests[resources]!;
  const type = (ctx.req.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (type !== protobuf && type !== 'application/json')
    throw new HttpError(
      415,
      'HW_TELEMETRY_TYPE',
      `a body of ${type || 'no type'} is not read: send ${protobuf} or application/json`,
    );
  try {
    const message = type === protobuf ? decode(await ctx.body()) : await ctx.json();
    if (typeof message !== 'object' || message === null || Array.isArray(message))
      throw new OtlpError(`the body must be an object with ${resources}: an ${name}`);
    return keep(message as Message);
  } catch (error) {
    if (error instanceof RangeError) throw wrong(`the body is no ${name}: ${error.message}`);
    if (error instanceof OtlpError || error instanceof TypeError) throw wrong(error.message);
    throw error;
  }
}

function wrong(message: string): HttpError {
  return new HttpError(400, 'HW_TELEMETRY_BAD_REQUEST', message);
}

function answer(ctx: HttpContext, name: string, rejected: number, reason: string): void {
  const partialSuccess = { [`rejected${name}`]: String(rejected), errorMessage: reason };
  if (isProtobuf(ctx)) ctx.send(200, partialSuccessBytes(rejected, reason), { 'content-type': protobuf });
  else ctx.sendJson(200, rejected === 0 ? {} : { partialSuccess });
}

/** google.rpc.Status, in the form of the request. */
function answerError(error: HttpError, ctx: HttpContext): void {
  // gRPC's numbers: INVALID_ARGUMENT, UNAUTHENTICATED, PERMISSION_DENIED, NOT_FOUND, UNAVAILABLE, UNKNOWN.
  const code = { 400: 3, 401: 16, 403: 7, 404: 5, 503: 14 }[error.status] ?? 2;
  if (isProtobuf(ctx)) ctx.send(error.status, errorBytes(code, error.message), { 'content-type': protobuf });
  else ctx.sendJson(error.status, { code, message: error.message });
}
