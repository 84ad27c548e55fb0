import { randomBytes } from 'node:crypto';
import { type Logger, silentLogger } from '@headwater/logger';
import { type AdminServer, startAdminServer } from './admin/admin-server.ts';
import { BrokerError } from './broker-error.ts';
import type { Clock } from './clock/clock.ts';
import { SystemClock } from './clock/system-clock.ts';
import { type Endpoint, parseAdvertisedListeners } from './config/advertised-listeners.ts';
import { BrokerConfig, type ConfigInput } from './config/broker-config.ts';
import type { BrokerContext } from './context.ts';
import { dispatch } from './dispatch.ts';
import { FetchWaiters } from './fetch/fetch-waiters.ts';
import { ReadBuffers } from './fetch/read-buffers.ts';
import { Flow } from './flow.ts';
import { GroupCoordinator } from './groups/coordinator.ts';
import { groupSettings } from './groups/group-settings.ts';
import { OffsetsLog } from './groups/offsets-log.ts';
import { KafkaServer } from './network/kafka-server.ts';
import { RequestMetrics } from './request-metrics.ts';
import { openAuthorizer } from './security/authorizer.ts';
import { type LogStore, memoryFiles, nodeFiles, openLogStore, type RecoveryReport } from './storage/index.ts';

export interface BrokerOptions {
  /** Where the log is kept, made when absent. Without it everything is in memory and gone with `close()`. */
  dataDir?: string;
  /** Address to listen on; default 127.0.0.1. Any other than loopback needs `insecure: true`. */
  host?: string;
  /** Default 0: any free port, see `Broker.bootstrap`. */
  port?: number;
  /** Port of the HTTP server with /flow, /health and /metrics; 0 is any, absent is none. */
  adminPort?: number;
  /** Kafka's broker settings by their names: `{ 'num.partitions': 3, 'auto.create.topics.enable': false }`. */
  config?: ConfigInput;
  /** 22 characters of base64url. Default: the one in the data directory, or a new one. */
  clusterId?: string;
  /** Default 1. */
  brokerId?: number;
  /** Without TLS and authentication everybody who reaches the port may read and write everything: say that this is meant. */
  insecure?: boolean;
  /** Default: silent. */
  logger?: Logger;
  /** Time of sessions, retention and time-outs; `ManualClock` is one that a test moves. */
  clock?: Clock;
}

export interface Broker extends AsyncDisposable {
  /** `host:port` for a client's `bootstrap.servers`. */
  readonly bootstrap: string;
  readonly host: string;
  readonly port: number;
  /** Address of the HTTP server, null without `adminPort`. */
  readonly adminUrl: string | null;
  readonly clusterId: string;
  /** What was found in the data directory, and what was repaired. */
  readonly recovery: RecoveryReport;
  /** Answers who waits, closes connections and files. May be called twice. */
  close(): Promise<void>;
}

/**
 * Starts a Kafka broker in this process.
 *
 * @example
 * const broker = await startBroker();
 * // any Kafka client: bootstrap.servers = broker.bootstrap
 * await broker.close();
 *
 * @throws BrokerError HW_BROKER_CONFIG, HW_BROKER_LISTEN, HW_BROKER_INSECURE_LISTENER
 * @throws StorageError HW_BROKER_DATA_DIR_LOCKED, HW_BROKER_DATA_DIR_UNREADABLE, HW_BROKER_STORAGE_IO
 */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const closers: (() => unknown)[] = [];
  const closeAll = async (): Promise<void> => {
    // Last opened first; one that fails must not keep the others open.
    const errors: unknown[] = [];
    for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
      try {
        await close();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  };
  try {
    return await start(options, closers, closeAll);
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function start(
  options: BrokerOptions,
  closers: (() => unknown)[],
  closeAll: () => Promise<void>,
): Promise<Broker> {
  const { brokerId = 1, host = '127.0.0.1', logger = silentLogger } = options;
  checkListener(host, options.insecure ?? false);
  const config = new BrokerConfig(options.config ?? {});
  const advertised = parseAdvertisedListeners(config.text('advertised.listeners'));
  for (const name of config.unknownNames())
    logger.warn({ name }, 'a setting that this broker does not know is ignored');

  const clock = options.clock ?? systemClock(logger, closers);
  const store = await openStore(options, config, clock, logger);
  closers.push(() => store.close());
  const clusterId = keepClusterId(store, options.clusterId);
  await store.flushMetadata();

  const offsetsLog = new OffsetsLog({
    store,
    clock,
    logger,
    partitions: config.number('offsets.topic.num.partitions'),
    topicConfigs: { 'cleanup.policy': 'compact', 'segment.bytes': config.text('offsets.topic.segment.bytes') },
  });
  const groups = new GroupCoordinator({ clock, logger, log: offsetsLog, config: groupSettings(config) });
  closers.push(() => groups.close());
  await groups.start();

  const fetchWaiters = new FetchWaiters();
  const readBuffers = new ReadBuffers(clock);
  closers.push(() => readBuffers.close());
  const flow = new Flow(() => clock.now());
  const requests = new RequestMetrics(() => clock.monotonicMs());
  const context: BrokerContext = {
    brokerId,
    clusterId,
    config,
    clock,
    logger,
    store,
    authorizer: openAuthorizer,
    groups,
    offsetsLog,
    fetchWaiters,
    readBuffers,
    flow,
    endpointFor: (connection) => advertised ?? { host: connection.localAddress, port: connection.localPort },
    unsentBytes: () => server.unsentBytes(),
  };
  const server = new KafkaServer({
    host,
    port: options.port ?? 0,
    clock,
    logger,
    maxFrameBytes: config.number('socket.request.max.bytes'),
    maxQueuedBytes: config.number('queued.max.request.bytes'),
    maxConnections: config.number('max.connections'),
    maxConnectionsPerIp: config.number('max.connections.per.ip'),
    maxIdleMs: config.number('connections.max.idle.ms'),
    maxPipelinedRequests: config.number('headwater.max.pipelined.requests'),
    onFrame: (connection, frame) => dispatch(context, connection, frame),
    onAnswered: (request) => requests.observe(request),
  });
  closers.push(() => server.close());
  // Before the server, so that it finds nobody waiting and need not wait itself.
  closers.push(() => {
    groups.close();
    fetchWaiters.close();
  });
  const listening = await server.listen();

  let admin: AdminServer | null = null;
  if (options.adminPort !== undefined) {
    admin = await startAdminServer({ host, port: options.adminPort, context, server, requests });
    closers.push(admin.close);
  }
  const endpoint = reachable(listening, host);
  const bootstrap = endpoint.host.includes(':')
    ? `[${endpoint.host}]:${endpoint.port}`
    : `${endpoint.host}:${endpoint.port}`;
  logger.info({ bootstrap, clusterId, dataDir: options.dataDir ?? null }, 'the event store is up');
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closing ??= closeAll();
    return closing;
  };
  return {
    bootstrap,
    host: endpoint.host,
    port: endpoint.port,
    adminUrl: admin?.url ?? null,
    clusterId,
    recovery: store.recovery,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function systemClock(logger: Logger, closers: (() => unknown)[]): Clock {
  const clock = new SystemClock((error) => logger.error({ error }, 'a timer failed'));
  closers.push(() => clock.close());
  return clock;
}

function openStore(options: BrokerOptions, config: BrokerConfig, clock: Clock, logger: Logger): Promise<LogStore> {
  const { dataDir } = options;
  const files = dataDir === undefined ? memoryFiles() : nodeFiles();
  return openLogStore({ files, dir: dataDir ?? '/kafka', config: { ...config.set }, clock, logger });
}

function checkListener(host: string, isInsecure: boolean): void {
  if (isInsecure || host === 'localhost' || host === '::1' || host.startsWith('127.')) return;
  const message =
    `The listener on ${host} would be open to everybody who reaches it: this broker has no TLS and no authentication yet. ` +
    'Listen on 127.0.0.1, or pass insecure: true when that is meant.';
  throw new BrokerError('HW_BROKER_INSECURE_LISTENER', message);
}

/** Clients remember the id of their cluster: a data directory keeps it. */
function keepClusterId({ values }: LogStore, wanted: string | undefined): string {
  const kept = values.get('cluster.id');
  if (kept !== undefined && wanted !== undefined && kept !== wanted) {
    const message = `The data directory belongs to cluster ${kept}, not ${wanted}. Leave clusterId out, or use another directory.`;
    throw new BrokerError('HW_BROKER_CONFIG', message);
  }
  const clusterId = kept ?? wanted ?? randomBytes(16).toString('base64url');
  if (kept === undefined) values.set('cluster.id', clusterId);
  return clusterId;
}

/** What to dial from this machine when the broker listens on all addresses. */
function reachable({ host, port }: Endpoint, wanted: string): Endpoint {
  if (host === '0.0.0.0') return { host: '127.0.0.1', port };
  if (host === '::') return { host: '::1', port };
  return { host: wanted === 'localhost' ? 'localhost' : host, port };
}
