import type { HttpContext, HttpServer } from '@headwater/http';
import type { Clock } from '../clock.ts';
import { DiscoveryError } from '../discovery-error.ts';
import type { SharingState } from '../log/shared-registry.ts';
import { type ExplainRoom, explain } from '../registry/explain.ts';
import { urlFields } from '../registry/instance.ts';
import type { Lease } from '../registry/lease.ts';
import type { RecentEvents } from '../registry/recent-events.ts';
import type { Registry } from '../registry/registry.ts';
import type { SelfPreservation } from '../registry/self-preservation.ts';
import { unknownInstance } from './eureka-routes.ts';
import type { Watch } from './watch.ts';

export interface PeopleRoom {
  registry: Registry;
  selfPreservation: SelfPreservation;
  events: RecentEvents;
  clock: Clock;
  watch: Watch;
  serverName: string;
  /** Null: the registry is in memory alone. */
  sharing: () => SharingState | null;
}

const eventsMax = 1_000;

const inMemory: SharingState = {
  mode: 'memory',
  isConnected: true,
  degradedSinceMs: 0,
  waiting: 0,
  servers: [],
  explanation:
    'The registry is kept in the memory of this server: it is empty after a restart, until the instances register again.',
};

/** Adds what people and the console ask: the registry in plain words. Below `/api` and, for the gateway's `/api/discovery/…`, without it. */
export function addPeopleRoutes(server: HttpServer, room: PeopleRoom): void {
  const { registry, events, watch } = room;
  const add = (path: string, handler: (ctx: HttpContext) => void): void => {
    server.route('GET', path, handler);
    server.route('GET', `/api${path}`, handler);
  };
  const leaseOf = (ctx: HttpContext): Lease => {
    const app = ctx.params['app']!.toUpperCase();
    const id = ctx.params['id']!;
    const lease = registry.get(app, id);
    if (lease === undefined) throw unknownInstance(app, id);
    return lease;
  };

  server.route('GET', '/', (ctx) => ctx.sendJson(200, { part: 'discovery', eureka: '/eureka', api: '/api/instances' }));
  for (const path of ['/health', '/actuator/health']) {
    server.route('GET', path, (ctx) => {
      const { isConnected, explanation } = room.sharing() ?? inMemory;
      ctx.sendJson(200, { status: 'UP', ...(!isConnected && { degraded: explanation }) });
    });
  }
  add('/instances', (ctx) => {
    const explaining = explainRoom(room);
    const services = Array.from(registry.apps, ([name, leases]) => ({
      name,
      instances: Array.from(leases.values(), (lease) => describe(lease, explaining)),
    })).sort((a, b) => (a.name < b.name ? -1 : 1));
    ctx.sendJson(200, { services, selfPreservation: explaining.protection, server: serverFacts(room) });
  });
  add('/instances/:app', (ctx) => {
    const name = ctx.params['app']!.toUpperCase();
    const leases = registry.apps.get(name);
    if (leases === undefined)
      throw new DiscoveryError(404, 'HW_DISCOVERY_UNKNOWN_APP', `nobody has registered as ${name}`);
    const explaining = explainRoom(room);
    ctx.sendJson(200, { name, instances: Array.from(leases.values(), (lease) => describe(lease, explaining)) });
  });
  add('/instances/:app/:id', (ctx) => ctx.sendJson(200, describe(leaseOf(ctx), explainRoom(room))));
  add('/instances/:app/:id/why', (ctx) => {
    const lease = leaseOf(ctx);
    const { app: service, id: instanceId, status } = lease;
    const history = events.list({ service, instanceId, limit: 20 });
    ctx.sendJson(200, { service, instanceId, status, why: explain(lease, explainRoom(room)), history });
  });
  add('/events', (ctx) => {
    const limit = Number(ctx.query.get('limit') ?? 100);
    if (!Number.isInteger(limit) || limit < 1 || limit > eventsMax) {
      throw new DiscoveryError(400, 'HW_DISCOVERY_PARAMETER', `limit must be a number from 1 to ${eventsMax}`);
    }
    const service = ctx.query.get('app')?.toUpperCase();
    ctx.sendJson(200, { events: events.list({ service, instanceId: ctx.query.get('id') ?? undefined, limit }) });
  });
  add('/self-preservation', (ctx) => ctx.sendJson(200, explainRoom(room).protection));
  add('/watch', (ctx) => watch.open(ctx));
}

function serverFacts({ registry, serverName, sharing, watch }: PeopleRoom) {
  return {
    sharing: sharing() ?? inMemory,
    name: serverName,
    version: registry.version,
    instances: registry.size,
    statuses: registry.statusCounts,
    heartbeatsLastMinute: registry.renewalsLastMinute,
    watchers: watch.count,
  };
}

function explainRoom({ clock, registry, selfPreservation, serverName }: PeopleRoom): ExplainRoom {
  return { clock, protection: selfPreservation.state(registry.size), server: serverName };
}

/** An instance for people: times as epoch ms, and why. */
function describe(lease: Lease, room: ExplainRoom) {
  const { instance, override } = lease;
  const leftMs = Math.round(lease.expiresAtMs - room.clock.monotonicMs());
  const urls = Object.fromEntries(
    urlFields.flatMap((field) => (instance[field] === undefined ? [] : [[field, instance[field]]])),
  );
  return {
    service: lease.app,
    instanceId: lease.id,
    status: lease.status,
    reportedStatus: instance.status,
    override: override === null ? null : { status: override.status, sinceMs: override.sinceMs, by: override.by },
    hostName: instance.hostName,
    ipAddr: instance.ipAddr,
    port: instance.port,
    securePort: instance.securePort,
    ...urls,
    metadata: Object.fromEntries(instance.metadata),
    registeredMs: lease.registrationTimestamp,
    upSinceMs: lease.serviceUpTimestamp,
    lastHeartbeatMs: lease.lastRenewalTimestamp,
    lease: {
      durationSeconds: instance.durationInSecs,
      renewalIntervalSeconds: instance.renewalIntervalInSecs,
      leftMs,
      isExpired: leftMs <= 0,
      heldBy: lease.holder,
    },
    why: explain(lease, room),
  };
}
