import { randomBytes } from 'node:crypto';
import { EventTopic } from '@headwater/events';
import { createHttpServer, type HttpSecurity } from '@headwater/http';
import { type Logger, silentLogger } from '@headwater/logger';
import { type Clock, systemClock } from './clock.ts';
import { Answers } from './http/answers.ts';
import { discoveryMetrics } from './http/discovery-metrics.ts';
import { sendError } from './http/errors.ts';
import { addEurekaRoutes, eurekaBases } from './http/eureka-routes.ts';
import { addPeerReplication } from './http/peer-replication.ts';
import { addPeopleRoutes } from './http/people-routes.ts';
import { addStatusRoute } from './http/status-route.ts';
import { Watch } from './http/watch.ts';
import { SharedRegistry } from './log/shared-registry.ts';
import type { Change } from './registry/change.ts';
import { Eviction } from './registry/eviction.ts';
import type { Lease } from './registry/lease.ts';
import { RecentEvents } from './registry/recent-events.ts';
import { Registry } from './registry/registry.ts';
import { SelfPreservation, type SelfPreservationOptions } from './registry/self-preservation.ts';

/** What happens, for whoever wants to know. */
const eventsTopic = 'headwater-discovery-events';

export interface DiscoveryOptions {
  /**
   * Bootstrap addresses of the event store, or of any Kafka: the registry is then kept on a topic, survives a restart, and is shared by all
   * discovery servers there. Default: kept in memory.
   */
  bootstrap?: string;
  /** The topic; a second one for signs of life has `-pulse` after it. Default `_headwater-discovery`. */
  topic?: string;
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 8761; 0 lets the system choose. */
  port?: number;
  /** When silent instances are not evicted; see the README. */
  selfPreservation?: SelfPreservationOptions;
  /** Most instances. Default 100,000. */
  instancesMax?: number;
  /** TLS, and who may call. Default: neither. */
  security?: HttpSecurity;
  logger?: Logger;
  /** Default: the machine's time. */
  clock?: Clock;
}

export interface Discovery {
  /** `http://host:port`; clients append `/eureka`. */
  url: string;
  /** Ends watches, and closes. May be called twice. */
  close(): Promise<void>;
}

/** How long the start waits for the event store; then it goes on without, and catches up. */
const restoreTimeoutMs = 5_000;

/**
 * Starts a discovery server that speaks Eureka's REST operations.
 *
 * @example
 * const discovery = await startDiscovery({ port: 0 });
 * const instance = {
 *   instanceId: 'orders-1',
 *   app: 'ORDERS',
 *   hostName: '127.0.0.1',
 *   ipAddr: '127.0.0.1',
 *   dataCenterInfo: { '@class': 'com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo', name: 'MyOwn' },
 * };
 * await fetch(`${discovery.url}/eureka/apps/ORDERS`, {
 *   method: 'POST',
 *   headers: { 'content-type': 'application/json' },
 *   body: JSON.stringify({ instance }),
 * });
 * const answer = await fetch(`${discovery.url}/eureka/apps/ORDERS`, { headers: { accept: 'application/json' } });
 * console.log((await answer.json()).application.instance[0].status); // UP
 * await discovery.close();
 */
export async function startDiscovery(options: DiscoveryOptions = {}): Promise<Discovery> {
  const { logger = silentLogger, clock = systemClock } = options;
  const serverName = randomBytes(6).toString('hex');
  const selfPreservation = new SelfPreservation(options.selfPreservation);
  const events = new RecentEvents(serverName);
  const onChange = (change: Change): void => {
    answers.changed(change.lease);
    if (change.kind !== 'CANCELLED' && change.kind !== 'EXPIRED') {
      selfPreservation.heard(change.lease.key);
      eviction.expect(change.lease);
    }
    events.add(change);
    watch.changed(change);
    shared?.changed(change);
  };
  const registry = new Registry({
    clock,
    server: serverName,
    onChange,
    onRenewed: (lease) => shared?.renewed(lease),
    ...(options.instancesMax !== undefined && { instancesMax: options.instancesMax }),
  });
  const answers = new Answers(registry, clock);
  const watch = new Watch({ registry, answers });
  const shared =
    options.bootstrap === undefined
      ? null
      : new SharedRegistry({
          bootstrap: options.bootstrap,
          topic: options.topic ?? '_headwater-discovery',
          registry,
          name: serverName,
          url: () => url,
          clock,
          logger,
        });
  const told = shared === null ? null : new EventTopic({ topic: eventsTopic, client: shared.log.client, logger });
  events.onEvent((event) => {
    // Each server tells what happened on it.
    if (event.server !== serverName || told === null) return;
    const { id: _id, ...said } = event;
    told.tell(event.service, said, { timestampMs: event.timestampMs });
  });
  const eviction = new Eviction({
    ...(shared !== null && { keptUntil: (lease: Lease) => shared.keptUntil(lease) }),
    clock,
    registry,
    selfPreservation,
    onProtection(isProtecting) {
      const { explanation } = selfPreservation.state(registry.size);
      logger.warn({ registered: registry.size }, isProtecting ? explanation : 'self-preservation has ended');
      events.addProtection(isProtecting, explanation, clock.now());
    },
  });

  const server = createHttpServer({
    name: 'discovery',
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 8761,
    maxBodyBytes: 1024 * 1024,
    onError: sendError,
    logger,
    metrics: { part: 'discovery', collect: (text) => discoveryMetrics(text, registry) },
    ...options.security,
  });
  const startedMs = clock.now();
  let url = '';
  for (const base of eurekaBases) {
    addEurekaRoutes(server, base, { registry, answers, clock });
    addPeerReplication(server, base, { registry, answers, clock });
    server.route('GET', `${base}/watch`, (ctx) => watch.open(ctx));
    addStatusRoute(server, base, {
      startedMs,
      url: () => url,
      replicas: () => shared?.state.servers.map((server) => server.url) ?? [],
    });
  }
  addPeopleRoutes(server, {
    registry,
    selfPreservation,
    events,
    clock,
    watch,
    serverName,
    sharing: () => shared?.state ?? null,
  });

  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closing ??= (async () => {
      eviction.close();
      watch.close();
      await server.close();
      await told?.close();
      await shared?.close();
    })();
    return closing;
  };
  try {
    await shared?.restore(restoreTimeoutMs);
    ({ url } = await server.listen());
    shared?.announce();
  } catch (error) {
    await close();
    throw error;
  }
  logger.info({ url }, 'discovery is up');
  return { url, close };
}
