import { createHttpServer, type HttpContext, HttpError, type HttpSecurity } from '@headwater/http';
import { type Logger, silentLogger } from '@headwater/logger';
import { SpanError } from '../spans/span-error.ts';
import { SpanLog, writeOrRefuse } from '../spans/span-log.ts';
import type { OtlpTraces } from './otlp-trace.ts';
import { readOtlpTraces } from './read-otlp-proto.ts';
import { type OtlpSpans, spansOfOtlp } from './span-of-otlp.ts';
import { errorBytes, partialSuccessBytes } from './write-otlp-proto.ts';

export interface OtlpOptions {
  /** The event store: what comes in is kept there. */
  bootstrap: string;
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 4318; 0 lets the system choose. */
  port?: number;
  /** Of spans. Default `headwater-spans`. */
  topic?: string;
  /** Of the topic, where it is made. Default 3. */
  partitions?: number;
  /** How long spans are kept on the log, where the topic is made. Default 7 days. */
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
  const log = new SpanLog({
    bootstrap,
    topic: options.topic ?? 'headwater-spans',
    partitions: options.partitions ?? 3,
    retentionMs: options.retentionMs ?? 7 * 86_400_000,
    logger,
  });
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
  server.route('POST', '/v1/traces', async (ctx) => {
    const { reason, rejected, spans } = await readTraces(ctx);
    await writeOrRefuse(log, spans);
    if (rejected > 0) logger.warn({ rejected, reason }, 'spans that cannot be used were left out');
    answer(ctx, rejected, reason);
  });
  for (const signal of ['logs', 'metrics'])
    server.route('POST', `/v1/${signal}`, () => {
      throw new HttpError(404, 'HW_TELEMETRY_SIGNAL', `${signal} are not taken yet: send traces to /v1/traces`);
    });
  server.route('GET', '/health', (ctx) => ctx.sendJson(200, { status: 'UP' }));
  const address = await server.listen();
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= server.close().then(() => log.close());
    return closed;
  };
  return { ...address, close, [Symbol.asyncDispose]: close };
}

function isProtobuf(ctx: HttpContext): boolean {
  return (ctx.req.headers['content-type'] ?? '').startsWith(protobuf);
}

async function readTraces(ctx: HttpContext): Promise<OtlpSpans> {
  const type = (ctx.req.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (type !== protobuf && type !== 'application/json')
    throw new HttpError(
      415,
      'HW_TELEMETRY_TYPE',
      `a body of ${type || 'no type'} is not read: send ${protobuf} or application/json`,
    );
  try {
    const traces = type === protobuf ? readOtlpTraces(await ctx.body()) : await ctx.json();
    if (typeof traces !== 'object' || traces === null || Array.isArray(traces))
      throw new SpanError('the body must be an object with resourceSpans');
    return spansOfOtlp(traces as OtlpTraces);
  } catch (error) {
    if (error instanceof RangeError) throw wrong(`the body is no ExportTraceServiceRequest: ${error.message}`);
    if (error instanceof SpanError || error instanceof TypeError) throw wrong(error.message);
    throw error;
  }
}

function wrong(message: string): HttpError {
  return new HttpError(400, 'HW_TELEMETRY_BAD_REQUEST', message);
}

function answer(ctx: HttpContext, rejected: number, reason: string): void {
  const partialSuccess = { rejectedSpans: String(rejected), errorMessage: reason };
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
