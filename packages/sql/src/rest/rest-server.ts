import {
  createHttpServer,
  guardBrowser,
  type HttpAddress,
  type HttpContext,
  HttpError,
  type HttpSecurity,
} from '@headwater/http';
import { type Logger, silentLogger } from '@headwater/logger';
import { SqlError } from '../sql-error.ts';
import { ApiError, apiErrorOf, errorCodes } from './api-error.ts';
import { handleInserts } from './routes/inserts-route.ts';
import { handleKsql, handleTerminate } from './routes/ksql-route.ts';
import { handleCloseQuery, handleQuery, handleQueryStream } from './routes/query-routes.ts';
import type { RouteHost } from './routes/route-host.ts';
import {
  handleClusterStatus,
  handleHealth,
  handleInfo,
  handleMetadata,
  handleMetadataId,
  handleProperty,
  handleStatus,
  handleStatuses,
} from './routes/server-routes.ts';
import { handleWebSocket } from './routes/websocket-route.ts';
import { RunningQueries } from './running-queries.ts';
import type { SqlService } from './sql-service.ts';

export interface RestServerOptions {
  readonly service: SqlService;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: the system chooses. ksqlDB's own is 8088. */
  readonly port?: number;
  /** Largest body. Default 10 MiB. */
  readonly maxBodyBytes?: number;
  /** Most connections at once. Default 10,000. */
  readonly maxConnections?: number;
  readonly allowedHosts?: readonly string[];
  readonly allowedOrigins?: readonly string[];
  /** TLS, and who may call, WebSockets included. Default: neither. */
  readonly security?: HttpSecurity;
  /** How long a request waits for its `commandSequenceNumber`. Default 5,000 ms. */
  readonly commandTimeoutMs?: number;
  /** How long `close()` waits for answers under way. Default 1,000 ms. */
  readonly drainTimeoutMs?: number;
  readonly logger?: Logger;
}

export interface RestServer extends HttpAddress {
  /** Ends running queries, then the server. May be called twice. */
  close(): Promise<void>;
}

type Handle = (ctx: HttpContext, host: RouteHost) => void | Promise<void>;

const routes: readonly [method: string, path: string, handle: Handle][] = [
  ['GET', '/', (ctx) => ctx.send(307, undefined, { location: '/info' })],
  ['POST', '/ksql', handleKsql],
  ['POST', '/ksql/terminate', handleTerminate],
  ['POST', '/query', handleQuery],
  ['POST', '/query-stream', handleQueryStream],
  ['POST', '/inserts-stream', handleInserts],
  ['POST', '/close-query', handleCloseQuery],
  ['GET', '/info', handleInfo],
  ['GET', '/healthcheck', handleHealth],
  ['GET', '/clusterStatus', handleClusterStatus],
  ['GET', '/status', handleStatuses],
  ['GET', '/status/:type/:entity/:action', handleStatus],
  ['GET', '/is_valid_property/:name', handleProperty],
  ['GET', '/v1/metadata', handleMetadata],
  ['GET', '/v1/metadata/id', handleMetadataId],
  ['GET', '/chc/live', (ctx) => ctx.send(200)],
  ['GET', '/chc/ready', (ctx) => ctx.send(200)],
];

/**
 * ksqlDB's REST API over HTTP/1.1, HTTP/2 without TLS, and WebSocket, on one port.
 *
 * @throws the system's error where the port cannot be taken
 */
export async function startRestServer(options: RestServerOptions): Promise<RestServer> {
  const logger = options.logger ?? silentLogger;
  const guard = { allowedHosts: options.allowedHosts ?? [], allowedOrigins: options.allowedOrigins ?? [] };
  const { host: bindHost, port, maxBodyBytes, maxConnections, drainTimeoutMs } = options;
  const server = createHttpServer({
    name: 'sql',
    ...options.security,
    http2: true,
    isUpgraded: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
    ...guard,
    logger,
    metrics: {
      part: 'sql',
      collect: (text) => {
        text.gauge('headwater_sql_queries_sending', 'Queries whose rows are being sent.', running.count);
        options.service.metrics?.(text);
      },
    },
    onError: answerError,
    onNotFound: (ctx) => {
      const methods = routes.filter(([, path]) => path === ctx.path).map(([method]) => method);
      if (methods.length === 0)
        throw new HttpError(404, 'HW_HTTP_NOT_FOUND', `nothing is served at ${ctx.method} ${ctx.path}`);
      ctx.res.setHeader('allow', methods.join(', '));
      throw new HttpError(
        405,
        'HW_HTTP_METHOD',
        `${ctx.method} is not served on ${ctx.path}: use ${methods.join(', ')}`,
      );
    },
    ...(bindHost !== undefined && { host: bindHost }),
    ...(port !== undefined && { port }),
    ...(maxBodyBytes !== undefined && { maxBodyBytes }),
    ...(maxConnections !== undefined && { maxConnections }),
    ...(drainTimeoutMs !== undefined && { drainTimeoutMs }),
  });
  const running = new RunningQueries();
  const closing = new AbortController();
  let address: HttpAddress | undefined;
  const host: RouteHost = {
    service: options.service,
    running,
    logger,
    commandTimeoutMs: options.commandTimeoutMs ?? 5_000,
    address: () => `${address!.host}:${address!.port}`,
  };
  for (const [method, path, handle] of routes)
    server.route(method, path, async (ctx) => {
      try {
        await handle(ctx, host);
      } catch (thrown) {
        throw httpErrorOf(thrown);
      }
    });
  server.server.on('upgrade', async (req, socket, head) => {
    socket.on('error', () => {});
    try {
      guardBrowser(req, guard);
      await options.security?.authenticate?.(req);
    } catch (error) {
      const status = error instanceof HttpError ? error.status : 400;
      return void socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    }
    if (!/^\/ws\/query\/?(?:\?|$)/.test(req.url ?? ''))
      return void socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    void handleWebSocket(req, socket, head, host, closing.signal);
  });
  address = await server.listen();
  let closed: Promise<void> | undefined;
  return {
    ...address,
    close() {
      closed ??= (async () => {
        closing.abort();
        running.closeAll();
        await server.close();
      })();
      return closed;
    },
  };
}

/** Errors of this API go through the server's as they are; it logs only what it does not know. */
function httpErrorOf(thrown: unknown): unknown {
  if (thrown instanceof HttpError || !(thrown instanceof ApiError || thrown instanceof SqlError)) return thrown;
  const error = apiErrorOf(thrown);
  return new HttpError(error.status, error.code, error.message, {}, error);
}

function answerError(error: HttpError, ctx: HttpContext): void {
  const { cause, status, message } = error;
  const answer = cause instanceof ApiError ? cause : new ApiError(codeOf(status), message);
  ctx.sendJson(answer.status, answer.body, { 'content-type': 'application/json' });
}

/** ksqlDB's code for errors that the HTTP server found. */
function codeOf(status: number): number {
  return status === 500 ? errorCodes.serverError : status * 100;
}
