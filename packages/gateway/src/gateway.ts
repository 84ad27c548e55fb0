import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createHttpServer, guardBrowser, type HttpContext, HttpError } from '@headwater/http';
import { type Logger, silentLogger } from '@headwater/logger';
import { addressList } from './address-list.ts';
import { LiveMultiplexer, type LiveOptions } from './live/multiplexer.ts';
import { Parts } from './parts.ts';
import { Exchange, type Timeouts } from './proxy/exchange.ts';
import type { Plan } from './proxy/plan.ts';
import { correlationId, type Decision, Planner } from './proxy/planner.ts';
import { isWebSocket, passUpgrade, writeError } from './proxy/upgrade.ts';
import { UpstreamPool } from './proxy/upstream.ts';
import { Watchdog } from './proxy/watchdog.ts';
import type { RouteDefinition } from './routes/definition.ts';
import type { RouteRequest } from './routes/route-request.ts';
import { RouteTable } from './routes/route-table.ts';
import { ConsolePages } from './static/console.ts';
import { Traffic } from './traffic.ts';

export interface GatewayOptions {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 0: the system chooses. */
  port?: number;
  /** Tried in order before everything else. */
  routes: readonly RouteDefinition[];
  /** Key → base URL: served under `/api/KEY/**`. */
  parts: Readonly<Record<string, string>>;
  /** Addresses behind `lb://name`. */
  instances?: Readonly<Record<string, readonly string[]>>;
  /** The built console, served under `/ui/`; absent: no console. */
  consoleDir?: string;
  /** Host names that are answered besides the loopback names, IP addresses and what the routes' Host predicates name. */
  allowedHosts?: readonly string[];
  allowedOrigins?: readonly string[];
  /** Addresses whose `X-Forwarded-*` is believed and extended. Default none. */
  trustedProxies?: readonly string[];
  /** Defaults: connect 5 s, body idle 60 s, response 60 s. A route's metadata wins. */
  timeouts?: Partial<Timeouts>;
  /** Most requests under way to one upstream. Default 1,024. */
  maxInFlight?: number;
  live?: Partial<LiveOptions>;
  logger?: Logger;
}

export interface Gateway {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Replaces all routes at once; throws GatewayError and keeps the old ones when a new one is wrong. */
  setRoutes(routes: readonly RouteDefinition[], instances?: Readonly<Record<string, readonly string[]>>): void;
  /** Moves, adds or (undefined) removes a part. */
  setPart(key: string, url: string | undefined): void;
  /** Ends streams, waits up to a second for answers under way. May be called twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const timeoutDefaults: Timeouts = { connectTimeoutMs: 5_000, bodyIdleTimeoutMs: 60_000, responseTimeoutMs: 60_000 };
const liveDefaults: LiveOptions = {
  maxSubStreams: 16,
  maxClients: 500,
  maxQueuedEvents: 2_000,
  maxQueuedChars: 256 * 1024,
  responseTimeoutMs: 30_000,
  retryMinMs: 500,
  retryMaxMs: 10_000,
};

/**
 * Starts the front door: routes, parts, live streams and the console at one address.
 *
 * @example
 * await using gateway = await startGateway({
 *   parts: { search: 'http://127.0.0.1:9200' },
 *   routes: [{ id: 'query', uri: 'http://127.0.0.1:8184', predicates: ['Path=/query/**'], filters: ['StripPrefix=1'] }],
 * });
 * await fetch(`${gateway.url}/api/search/_cat/indices`);
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const logger = options.logger ?? silentLogger;
  const timeouts = { ...timeoutDefaults, ...options.timeouts };
  const instances = options.instances ?? {};
  const parts = new Parts(options.parts);
  const pool = new UpstreamPool({ maxInFlight: options.maxInFlight ?? 1_024, maxIdle: 128 });
  const planner = new Planner(new RouteTable(options.routes, { instances }), {
    pool,
    parts,
    isTrustedProxy: addressList(options.trustedProxies ?? []),
  });
  const watchdog = new Watchdog();
  const live = new LiveMultiplexer({ ...liveDefaults, ...options.live });
  const pages = options.consoleDir === undefined ? undefined : new ConsolePages(options.consoleDir);
  const traffic = new Traffic();
  const exchanges = new Set<Exchange>();
  const closing = new AbortController();
  const named = new Set(options.allowedHosts ?? []);
  const guard = {
    allowedHosts: (name: string) => named.has(name) || planner.table.acceptsHost(name),
    allowedOrigins: options.allowedOrigins ?? [],
  };

  const server = createHttpServer({
    name: 'gateway',
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    ...guard,
    logger,
    onNotFound: handle,
  });

  async function handle(ctx: HttpContext): Promise<void> {
    const { req, res } = ctx;
    try {
      if (ctx.method === 'TRACE')
        throw new HttpError(405, 'HW_GATEWAY_METHOD', 'TRACE is not served: it would show what the gateway adds');
      const request = planner.read(req);
      await ((await decide(req, res, request)) ?? builtIn(ctx, request) ?? nothing(request));
    } catch (error) {
      if (!res.headersSent) res.setHeader('x-correlation-id', correlationId(req));
      throw error;
    }
  }

  /** A route, else a part; undefined when it is neither's. */
  function decide(req: IncomingMessage, res: ServerResponse, request: RouteRequest): Promise<true> | undefined {
    const decision = planner.byRoute(req, request) ?? (isBuiltIn(request) ? undefined : planner.byPart(req, request));
    if (decision === undefined) return undefined;
    if ('answer' in decision) {
      res.writeHead(decision.answer.status, ['X-Correlation-Id', correlationId(req), ...decision.answer.headers]);
      res.end();
      return Promise.resolve(true);
    }
    return forward(req, res, decision.plan);
  }

  async function forward(req: IncomingMessage, res: ServerResponse, plan: Plan): Promise<true> {
    const count = traffic.begin(plan.name);
    const exchange = new Exchange(req, res, plan, timeoutsOf(plan), watchdog);
    exchanges.add(exchange);
    try {
      await exchange.run();
      count.end(res.statusCode);
    } catch (error) {
      count.end(error instanceof HttpError ? error.status : 500);
      if (error instanceof HttpError && error.status >= 500)
        logger.warn(
          { code: error.code, path: req.url, correlationId: plan.correlationId, error: error.message },
          'request not forwarded',
        );
      throw error;
    } finally {
      exchanges.delete(exchange);
    }
    return true;
  }

  function timeoutsOf(plan: Plan): Timeouts {
    if (plan.connectTimeoutMs === undefined && plan.responseTimeoutMs === undefined) return timeouts;
    return {
      ...timeouts,
      connectTimeoutMs: plan.connectTimeoutMs ?? timeouts.connectTimeoutMs,
      responseTimeoutMs: plan.responseTimeoutMs ?? timeouts.responseTimeoutMs,
    };
  }

  function isBuiltIn({ path }: RouteRequest): boolean {
    return path === '/api/live' || path.startsWith('/api/gateway/');
  }

  function builtIn(ctx: HttpContext, request: RouteRequest): Promise<void> | undefined {
    const { path } = request;
    if (path === '/ui' || path.startsWith('/ui/')) return consolePage(ctx, path);
    if (path !== '/' && path !== '/api' && path !== '/api/' && !isBuiltIn(request)) return undefined;
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') {
      ctx.res.setHeader('allow', 'GET, HEAD');
      throw new HttpError(405, 'HW_GATEWAY_METHOD', `${ctx.method} is not served on ${path}: use GET`);
    }
    ctx.res.setHeader('x-correlation-id', correlationId(ctx.req));
    if (path === '/')
      return Promise.resolve(ctx.send(302, undefined, { location: pages === undefined ? '/api' : '/ui/' }));
    if (path === '/api' || path === '/api/') return listParts(ctx);
    if (path === '/api/live') return live.serve(ctx, (target) => livePlan(ctx.req, target));
    if (path === '/api/gateway/routes') return Promise.resolve(ctx.sendJson(200, { routes: listRoutes() }));
    return undefined;
  }

  async function consolePage(ctx: HttpContext, path: string): Promise<void> {
    if (pages === undefined)
      throw new HttpError(404, 'HW_GATEWAY_NOT_FOUND', 'this gateway was started without the console (consoleDir)');
    if (path === '/ui') return void ctx.send(302, undefined, { location: '/ui/' });
    if (!(await pages.serve(ctx, path)))
      throw new HttpError(404, 'HW_GATEWAY_NOT_FOUND', `the console has no file ${path}`);
  }

  async function listParts(ctx: HttpContext): Promise<void> {
    const states = await parts.states();
    ctx.sendJson(200, {
      parts: states.map((state) => ({ ...state, ...traffic.of(`part "${state.key}"`) })),
      liveClients: live.clients,
    });
  }

  function listRoutes(): unknown[] {
    return planner.table.routes.map(({ id, order, uri, targets, predicates, filters, metadata }) => ({
      id,
      order,
      uri,
      targets: targets.map((target) => target.origin),
      predicates,
      filters,
      metadata,
      ...traffic.of(`route "${id}"`),
    }));
  }

  function livePlan(req: IncomingMessage, target: string): Plan {
    const request = planner.read(req, target, 'GET');
    const decision: Decision =
      planner.byRoute(req, request) ?? (isBuiltIn(request) ? undefined : planner.byPart(req, request));
    if (decision === undefined || !('plan' in decision)) throw notFound(request);
    return decision.plan;
  }

  function notFound({ path }: RouteRequest): HttpError {
    if (path.startsWith('/api/')) {
      const key = path.split('/')[2]!;
      return new HttpError(
        404,
        'HW_GATEWAY_NO_PART',
        `nothing is served at ${path}: no part has the key "${key}" (there are: ${parts.keys.join(', ') || 'none'})`,
      );
    }
    return new HttpError(
      404,
      'HW_GATEWAY_NOT_FOUND',
      `nothing is served at ${path}: no route takes it; /api lists the parts, /api/gateway/routes the routes`,
    );
  }

  function nothing(request: RouteRequest): never {
    throw notFound(request);
  }

  async function upgrade(req: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    socket.on('error', () => {});
    try {
      guardBrowser(req, guard);
      const request = planner.read(req);
      const decision = planner.byRoute(req, request) ?? (isBuiltIn(request) ? undefined : planner.byPart(req, request));
      if (decision === undefined || !('plan' in decision)) throw notFound(request);
      const count = traffic.begin(decision.plan.name);
      await passUpgrade(req, socket, head, decision.plan, {
        ...timeoutsOf(decision.plan),
        signal: closing.signal,
      }).finally(() => count.end(101));
    } catch (error) {
      const known =
        error instanceof HttpError
          ? error
          : new HttpError(500, 'HW_GATEWAY_UPGRADE', 'the upgrade failed: see the log');
      if (known !== error) logger.error({ error: String((error as Error).stack ?? error) }, 'upgrade failed');
      writeError(socket, known);
    }
  }

  // Only WebSocket handshakes leave the ordinary path: an `Upgrade: h2c` offer is a plain request with a body to be served.
  Object.assign(server.server, { shouldUpgradeCallback: isWebSocket });
  server.server.on('upgrade', (req, socket, head) => void upgrade(req, socket as Socket, head));
  server.server.on('checkContinue', (req, res) => server.server.emit('request', req, res));

  const address = await server.listen();
  for (const route of planner.table.routes)
    if (route.firstSegments === undefined && route.predicates.length === 1)
      logger.warn({ route: route.id }, `route "${route.id}" takes every path, the console and /api included`);
  let closed: Promise<void> | undefined;

  function retainUpstreams(): void {
    pool.retain(
      new Set([...parts.origins, ...planner.table.routes.flatMap((route) => route.targets.map((url) => url.origin))]),
    );
  }

  async function close(): Promise<void> {
    closing.abort();
    for (const exchange of exchanges) if (exchange.isStream) exchange.abort();
    await server.close();
    for (const exchange of exchanges) exchange.abort();
    watchdog.close();
    pool.close();
  }

  return {
    ...address,
    setRoutes(routes, newInstances = instances) {
      planner.table = new RouteTable(routes, { instances: newInstances });
      retainUpstreams();
    },
    setPart(key, url) {
      parts.set(key, url);
      retainUpstreams();
    },
    close: () => (closed ??= close()),
    [Symbol.asyncDispose]: () => (closed ??= close()),
  };
}
