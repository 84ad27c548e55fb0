import { createHttpServer, type HttpSecurity } from '@headwater/http';
import { type Logger, silentLogger } from '@headwater/logger';
import { SpanLog } from '../spans/span-log.ts';
import { TraceStore } from '../traces/trace-store.ts';
import { addZipkinRoutes } from './zipkin-routes.ts';

export interface ZipkinOptions {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 9411; 0 lets the system choose. */
  port?: number;
  /** The event store: spans are records of `topic`, and a restart finds them again. Default: they are in memory only. */
  bootstrap?: string;
  /** A schema registry, where the schema of spans is put. */
  registryUrl?: string;
  /** Default `headwater-spans`. */
  topic?: string;
  /** Of the topic, where it is made. Default 3. */
  partitions?: number;
  /** How long spans are kept on the log. Default 7 days. */
  retentionMs?: number;
  /** How far back a restart reads. Default an hour. */
  restoreMs?: number;
  /** Bytes of spans that can be asked for. Default 64 MiB; the traces that have been quiet for longest go first. */
  maxBytes?: number;
  /** Largest body, before and after inflating. Default 10 MiB. */
  maxBodyBytes?: number;
  /** Tags whose values are offered while one searches. */
  autocompleteKeys?: readonly string[];
  allowedHosts?: readonly string[];
  allowedOrigins?: readonly string[];
  /** TLS, and who may call. Default: neither. */
  security?: HttpSecurity;
  logger?: Logger;
}

export interface Zipkin {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** May be called twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const dayMs = 86_400_000;

/**
 * Starts a server that receives spans as Zipkin does and answers its queries: for Brave, OpenTelemetry's Zipkin exporters, Zipkin's own page,
 * Grafana.
 *
 * @example
 * await using zipkin = await startZipkin({ port: 0 });
 * const span = { traceId: '1', id: '1', name: 'get', timestamp: Date.now() * 1000, localEndpoint: { serviceName: 'orders' } };
 * await fetch(`${zipkin.url}/api/v2/spans`, { method: 'POST', body: JSON.stringify([span]) });
 * console.log(await (await fetch(`${zipkin.url}/api/v2/services`)).json()); // ['orders']
 */
export async function startZipkin(options: ZipkinOptions = {}): Promise<Zipkin> {
  const { bootstrap, logger = silentLogger, retentionMs = 7 * dayMs } = options;
  const store = new TraceStore(options.maxBytes === undefined ? {} : { maxBytes: options.maxBytes });
  const log =
    bootstrap === undefined
      ? undefined
      : new SpanLog({
          bootstrap,
          topic: options.topic ?? 'headwater-spans',
          partitions: options.partitions ?? 3,
          retentionMs,
          registryUrl: options.registryUrl,
          logger,
        });
  const server = createHttpServer({
    name: 'zipkin',
    ...options.security,
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 9411,
    // Reporters of Java offer HTTP/2 by `Upgrade: h2c`; they are answered in HTTP/1.1, or in HTTP/2 where they know of it before.
    http2: true,
    maxBodyBytes: options.maxBodyBytes ?? 10 * 1024 * 1024,
    ...(options.allowedHosts !== undefined && { allowedHosts: options.allowedHosts }),
    ...(options.allowedOrigins !== undefined && { allowedOrigins: options.allowedOrigins }),
    logger,
    metrics: {
      part: 'zipkin',
      collect(text) {
        const { bytes, evictedSpans, refusedSpans, spans, traces } = store.stats();
        text
          .gauge('headwater_zipkin_traces', 'Traces that can be asked for.', traces)
          .gauge('headwater_zipkin_spans', 'Their spans.', spans)
          .gauge('headwater_zipkin_bytes', 'Bytes that they take.', bytes)
          .counter('headwater_zipkin_evicted_spans_total', 'Spans that made room for newer ones.', evictedSpans)
          .counter('headwater_zipkin_refused_spans_total', 'Spans of traces that have too many.', refusedSpans);
      },
    },
    // As Zipkin has it: the reason as text.
    onError: (error, ctx) => ctx.send(error.status, error.message, { 'content-type': 'text/plain; charset=utf-8' }),
  });
  addZipkinRoutes(server, {
    store,
    accept: async (spans) => {
      if (log === undefined) return store.add(spans);
      await log.write(spans);
    },
    defaultLookbackMs: retentionMs,
    autocompleteKeys: options.autocompleteKeys ?? [],
    now: Date.now,
  });
  server.route('GET', '/health', (ctx) => {
    const isUp = log === undefined || log.state.isReading;
    ctx.sendJson(isUp ? 200 : 503, { status: isUp ? 'UP' : 'DOWN', zipkin: { ...store.stats(), ...log?.state } });
  });
  server.route('GET', '/info', (ctx) => ctx.sendJson(200, { zipkin: { version: 'headwater' } }));
  // What a page of Zipkin asks before it asks for anything else.
  server.route('GET', '/zipkin/config.json', (ctx) =>
    ctx.sendJson(200, {
      environment: '',
      queryLimit: 10,
      defaultLookback: 900_000,
      searchEnabled: true,
      dependency: { enabled: true, lowErrorRate: 0.5, highErrorRate: 0.75 },
    }),
  );
  const address = await server.listen();
  log?.follow(options.restoreMs ?? 3_600_000, (spans) => store.add(spans));
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= server.close().then(() => log?.close());
    return closed;
  };
  return { ...address, close, [Symbol.asyncDispose]: close };
}
