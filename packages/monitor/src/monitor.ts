import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { createHttpServer, type HttpSecurity } from '@headwater/http';
import { type Logger, silentLogger } from '@headwater/logger';
import { Hub, recordOf } from './board/hub.ts';
import { type Clock, systemClock } from './clock.ts';
import { type ConfigSource, followConfig } from './crawl/config-source.ts';
import { Crawler, type CrawlerOptions } from './crawl/crawler.ts';
import { type DiscoverySource, followDiscovery } from './crawl/discovery-source.ts';
import { readTargets, type Target } from './crawl/target.ts';
import { kindOfTopic } from './events/record-schemas.ts';
import { type LifecycleRecord, monitorTopics, type Tell } from './events/records.ts';
import type { MonitorFrame } from './extension.ts';
import { extensions } from './extensions.ts';
import { addMonitorRoutes } from './http/monitor-routes.ts';
import { addStateRoutes } from './http/state-routes.ts';
import { Checkpoint } from './log/checkpoint.ts';
import { EventReader, type ReadRecord } from './log/event-reader.ts';
import { EventWriter, originHeader } from './log/event-writer.ts';
import { LogTriggers, logsTopic } from './log/log-triggers.ts';

export interface MonitorOptions {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 9093; 0 lets the system choose. */
  port?: number;
  /** The event store: all events are records on topics, and a restart goes on from them. Default: they are in memory only. */
  bootstrap?: string | undefined;
  /** Schemas of the topics are registered there. */
  registryUrl?: string | undefined;
  /** A Eureka server: its instances are looked after. */
  discoveryUrl?: string | undefined;
  /** A Spring Cloud Config server: `monitor.targets` of the application `headwater-monitor` are looked after, live. */
  configUrl?: string | undefined;
  /** Services that no discovery knows: `{service, url}`, or `orders=http://127.0.0.1:8090`. */
  targets?: unknown;
  /** Of other parts, for what is built on the monitor: `sql`, `prometheus`, `gateway` … */
  urls?: Readonly<Record<string, string | undefined>>;
  /** Where it keeps how far it has read, and its counts. Default: a restart reads the topics again. */
  dataDir?: string | undefined;
  /** `monitor: {…}` of headwater.yaml. */
  settings?: Readonly<Record<string, unknown>>;
  /** Authority of the services' certificates, PEM, beside those that Node trusts. */
  ca?: string | undefined;
  allowedHosts?: readonly string[];
  allowedOrigins?: readonly string[];
  /** TLS, and who may call. Default: neither. */
  security?: HttpSecurity;
  clock?: Clock;
  times?: CrawlerOptions['times'];
  logger?: Logger;
}

export interface Monitor {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Resolves when what was on the topics before has been read, and services are looked after. */
  ready(): Promise<void>;
  /** May be called twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Memory of what was is a help, not a condition: an event store that does not answer for so long is not waited for. */
const caughtUpWaitMs = 10_000;
const tidyEveryMs = 30_000;
/** Ends of processes while nobody looked: more than these are found by what runs now. */
const missedMax = 1_000;
const discoveryEvents = 'headwater-discovery-events';

/** A caller waits so long for what it told to be on the log; while Kafka is away it is told that it is not. */
const keptWithinMs = 1_000;

/**
 * Starts the monitor: looks after all services that discovery, configuration or a list names, puts what happens on topics, and answers for it over HTTP.
 *
 * @example
 * await using monitor = await startMonitor({ port: 0, targets: [{ service: 'orders', url: 'http://127.0.0.1:8090' }] });
 * console.log(await (await fetch(`${monitor.url}/services`)).json());
 */
export async function startMonitor(options: MonitorOptions = {}): Promise<Monitor> {
  const { bootstrap, clock = systemClock, logger = silentLogger, registryUrl } = options;
  const hub = new Hub();
  const now = (): number => clock.now();
  const runId = randomUUID().slice(0, 12);
  const closers: (() => void | Promise<void>)[] = [];
  const starters: (() => void | Promise<void>)[] = [];
  const metrics: (() => string)[] = [];
  const checks = new Map<string, Parameters<MonitorFrame['onHealth']>[1]>();

  const writer =
    bootstrap === undefined
      ? undefined
      : new EventWriter({ bootstrap, registryUrl, clientId: 'headwater-monitor', runId, logger });
  // Known here at once, whether the event store takes it now or later; what comes back from it is known by its header.
  const tell: Tell = (kind, record) => {
    writer?.tell(kind, record);
    hub.take(kind, record, now(), true);
  };
  let discovery: DiscoverySource | undefined;
  let config: ConfigSource | undefined;
  const crawler = new Crawler({
    tell,
    name: `${hostname()}:${runId}`,
    clock,
    ca: options.ca,
    ...(options.times && { times: options.times }),
    refresh: async () => await discovery?.refresh(),
    isElsewhere: (service, instance) => hub.board.isBeside(service, instance, now()),
    memory: (service, instance) => hub.board.memory(service, instance),
    isToldCrash: (service, instance, run, nowMs) => hub.board.isToldCrash(service, instance, run, nowMs),
    logger,
  });
  const listed = readTargets(options.targets);
  const checkpoint =
    bootstrap === undefined || options.dataDir === undefined ? undefined : new Checkpoint(options.dataDir, logger);
  const restored = await checkpoint?.load(hub);
  const logTriggers = new LogTriggers(hub, tell, now);

  const server = createHttpServer({
    name: 'monitor',
    ...options.security,
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 9093,
    maxBodyBytes: 1024 * 1024,
    ...(options.allowedHosts !== undefined && { allowedHosts: options.allowedHosts }),
    ...(options.allowedOrigins !== undefined && { allowedOrigins: options.allowedOrigins }),
    logger,
  });
  addMonitorRoutes(server, {
    hub,
    tell,
    isKept: async (kind) => (await writer?.settled(kind, keptWithinMs)) ?? false,
    now,
  });
  addStateRoutes(server, hub, {
    components: () => ({
      ...(writer && {
        events: {
          ...writer.state,
          status: writer.state.error === null ? ('UP' as const) : ('DOWN' as const),
          isCaughtUp: reader?.isCaughtUp ?? false,
        },
      }),
      crawler: { status: 'UP' as const, ...crawler.state },
      ...Object.fromEntries([...checks].map(([name, check]) => [name, check()])),
    }),
    crawler: () => crawler.state,
    writer: () => writer?.state,
    more: () => metrics.map((write) => write()).join(''),
    now,
  });
  const frame: MonitorFrame = {
    server,
    hub,
    tell,
    showAlert: (event) => hub.events.add('alert', event, true),
    notify: (notification) => tell('notification', notification),
    onMetrics: (write) => void metrics.push(write),
    onHealth: (name, check) => void checks.set(name, check),
    onClose: (close) => void closers.push(close),
    onStarted: (start) => void starters.push(start),
    clock,
    bootstrap,
    registryUrl,
    urls: options.urls ?? {},
    dataDir: options.dataDir,
    settings: options.settings ?? {},
    logger,
  };
  for (const load of extensions) {
    const extension = await load();
    await extension.add(frame);
  }

  const ready = Promise.withResolvers<void>();
  let cancelWait: (() => void) | undefined;
  let cancelTidy: (() => void) | undefined;
  let isClosed = false;
  let hasBegun = false;
  const missed: LifecycleRecord[] = [];
  const begin = (): void => {
    cancelWait?.();
    if (isClosed || hasBegun) return;
    hasBegun = true;
    // Not before what was known of them is known again.
    crawler.setTargets(listed);
    crawler.restore(hub.board.memories());
    // Ends of processes that nobody looked at are told now that they are known.
    for (const record of missed.splice(0)) crawler.supervisorTold(record);
    crawler.start();
    if (options.discoveryUrl !== undefined && discovery === undefined)
      discovery = followDiscovery({
        url: options.discoveryUrl,
        ca: options.ca,
        onInstances: (instances) => crawler.setDiscovered(instances),
        logger,
      });
    if (options.configUrl !== undefined)
      config = followConfig({
        url: options.configUrl,
        ca: options.ca,
        onTargets: (targets) => crawler.setTargets([...listed, ...targets]),
        logger,
      });
    // What is counted of them already is known by now.
    logs?.start();
    ready.resolve();
  };
  const logs =
    bootstrap === undefined
      ? undefined
      : new EventReader({
          bootstrap,
          topics: [{ topic: logsTopic, partitions: 3, sinceMs: 0 }],
          offsets: { ...(restored?.offsets[logsTopic] && { [logsTopic]: restored.offsets[logsTopic] }) },
          onRecord: (record) => logTriggers.take(record),
          onCaughtUp: () => {},
          logger,
        });
  const saveCheckpoint = async (): Promise<void> => {
    if (checkpoint === undefined || reader === undefined || !hasBegun) return;
    const offsets = { ...reader.offsets, ...logs?.offsets };
    await checkpoint.save(hub, { offsets, runId, sequence: writer?.sequence ?? 0 });
  };
  const reader =
    bootstrap === undefined
      ? undefined
      : new EventReader({
          bootstrap,
          topics: [
            { topic: monitorTopics.status, partitions: 1, sinceMs: 2 * hourMs },
            { topic: monitorTopics.process, partitions: 1, sinceMs: 60_000 },
            { topic: monitorTopics.trigger, partitions: 1, sinceMs: 7 * dayMs },
            { topic: monitorTopics.crash, partitions: 1, sinceMs: 7 * dayMs },
            { topic: monitorTopics.notification, partitions: 1, sinceMs: 7 * dayMs },
            { topic: monitorTopics.lifecycle, partitions: 1, sinceMs: hourMs },
            { topic: discoveryEvents, partitions: 1, sinceMs: hourMs },
          ],
          offsets: restored?.offsets ?? {},
          onRecord: (record, isCaughtUp) => take(record, isCaughtUp),
          onCaughtUp: begin,
          logger,
        });
  /** What supervisors and discovery told while nobody looked is told to the crawler when it knows of its instances. */
  function take(record: ReadRecord, isLive: boolean): void {
    const origin = record.headers.find(({ key }) => key === originHeader)?.value?.toString();
    if (origin?.startsWith(`${runId}:`)) return;
    const isInCheckpoint =
      restored !== undefined &&
      origin?.startsWith(`${restored.runId}:`) &&
      Number(origin.slice(restored.runId.length + 1)) <= restored.sequence;
    if (isInCheckpoint) return;
    if (record.topic === discoveryEvents) {
      takeDiscoveryEvent(record, crawler);
      return;
    }
    const kind = kindOfTopic.get(record.topic);
    if (kind === undefined) return;
    hub.read(kind, record.value, now(), isLive);
    if (kind !== 'lifecycle') return;
    const told = recordOf('lifecycle', record.value);
    if (told === undefined) return;
    if (hasBegun) crawler.supervisorTold(checkedLifecycle(told));
    else if (told.event === 'exit' && missed.length < missedMax) missed.push(checkedLifecycle(told));
  }

  const address = await server.listen();
  if (reader === undefined) begin();
  else {
    reader.start();
    cancelWait = clock.schedule(caughtUpWaitMs, begin);
  }
  const tidy = (): void => {
    hub.board.forgetOld(now());
    void saveCheckpoint();
    cancelTidy = clock.schedule(tidyEveryMs, tidy);
  };
  cancelTidy = clock.schedule(tidyEveryMs, tidy);
  for (const start of starters) await start();

  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= (async () => {
      isClosed = true;
      cancelWait?.();
      cancelTidy?.();
      crawler.close();
      ready.resolve();
      await Promise.all([server.close(), discovery?.close(), config?.close()]);
      for (const each of closers.reverse()) await each();
      await logs?.close();
      await saveCheckpoint();
      await reader?.close();
      await writer?.close();
    })();
    return closed;
  };
  return { ...address, ready: () => ready.promise, close, [Symbol.asyncDispose]: close };
}

function takeDiscoveryEvent({ value }: ReadRecord, crawler: Crawler): void {
  try {
    const { event, instanceId, service, timestampMs } = JSON.parse(value.toString('utf8')) as Record<string, unknown>;
    if (typeof service === 'string' && typeof instanceId === 'string' && typeof event === 'string')
      crawler.discoveryTold(service, instanceId, event, Number(timestampMs));
  } catch {
    // Not ours to complain about.
  }
}

/** What is missing in it is not known. */
function checkedLifecycle(record: LifecycleRecord): LifecycleRecord {
  const number = (value: unknown): number | null => (typeof value === 'number' ? value : null);
  return {
    ...record,
    instance: typeof record.instance === 'string' ? record.instance : null,
    pid: number(record.pid),
    host: String(record.host ?? 'unknown'),
    restarts: number(record.restarts) ?? 0,
    exitCode: number(record.exitCode),
    signal: typeof record.signal === 'string' ? record.signal : null,
    uptimeMs: number(record.uptimeMs),
    isExpected: record.isExpected === true,
    lastLines: Array.isArray(record.lastLines)
      ? record.lastLines.slice(-50).map((line) => String(line).slice(0, 2_000))
      : [],
  };
}

export type { Target };
