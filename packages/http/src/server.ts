import {
  createServer,
  type IncomingMessage,
  METHODS,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Logger, silentLogger } from '@headwater/logger';
import createRouter, { type HTTPMethod } from 'find-my-way';
import { guardBrowser } from './browser-guard.ts';
import { acceptCleartextHttp2 } from './cleartext-http2.ts';
import { type ContextHost, HttpContext } from './context.ts';
import { errorBody, HttpError } from './http-error.ts';
import { Http2Sessions } from './http2-sessions.ts';
import { PrometheusText } from './prometheus-text.ts';
import { RequestMetrics } from './request-metrics.ts';
import type { SseStream } from './sse.ts';
import { acceptTlsHttp2, http2Protocols } from './tls-http2.ts';

export type Handler = (ctx: HttpContext) => unknown | Promise<unknown>;

/** A certificate and its private key. */
export interface HttpTlsOptions {
  /** PEM: its own, and what leads to its authority. */
  certificate: string;
  /** PEM. */
  key: string;
  /**
   * PEM: callers are asked for a certificate of this authority. One without is served all the same: `socket.authorized` tells. Default: nobody is asked.
   */
  clientCa?: string;
}

/** Who may call a server, and how the way there is protected: the same for all parts of one system. */
export interface HttpSecurity {
  /** Default: no TLS. */
  tls?: HttpTlsOptions;
  /**
   * Asked before each request is handled, and before each upgrade; throws HttpError (401, 403) where a caller may not do this. Default: whoever reaches the
   * server may do everything.
   */
  authenticate?: (req: IncomingMessage) => void | Promise<void>;
}

export interface HttpMetricsOptions {
  /** A label of the request metrics: which part of the platform this is. */
  part: string;
  /** Default `/metrics`. */
  path?: string;
  /** Adds metrics of the part's own; names begin with `headwater_`. */
  collect?: (text: PrometheusText) => void | Promise<void>;
}

export interface HttpServerOptions extends HttpSecurity {
  /** Names the server in its log lines. */
  name: string;
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 0: the system chooses. */
  port?: number;
  /** Largest body, before and after inflating. Default 10 MiB. */
  maxBodyBytes?: number;
  /** Most connections at once. Default 10,000. */
  maxConnections?: number;
  /** How long a connection has for its TLS handshake, and then for the head of a request. Default 10 s. */
  headTimeoutMs?: number;
  /** Host names that are answered besides the loopback names and IP addresses: a list, or a test. */
  allowedHosts?: readonly string[] | ((name: string) => boolean);
  /** Origins of other sites whose pages may call: a list, or a test. Default: none. */
  allowedOrigins?: readonly string[] | ((origin: string, req: IncomingMessage) => boolean);
  /**
   * HTTP/2 on the same port: over TLS for callers that choose it, without TLS for those that speak it at once
   * (`curl --http2-prior-knowledge`). Default false.
   */
  http2?: boolean;
  /**
   * Which requests for another protocol go to listeners of `server`'s `upgrade`; others are answered as if they had not asked, as clients
   * of HTTP/2 expect. Default: all, where there is a listener.
   */
  isUpgraded?: (req: IncomingMessage) => boolean;
  /** Headers on every answer. */
  headers?: Record<string, string>;
  /** How long close() waits for answers under way. Default 1,000 ms. */
  drainTimeoutMs?: number;
  /** Writes an error in the imitated protocol's own shape. */
  onError?: (error: HttpError, ctx: HttpContext) => void;
  /** Serves `/metrics`: requests by route, and what `collect` adds. Default: no such page, and nothing is counted. */
  metrics?: HttpMetricsOptions;
  /** Answers what no route takes (default: 404, or 405 with `Allow`). */
  onNotFound?: Handler;
  logger?: Logger;
}

export interface HttpAddress {
  url: string;
  host: string;
  port: number;
}

export interface HttpServer {
  /** Adds a route; `path` as find-my-way has it: `/a/:id`, `/files/*`. */
  route(method: string | readonly string[], path: string, handler: Handler, options?: { maxBodyBytes?: number }): void;
  listen(): Promise<HttpAddress>;
  /** Stops accepting, ends streams, waits for answers under way. May be called twice. */
  close(): Promise<void>;
  readonly server: Server;
}

const heartbeatMs = 15_000;

interface Route {
  /** As it was declared. */
  path: string;
  handler: Handler;
  maxBodyBytes: number;
}

/**
 * An HTTP server with the manners that every part shares: bounds, browser guard, routes, JSON errors, clean close.
 *
 * @example
 * const server = createHttpServer({ name: 'hello' });
 * server.route('GET', '/hello/:name', (ctx) => ctx.sendJson(200, { hello: ctx.params.name }));
 * const { url } = await server.listen();
 * console.log(await (await fetch(`${url}/hello/ada`)).json()); // { hello: 'ada' }
 * await server.close();
 */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const logger = options.logger ?? silentLogger;
  const host = options.host ?? '127.0.0.1';
  const maxBodyBytes = options.maxBodyBytes ?? 10 * 1024 * 1024;
  const guard = { allowedHosts: options.allowedHosts ?? [], allowedOrigins: options.allowedOrigins ?? [] };
  const router = createRouter({ ignoreTrailingSlash: true, maxParamLength: 4096 });
  const streams = new Set<SseStream>();
  const closing = new AbortController();
  const contextHost: ContextHost = {
    headers: options.headers ?? {},
    closing: closing.signal,
    openStream(stream) {
      streams.add(stream);
      void stream.closed.then(() => streams.delete(stream));
      if (closing.signal.aborted) stream.close();
    },
  };

  const headTimeoutMs = options.headTimeoutMs ?? 10_000;
  const settings: ServerOptions = {
    // Slow-loris: a head must arrive within headersTimeout; a body may take as long as it keeps flowing (requestTimeout 0).
    headersTimeout: headTimeoutMs,
    requestTimeout: 0,
    keepAliveTimeout: 65_000,
    maxHeaderSize: 16 * 1024,
    connectionsCheckingInterval: Math.min(5_000, headTimeoutMs),
    noDelay: true,
    ...(options.isUpgraded && { shouldUpgradeCallback: options.isUpgraded }),
  };
  const { tls } = options;
  const server =
    tls === undefined
      ? createServer(settings)
      : createTlsServer({
          ...settings,
          cert: tls.certificate,
          key: tls.key,
          minVersion: 'TLSv1.2',
          handshakeTimeout: headTimeoutMs,
          ...(tls.clientCa !== undefined && { ca: tls.clientCa, requestCert: true, rejectUnauthorized: false }),
          ...(options.http2 && { ALPNProtocols: http2Protocols }),
        });
  server.maxConnections = options.maxConnections ?? 10_000;
  server.maxRequestsPerSocket = 0;
  server.on('request', (req, res) => void serve(req, res));
  // Node ends such a connection without a word where nobody listens.
  server.on('connect', (_req, socket: Duplex) => {
    const error = new HttpError(405, 'HW_HTTP_METHOD', 'CONNECT is not served: this is no proxy to anywhere');
    const body = JSON.stringify(errorBody(error));
    socket.on('error', () => {});
    socket.end(
      `HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // Without a handshake there is no way to say anything.
    if (error.code === 'ECONNRESET' || error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT' || !socket.writable)
      return void socket.destroy();
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
    const reason =
      status === 431 ? 'Request Header Fields Too Large' : status === 408 ? 'Request Timeout' : 'Bad Request';
    socket.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  });

  const { metrics } = options;
  const requests = metrics === undefined ? undefined : new RequestMetrics();
  if (metrics !== undefined) {
    addRoute('GET', metrics.path ?? '/metrics', async (ctx) => {
      const text = new PrometheusText();
      await metrics.collect?.(text);
      requests!.write(text, metrics.part);
      ctx.send(200, text.toString(), { 'content-type': PrometheusText.contentType });
    });
  }

  function addRoute(
    method: string | readonly string[],
    path: string,
    handler: Handler,
    routeOptions?: { maxBodyBytes?: number },
  ): void {
    const route: Route = { path, handler, maxBodyBytes: routeOptions?.maxBodyBytes ?? maxBodyBytes };
    router.on([method].flat() as HTTPMethod[], path, () => {}, route);
  }

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const ctx = new HttpContext(req, res, contextHost, maxBodyBytes);
    res.on('error', () => {});
    let path = '';
    if (requests !== undefined) {
      const startedMs = performance.now();
      requests.active += 1;
      res.once('close', () => {
        requests.active -= 1;
        requests.add(ctx.method, path, res.statusCode, (performance.now() - startedMs) / 1_000);
      });
    }
    try {
      guardBrowser(req, guard);
      if (options.authenticate) await options.authenticate(req);
      const found = find(ctx);
      path = found.route.path;
      ctx.params = found.params;
      ctx.maxBodyBytes = found.route.maxBodyBytes;
      await found.route.handler(ctx);
    } catch (error) {
      fail(ctx, error);
    }
  }

  function find(ctx: HttpContext): { route: Route; params: Record<string, string> } {
    let match = router.find(ctx.method as HTTPMethod, ctx.path);
    if (match === null && ctx.method === 'HEAD') match = router.find('GET', ctx.path);
    if (match !== null) return { route: match.store as Route, params: match.params as Record<string, string> };
    if (options.onNotFound) return { route: { path: '', handler: options.onNotFound, maxBodyBytes }, params: {} };
    const allowed = METHODS.filter((method) => router.find(method as HTTPMethod, ctx.path) !== null);
    if (allowed.length > 0) {
      ctx.res.setHeader('allow', allowed.join(', '));
      throw new HttpError(
        405,
        'HW_HTTP_METHOD',
        `${ctx.method} is not served on ${ctx.path}: use ${allowed.join(', ')}`,
      );
    }
    throw new HttpError(404, 'HW_HTTP_NOT_FOUND', `nothing is served at ${ctx.method} ${ctx.path}`);
  }

  function fail(ctx: HttpContext, thrown: unknown): void {
    if (ctx.res.destroyed) return;
    let error = thrown as HttpError;
    if (!(thrown instanceof HttpError)) {
      logger.error(
        { server: options.name, method: ctx.method, path: ctx.path, error: String((thrown as Error)?.stack ?? thrown) },
        'request failed',
      );
      error = new HttpError(500, 'HW_HTTP_INTERNAL', 'the server failed on this request: see its log', {}, thrown);
    }
    if (ctx.res.headersSent) return void ctx.res.destroy();
    for (const [name, value] of Object.entries(error.headers)) ctx.res.setHeader(name, value);
    // An unread body would be taken for the next request: the connection cannot be kept.
    if (!ctx.req.complete && ctx.req.httpVersionMajor === 1) ctx.res.setHeader('connection', 'close');
    try {
      if (options.onError) options.onError(error, ctx);
      else ctx.sendJson(error.status, errorBody(error));
    } catch (cause) {
      logger.error({ server: options.name, error: String(cause) }, 'error answer failed');
      ctx.res.destroy();
    }
  }

  const http2 = options.http2 ? new Http2Sessions((req, res) => void serve(req, res)) : undefined;
  const endUntold = http2 && tls === undefined ? acceptCleartextHttp2(server, http2, headTimeoutMs) : undefined;
  if (http2 && tls !== undefined) acceptTlsHttp2(server as TlsServer, http2);
  let heartbeat: NodeJS.Timeout | undefined;
  let closed: Promise<void> | undefined;

  return {
    server,
    route: addRoute,
    listen() {
      return new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port: options.port ?? 0 }, () => {
          server.off('error', reject);
          server.on('error', (error) => logger.error({ server: options.name, error: error.message }, 'server error'));
          heartbeat = setInterval(() => {
            const quietBefore = Date.now() - heartbeatMs / 2;
            for (const stream of streams) if (stream.lastWriteMs < quietBefore) stream.comment();
          }, heartbeatMs);
          heartbeat.unref();
          const { port } = server.address() as AddressInfo;
          const name = host.includes(':') ? `[${host}]` : host;
          resolve({ url: `${tls === undefined ? 'http' : 'https'}://${name}:${port}`, host, port });
        });
      });
    },
    close() {
      closed ??= (async () => {
        clearInterval(heartbeat);
        closing.abort(new Error(`${options.name} is closing`));
        for (const stream of streams) stream.close();
        endUntold?.();
        http2?.close();
        if (!server.listening) return;
        const done = new Promise<void>((resolve) => server.close(() => resolve()));
        server.closeIdleConnections();
        const timer = setTimeout(() => {
          server.closeAllConnections();
          http2?.destroy();
        }, options.drainTimeoutMs ?? 1_000);
        await done;
        clearTimeout(timer);
      })();
      return closed;
    },
  };
}
