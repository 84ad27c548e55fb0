import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { EventTopic } from '@headwater/events';
import { createHttpServer, type HttpTlsOptions } from '@headwater/http';
import { type Logger, silentLogger } from '@headwater/logger';
import type { RetryBudgetOptions } from '@headwater/resilience';
import type { DiscoveryClient } from '@headwater/service/discovery';
import { addressList } from './address-list.ts';
import { createAuth } from './auth/auth.ts';
import type { AuthOptions } from './auth/auth-options.ts';
import { BuiltIns } from './built-ins.ts';
import { createCalls } from './calls/calls-module.ts';
import type { CircuitBreakerSettings, CircuitBreakers } from './calls/circuit-breakers.ts';
import type { InstanceSource } from './calls/instance-source.ts';
import type { LoadBalancerOptions, Services } from './calls/services.ts';
import { ConfigServer, type ConfigServerOptions, configurationEndpoint } from './configure/config-server.ts';
import { OwnConfigurationState } from './configure/own-configuration.ts';
import type { ConfiguredGateway } from './configure/route-properties.ts';
import { corsStage } from './cors/cors-stage.ts';
import { type GlobalCors, GlobalCorsRules } from './cors/global-cors.ts';
import { preflightMethod } from './cors/preflight.ts';
import { Dispatcher } from './dispatcher.ts';
import { LeanFront } from './front/lean-front.ts';
import { createLimits, type LimitsOptions } from './limits/limits.ts';
import { LiveMultiplexer, type LiveOptions } from './live/multiplexer.ts';
import { AuditTrail, auditTopic } from './observe/audit-trail.ts';
import { Changes } from './observe/changes.ts';
import { healthEndpoints } from './observe/health.ts';
import { createObserve } from './observe/observe-module.ts';
import { Parts } from './parts.ts';
import { splitTarget } from './path-safety.ts';
import { authorities } from './proxy/authorities.ts';
import type { Timeouts } from './proxy/exchange.ts';
import { Planner } from './proxy/planner.ts';
import { isWebSocket } from './proxy/upgrade.ts';
import { UpstreamPool } from './proxy/upstream.ts';
import { Watchdog } from './proxy/watchdog.ts';
import { RedisLink } from './redis/redis-link.ts';
import type { RouteDefinition } from './routes/definition.ts';
import { xForwardedRemoteAddr } from './routes/predicates/x-forwarded-remote-addr.ts';
import { RouteRequest } from './routes/route-request.ts';
import { RouteTable } from './routes/route-table.ts';
import type { GatewayHost, GatewayModule } from './stages/module.ts';
import type { Guard, Instance } from './stages/policies.ts';
import { inOrder } from './stages/stage.ts';
import { ConsolePages } from './static/console.ts';
import { Traffic } from './traffic.ts';
import { createVersions, type VersionOptions } from './versions/versions.ts';

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
  /**
   * Defaults: connect 5 s, body idle 60 s, response 60 s; a route's metadata wins. `headTimeoutMs`: how long a caller's connection has for its TLS
   * handshake, and then for the head of a request; default 10 s.
   */
  timeouts?: Partial<Timeouts> & { headTimeoutMs?: number };
  /** Most requests under way to one upstream. Default 1,024. */
  maxInFlight?: number;
  live?: Partial<LiveOptions>;
  /** Redis for what gateways share: limits, sessions. Absent: each gateway has its own, in memory. */
  redis?: { url: string; timeoutMs?: number };
  limits?: LimitsOptions;
  /** Who may call. Absent: everybody, and whatever credentials come are the upstreams' to judge. */
  auth?: AuthOptions;
  logger?: Logger;
  /** Who may call from other origins; `cors` in a route's metadata does the same for that route. Default: nobody. */
  globalcors?: GlobalCors;
  /** Where the predicate `Version` finds what a request asks for. Default: the header X-API-Version, and Accept. */
  versions?: VersionOptions;
  /** A certificate and its key (PEM): the gateway speaks TLS, with HTTP/2 for callers that choose it. Default: none. */
  tls?: HttpTlsOptions;
  /** HTTP/2 over TLS, and without it by prior knowledge. Default true. */
  http2?: boolean;
  /** Address of a Eureka server that knows the instances behind `lb://name`. A name that `instances` lists is not looked for there. */
  discoveryUrl?: string;
  /** A Config Server whose application `gateway` holds more routes (`spring.cloud.gateway.routes` …) and settings of breakers, live. Its routes come first. */
  configServer?: ConfigServerOptions;
  /** Instead of `discoveryUrl`: a client of your own. It is not closed with the gateway. */
  discovery?: InstanceSource;
  loadBalancer?: LoadBalancerOptions;
  /** Settings of the breakers that routes name: name → Resilience4j's properties, `default` for all. */
  circuitBreakers?: CircuitBreakerSettings;
  /** Properties with Spring's names, flattened: `resilience4j.circuitbreaker.…`. */
  properties?: Readonly<Record<string, unknown>>;
  /** Bound of what the filter `Retry` adds to a route's calls. Default 20 % and 10 a second. */
  retryBudget?: RetryBudgetOptions;
  /** Kafka, for the access log as events in `headwater-access-log`. Absent: none. */
  kafkaUrl?: string;
  /** Zipkin (API v2): sampled calls of routes become spans there. Absent: `traceparent` is passed on and made all the same. */
  zipkinUrl?: string;
  /** `sampleRate`: share of the traces that begin here and are sampled. Default 1. */
  tracing?: { sampleRate?: number };
  /** Filters, stages, guards, observers and endpoints of your own; they come after those of the gateway. */
  modules?: readonly ((host: GatewayHost) => GatewayModule)[];
}

export interface Gateway {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Replaces all routes (and what is given of the rest) at once; those of a Config Server stay. Throws GatewayError and keeps the old ones when a new one is wrong. */
  setRoutes(
    routes: readonly RouteDefinition[],
    instances?: Readonly<Record<string, readonly string[]>>,
    circuitBreakers?: CircuitBreakerSettings,
  ): void;
  /** Says why a new configuration could not be read, until `setRoutes` takes one: in `GET /api/gateway/configuration` and among the changes. */
  refuseConfiguration(reason: string): void;
  /** Resolves when each of these services of `lb://name` has an instance; false when `signal` ends the wait. */
  whenAllHaveInstances(services: readonly string[], signal: AbortSignal): Promise<boolean>;
  /** Moves, adds or (undefined) removes a part. */
  setPart(key: string, url: string | undefined): void;
  /** Ends streams, waits up to a second for answers under way. May be called twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** How long answers under way have when the gateway closes. */
const drainTimeoutMs = 1_000;
/** What the program that started the gateway has configured. */
interface OwnConfiguration {
  routes: readonly RouteDefinition[];
  instances: Readonly<Record<string, readonly string[]>>;
  circuitBreakers: CircuitBreakerSettings;
}

const headTimeoutDefaultMs = 10_000;
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
  const { headTimeoutMs = headTimeoutDefaultMs, ...givenTimeouts } = options.timeouts ?? {};
  const timeouts = { ...timeoutDefaults, ...givenTimeouts };
  let own: OwnConfiguration = {
    routes: options.routes,
    instances: options.instances ?? {},
    circuitBreakers: options.circuitBreakers ?? {},
  };
  let configured: ConfiguredGateway = { routes: [], circuitBreakers: {}, properties: {} };
  const closing = new AbortController();
  const changes = new Changes();
  const ownConfiguration = new OwnConfigurationState(own.routes.length, changes);
  const redis = options.redis === undefined ? undefined : new RedisLink({ ...options.redis, logger });
  const discovery = options.discovery ?? (await discoveryClient(options.discoveryUrl, logger));
  const cors = new GlobalCorsRules(options.globalcors);
  const { modules, breakers, services } = modulesOf({ ...options, discovery, changes }, redis, {
    logger,
    closing: closing.signal,
    reload: () => compile(),
    prune: () => retainUpstreams(),
  });
  const observers = modules.flatMap((module) => module.observers ?? []);
  const stages = inOrder([
    ...(cors.isEmpty ? [] : [corsStage((call) => call.route?.cors ?? cors.find(call.path))]),
    ...modules.flatMap((module) => module.stages ?? []),
  ]);
  const guardOf = (name: string): Guard | undefined => firstOf(modules, (module) => module.guardOf?.(name));
  const kinds = {
    filters: new Map(modules.flatMap((module) => module.filters ?? []).map((kind) => [kind.name, kind])),
    predicates: new Map(modules.flatMap((module) => module.predicates ?? []).map((kind) => [kind.name, kind])),
    pickerOf: (service: string, metadata: Readonly<Record<string, unknown>>, listed: readonly Instance[]) =>
      firstOf(modules, (module) => module.pickerOf?.(service, metadata, listed)),
    guardOf,
    stages,
  };
  const parts = new Parts(options.parts);
  const pool = new UpstreamPool({
    maxInFlight: options.maxInFlight ?? 1_024,
    maxIdle: 128,
    tls: { ca: authorities() },
  });
  const planner = new Planner(new RouteTable(routesOf(own, configured), { instances: own.instances, ...kinds }), {
    parts,
    isTrustedProxy: addressList(options.trustedProxies ?? []),
    isCorsPath: (path) => cors.find(path) !== undefined,
    guardOf,
  });
  const watchdog = new Watchdog();
  const traffic = new Traffic();
  const builtIns = new BuiltIns({
    parts,
    planner,
    traffic,
    live: new LiveMultiplexer({ ...liveDefaults, ...options.live }, { pool, observers }),
    pages: options.consoleDir === undefined ? undefined : new ConsolePages(options.consoleDir),
    endpoints: [
      ...modules.flatMap((module) => module.endpoints ?? []),
      configurationEndpoint(
        () => ownConfiguration.state,
        () => configServer?.state ?? null,
      ),
    ],
  });
  const named = new Set(options.allowedHosts ?? []);
  const guard = {
    allowedHosts: (name: string) => named.has(name) || planner.table.acceptsHost(name),
    allowedOrigins: (origin: string, req: IncomingMessage) =>
      options.allowedOrigins?.includes(origin) === true || isCorsOrigin(origin, req),
  };
  const dispatcher = new Dispatcher({
    planner,
    parts,
    builtIns,
    traffic,
    timeouts,
    exchangeHost: { watchdog, pool, observers },
    stages,
    observers,
    guard,
    closing: closing.signal,
    logger,
  });
  builtIns.liveSource = (call, target) => dispatcher.live(call.req, target);

  const server = createHttpServer({
    name: 'gateway',
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    ...guard,
    ...(options.tls && { tls: options.tls }),
    http2: options.http2 ?? true,
    headTimeoutMs,
    logger,
    onNotFound: (ctx) => dispatcher.handle(ctx),
  });
  // Only WebSocket handshakes leave the ordinary path: an `Upgrade: h2c` offer is a plain request with a body to be served.
  Object.assign(server.server, { shouldUpgradeCallback: isWebSocket });
  server.server.on('upgrade', (req, socket, head) => void dispatcher.upgrade(req, socket as Socket, head));
  server.server.on('checkContinue', (req, res) => server.server.emit('request', req, res));
  const front = new LeanFront(server.server, (req, res) => dispatcher.handlePlain(req, res), headTimeoutMs);

  // The first requests are to be counted where all gateways count; a Redis that is down is not waited for.
  await redis?.start();
  const address = await server.listen().catch((error: unknown) => {
    redis?.close();
    throw error;
  });
  for (const route of planner.table.routes)
    if (route.firstSegments === undefined && route.predicates.length === 1)
      logger.warn({ route: route.id }, `route "${route.id}" takes every path, the console and /api included`);
  let closed: Promise<void> | undefined;

  const configServer =
    options.configServer && new ConfigServer(options.configServer, (next) => configure(own, next), changes, logger);

  /** For the browser guard, which comes before the routes. */
  function isCorsOrigin(origin: string, req: IncomingMessage): boolean {
    if (cors.isEmpty && !planner.table.routes.some((route) => route.cors !== undefined)) return false;
    try {
      const { path, search } = splitTarget(req.url ?? '/');
      const method = preflightMethod(req.method, req.headers) ?? req.method ?? 'GET';
      const request = new RouteRequest(method, path, search, req.headers, req.socket.remoteAddress ?? '');
      const rules = planner.table.find(request)?.route.cors ?? cors.find(path);
      // Whether it is allowed is for the stage to say, in words about it.
      return rules?.allowsOrigin(origin) === true;
    } catch {
      return false;
    }
  }

  function compile(): void {
    planner.table = new RouteTable(routesOf(own, configured), { instances: own.instances, ...kinds });
    retainUpstreams();
  }

  /** Puts all of it in force, or throws GatewayError and nothing has changed. Calls under way keep the route that they have. */
  function configure(nextOwn: OwnConfiguration, next: ConfiguredGateway): void {
    const takeBreakers = breakers.prepare(
      { ...nextOwn.circuitBreakers, ...next.circuitBreakers },
      { ...options.properties, ...next.properties },
    );
    try {
      planner.table = new RouteTable(routesOf(nextOwn, next), { instances: nextOwn.instances, ...kinds });
    } catch (error) {
      // What the new routes have told the services of their instances is taken back.
      compile();
      throw error;
    }
    takeBreakers();
    own = nextOwn;
    configured = next;
    retainUpstreams();
  }

  function retainUpstreams(): void {
    const picked = planner.table.routes.flatMap((route) => [...(route.picker?.origins() ?? [])]);
    pool.retain(new Set([...parts.origins, ...picked]));
  }

  async function close(): Promise<void> {
    closing.abort();
    await configServer?.close();
    for (const exchange of dispatcher.exchanges) if (exchange.isStream) exchange.abort();
    front.close();
    const timer = setTimeout(() => front.destroy(), drainTimeoutMs);
    await server.close();
    clearTimeout(timer);
    for (const exchange of dispatcher.exchanges) exchange.abort();
    watchdog.close();
    pool.close();
    for (const module of modules) await module.close?.();
    redis?.close();
    if (discovery !== options.discovery) await (discovery as DiscoveryClient).close();
  }

  return {
    ...address,
    setRoutes(routes, instances = own.instances, circuitBreakers = own.circuitBreakers) {
      try {
        configure({ routes, instances, circuitBreakers }, configured);
      } catch (error) {
        ownConfiguration.refused((error as Error).message);
        throw error;
      }
      ownConfiguration.applied(routes.length);
    },
    whenAllHaveInstances: (names, signal) => services.whenAllHaveInstances(names, signal),
    refuseConfiguration: (reason) => ownConfiguration.refused(reason),
    setPart(key, url) {
      parts.set(key, url);
      retainUpstreams();
    },
    close: () => (closed ??= close()),
    [Symbol.asyncDispose]: () => (closed ??= close()),
  };
}

/** The modules of a gateway, in the order in which they are asked. Each room adds its own here. */
function modulesOf(
  options: Omit<GatewayOptions, 'discovery'> & { discovery: InstanceSource | undefined; changes: Changes },
  redis: RedisLink | undefined,
  host: GatewayHost,
): { modules: readonly GatewayModule[]; breakers: CircuitBreakers; services: Services } {
  const allowedOrigins = new Set(options.allowedOrigins ?? []);
  const isTrustedProxy = addressList(options.trustedProxies ?? []);
  const { kafkaUrl } = options;
  const auditEvents =
    kafkaUrl === undefined
      ? undefined
      : new EventTopic({ topic: auditTopic, bootstrap: kafkaUrl, clientId: 'gateway', logger: host.logger });
  const audit = new AuditTrail(auditEvents);
  const auth = createAuth(options.auth, {
    host,
    audit,
    redis,
    listenHost: options.host ?? '127.0.0.1',
    isTrustedProxy,
    isAllowedOrigin: (origin) => allowedOrigins.has(origin),
  });
  const limits = createLimits(options.limits ?? {}, redis, audit, host);
  const calls = createCalls(options, host);
  const modules = [
    { name: 'addresses', predicates: [xForwardedRemoteAddr(isTrustedProxy)] },
    createVersions(options.versions ?? {}),
    { name: 'health', endpoints: healthEndpoints(redis, options.limits?.fail ?? 'local') },
    auth,
    limits,
    calls.module,
    createObserve({ ...options, modules: [auth, limits] }, calls, host),
    ...(options.modules ?? []).map((create) => create(host)),
    ...(auditEvents === undefined ? [] : [{ name: 'audit', close: () => auditEvents.close() }]),
  ];
  return { modules, breakers: calls.breakers, services: calls.services };
}

/** Those of the Config Server first; a route of ours with the same id gives way, as with Spring. */
function routesOf(own: OwnConfiguration, configured: ConfiguredGateway): readonly RouteDefinition[] {
  const ids = new Set(configured.routes.map((route) => route?.id));
  return [...configured.routes, ...own.routes.filter((route) => route?.id === undefined || !ids.has(route.id))];
}

async function discoveryClient(url: string | undefined, logger: Logger): Promise<DiscoveryClient | undefined> {
  if (url === undefined) return undefined;
  const { createDiscoveryClient } = await import('@headwater/service/discovery');
  return createDiscoveryClient({ url, logger });
}

function firstOf<T>(modules: readonly GatewayModule[], ask: (module: GatewayModule) => T | undefined): T | undefined {
  for (const module of modules) {
    const found = ask(module);
    if (found !== undefined) return found;
  }
  return undefined;
}
