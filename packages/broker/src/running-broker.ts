import { randomBytes } from 'node:crypto';
import type { Logger } from '@headwater/logger';
import { BrokerError } from './broker-error.ts';
import type { Clock } from './clock/clock.ts';
import { isMovable } from './clock/movable-clock.ts';
import { BrokerConfig, type ConfigInput } from './config/broker-config.ts';
import { DynamicConfig } from './config/dynamic-config.ts';
import { type Endpoint, type Listener, usesSasl } from './config/listeners.ts';
import { groupConfigPrefix } from './config/resources/group-resource.ts';
import { storedSettings } from './config/stored-settings.ts';
import type { BrokerContext } from './context.ts';
import { dispatch, serve } from './dispatch.ts';
import type { BrokerFaults } from './faults/broker-faults.ts';
import { FetchSessions } from './fetch/fetch-sessions.ts';
import { FetchWaiters } from './fetch/fetch-waiters.ts';
import { ReadBuffers } from './fetch/read-buffers.ts';
import { Flow } from './flow.ts';
import { consumerSettings } from './groups/consumer-settings.ts';
import { GroupCoordinator } from './groups/coordinator.ts';
import { groupSettings } from './groups/group-settings.ts';
import { OffsetsLog } from './groups/offsets-log.ts';
import { LeveledLogger } from './log-level.ts';
import type { Connection } from './network/connection.ts';
import { KafkaServer } from './network/kafka-server.ts';
import { ClientQuotas } from './quotas/client-quotas.ts';
import { ConnectionRates } from './quotas/connection-rates.ts';
import { QuotaStore } from './quotas/quota-store.ts';
import { RequestMetrics } from './request-metrics.ts';
import { configuredAuthorizer } from './security/configured-authorizer.ts';
import { SaslGate } from './security/sasl/sasl-gate.ts';
import { type SaslListener, saslListener } from './security/sasl/sasl-listener.ts';
import { ScramCredentials } from './security/sasl/scram-credentials.ts';
import { type FaultFiles, type LogStore, openLogStore } from './storage/index.ts';
import { openTransactions } from './transactions/open-transactions.ts';

/** What stays the same when a broker is started again in its place. */
export interface BrokerSetup {
  readonly brokerId: number;
  readonly clusterId: string | undefined;
  readonly config: ConfigInput;
  /** Of sessions, retention and time-outs; a test may move it. */
  readonly clock: Clock;
  /** What goes with real sockets is measured with the machine's own time. */
  readonly networkClock: Clock;
  readonly logger: Logger;
  readonly faults: BrokerFaults;
  readonly files: FaultFiles;
  readonly dir: string;
  readonly listeners: readonly Listener[];
  /** Passwords by user, for SASL. */
  readonly users: ReadonlyMap<string, string>;
}

/** A broker from its start to its end: what `restart` replaces. */
export interface RunningBroker {
  readonly context: BrokerContext;
  readonly server: KafkaServer;
  readonly requests: RequestMetrics;
  /** Answers who waits, closes connections and files. May be called twice. */
  close(): Promise<void>;
  /** As a SIGKILL leaves it: nothing more is answered or written. */
  crash(): Promise<void>;
}

/** @throws BrokerError, StorageError as `startBroker` says; nothing stays open then. */
export async function runBroker(setup: BrokerSetup): Promise<RunningBroker> {
  const closers: (() => unknown)[] = [];
  try {
    const running = await run(setup, closers);
    let closing: Promise<void> | null = null;
    const close = (): Promise<void> => {
      closing ??= closeAll(closers);
      return closing;
    };
    return {
      ...running,
      close,
      async crash() {
        setup.files.hasCrashed = true;
        running.server.destroyConnections();
        // What it would still write fails; the lock and the port are given back.
        await close().catch(() => {});
      },
    };
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
}

/** Last opened first; one that fails must not keep the others open. */
export async function closeAll(closers: (() => unknown)[]): Promise<void> {
  const errors: unknown[] = [];
  for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
    try {
      await close();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

async function run(setup: BrokerSetup, closers: (() => unknown)[]): Promise<Omit<RunningBroker, 'close' | 'crash'>> {
  const { brokerId, clock } = setup;
  const logger = new LeveledLogger(setup.logger);
  const config = new BrokerConfig(setup.config);
  const store = await openLogStore({ files: setup.files, dir: setup.dir, config: { ...setup.config }, clock, logger });
  closers.push(() => store.close());
  const dynamicConfig = new DynamicConfig(config, store, brokerId);
  dynamicConfig.load(logger);
  const clusterId = keepClusterId(store, setup.clusterId);
  await store.flushMetadata();

  const offsetsLog = new OffsetsLog({
    store,
    clock,
    logger,
    partitions: config.number('offsets.topic.num.partitions'),
    topicConfigs: { 'cleanup.policy': 'compact', 'segment.bytes': config.text('offsets.topic.segment.bytes') },
  });
  const groups = new GroupCoordinator({
    clock,
    logger,
    log: offsetsLog,
    topics: store,
    config: groupSettings(config),
    consumerSettings: consumerSettings(config, (groupId, name) => {
      return storedSettings(store.values, groupConfigPrefix + groupId)[name];
    }),
  });
  closers.push(() => groups.close());
  await groups.start();
  const { transactions, transactionLog } = openTransactions({ config, clock, logger, store, groups });
  closers.push(() => transactions.close());
  await transactions.start();

  const scramCredentials = new ScramCredentials(store.values, setup.users);
  const sasl = new Map<string, SaslListener>();
  for (const { name, protocol } of setup.listeners) {
    if (!usesSasl(protocol)) continue;
    const sources = { config, users: setup.users, credentials: scramCredentials, clock: setup.networkClock, logger };
    const listener = saslListener(name, sources);
    sasl.set(name, listener);
    closers.push(() => listener.close());
  }

  const fetchWaiters = new FetchWaiters();
  const fetchSessions = new FetchSessions(
    {
      slots: () => config.number('max.incremental.fetch.session.cache.slots'),
      partitions: () => config.number('headwater.max.fetch.session.partitions'),
      monotonicMs: () => clock.monotonicMs(),
    },
    fetchWaiters,
  );
  const readBuffers = new ReadBuffers(clock);
  closers.push(() => readBuffers.close());
  const flow = new Flow(() => clock.now());
  const requests = new RequestMetrics(
    () => clock.monotonicMs(),
    () => clock === setup.networkClock || (isMovable(clock) && !clock.isMoved),
  );
  const quotaStore = new QuotaStore(store.values);
  const quotas = new ClientQuotas({ store: quotaStore, clock, config });
  const connectionRates = new ConnectionRates(quotaStore, clock, () => quotas.windows);
  const context: BrokerContext = {
    brokerId,
    clusterId,
    config,
    dynamicConfig,
    logLevel: logger,
    clock,
    logger,
    store,
    quotas,
    authorizer: configuredAuthorizer({ clock, config, logger, store }),
    scramCredentials,
    groups,
    offsetsLog,
    transactions,
    transactionLog,
    fetchSessions,
    fetchWaiters,
    readBuffers,
    flow,
    faults: setup.faults,
    endpointFor: toldEndpoint,
    unsentBytes: () => server.unsentBytes(),
  };
  const server = new KafkaServer({
    listeners: setup.listeners,
    config,
    clock: setup.networkClock,
    logger,
    onConnection(connection) {
      const listener = sasl.get(connection.listener.name);
      if (listener === undefined) return;
      const answer = serve.bind(null, context);
      connection.gate = new SaslGate({ connection, listener, config, clock: setup.networkClock, serve: answer });
    },
    onFrame: (connection, frame) => dispatch(context, connection, frame),
    onAnswered: (request) => requests.observe(request),
    connectionThrottleMs: (ip) => connectionRates.throttleMs(ip),
    acceptance: () => (setup.faults.accepts === null ? null : setup.faults.acceptance()),
  });
  setup.faults.attach(setup.files, () => server.serveHeld());
  closers.push(() => server.close());
  // Before the server, so that it finds nobody waiting and need not wait itself.
  closers.push(() => {
    setup.faults.detach();
    transactions.close();
    groups.close();
    fetchWaiters.close();
  });
  await server.listen();
  return { context, server, requests };
}

/**
 * Where a client is told to find the broker: what is advertised on its listener, else what it dialled. Over TLS that is the name it
 * asked for, since the certificate is for names.
 */
function toldEndpoint({ listener, localAddress, localPort, serverName }: Connection): Endpoint {
  return listener.advertised ?? { host: serverName ?? localAddress, port: localPort };
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
