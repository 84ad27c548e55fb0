import { type ClientOptions, createClient, type KafkaClient } from '@headwater/client';
import { type Logger, silentLogger } from '@headwater/logger';
import { StateMemory } from '../stores/disk/state-memory.ts';
import type { Storage } from '../stores/state-store.ts';
import { StreamsError } from '../streams-error.ts';
import { systemClock, type WallClock } from './clock.ts';
import { checkErrors, type ErrorPolicies, failOnErrors } from './error-policy.ts';
import type { RecordTracer } from './record-tracer.ts';
import type { RestoreReading } from './restore-progress.ts';

export type Guarantee = 'at-least-once' | 'exactly-once';

export interface StreamsOptions {
  /** Names the group, and begins the names of the application's own topics. All its instances have the same. */
  applicationId: string;
  /** 'host:port', several separated by commas; or options of a client; or a client that is shared with others and not closed here. */
  kafka: string | Omit<ClientOptions, 'clientId'> | KafkaClient;
  /** Default 'at-least-once'. */
  guarantee?: Guarantee;
  /** How often results that are held back, state and offsets are committed. Default 1,000; 100 with 'exactly-once', and up to 1,000 while commits take long. */
  commitIntervalMs?: number;
  /**
   * How long results that are there wait for more before they are sent; with 'exactly-once' nobody sees them before the commit. Default: until
   * the commit, or until there are many.
   */
  lingerMs?: number;
  /** Whether tables tell of each update, not of the last one before a commit. Default false. */
  isEachUpdateSent?: boolean;
  /** Whether `metrics` counts each operator by itself: a call more for each record and operator. Default false. */
  operatorMetrics?: boolean;
  /** Where to begin without a committed offset. Default 'earliest'. */
  offsetReset?: 'earliest' | 'latest';
  errors?: Partial<ErrorPolicies>;
  /** How long topics that are read, and not there yet, are waited for at the start of a topology. Default 0: it fails at once. */
  waitForTopicsMs?: number;
  /** Of the application's own topics. Default -1: the broker's. */
  replicationFactor?: number;
  compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  /** Input that was fetched and not worked on. Default 8 MiB. */
  maxBufferedBytes?: number;
  /** Other instances that keep the state of each task warm, for when its own is gone. Default 0. */
  standbys?: number;
  /** A static member (KIP-345). */
  groupInstanceId?: string;
  /**
   * With 'exactly-once': a transaction that takes longer is aborted, and what an instance that died has left open is waited for so long.
   * Default 10,000, or three commit intervals where that is more.
   */
  transactionTimeoutMs?: number;
  /** Default 45,000. */
  sessionTimeoutMs?: number;
  /** Default 3,000. */
  heartbeatIntervalMs?: number;
  /**
   * A directory on a local disk for the state of tasks: an instance that is started anew goes on from it and the changelogs' newest records.
   * Default: none, state is read from the changelogs alone.
   */
  stateDir?: string;
  /** Where stores are that say nothing of it themselves; 'disk' needs a `stateDir`. Default 'memory'. */
  storage?: Storage;
  /** What stores on the disk have of it in memory: bytes for all of them together, or what is shared with other applications. Default 64 MiB. */
  stateMemory?: number | StateMemory;
  /** How long the state of a task is kept there that works elsewhere. Default 600,000. */
  stateCleanupDelayMs?: number;
  /**
   * How often what was worked on and committed is taken away from repartition topics, after a commit (Kafka Streams'
   * `repartition.purge.interval.ms`); 0: after each, Infinity: never. Default 30,000.
   */
  repartitionPurgeIntervalMs?: number;
  /** Where stores of this instance are asked over HTTP; 0: the system chooses. Default: nowhere. */
  queryPort?: number;
  /** Default 127.0.0.1: anybody who reaches another address can read the stores. */
  queryHost?: string;
  /**
   * 'host:port' under which other instances reach this one's `queryPort`, or what else answers for it; a function is asked whenever it joins
   * its group. Default: host and port of it while they are on loopback.
   */
  advertise?: string | (() => string | undefined);
  logger?: Logger;
  clock?: WallClock;
  /** Makes spans of records whose trace is recorded; results go on from them. Default: none. */
  tracer?: RecordTracer;
  /** Told how far stores are filled from their changelogs: when it begins, with each batch that was read, and when it is done. */
  onRestore?: (reading: RestoreReading) => void;
  /** Told when the application cannot go on: it is closed then. */
  onFailed?: (error: unknown) => void;
}

/** With the defaults filled in. */
export interface Settings {
  readonly applicationId: string;
  readonly client: KafkaClient;
  readonly isClientOwn: boolean;
  readonly guarantee: Guarantee;
  readonly isolation: 'read_uncommitted' | 'read_committed';
  readonly commitIntervalMs: number;
  /** While commits take long. */
  readonly commitIntervalMaxMs: number;
  /** Infinite: results are sent with the commit. */
  readonly lingerMs: number;
  readonly isEachUpdateSent: boolean;
  readonly areOperatorsCounted: boolean;
  readonly offsetReset: 'earliest' | 'latest';
  readonly errors: ErrorPolicies;
  readonly waitForTopicsMs: number;
  readonly replicationFactor: number;
  readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  readonly maxBufferedBytes: number;
  readonly standbys: number;
  readonly groupInstanceId: string | undefined;
  readonly transactionTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly stateDir: string | null;
  readonly storage: Storage;
  readonly stateMemory: StateMemory;
  readonly stateCleanupDelayMs: number;
  readonly repartitionPurgeIntervalMs: number;
  readonly queryPort: number | null;
  readonly queryHost: string;
  readonly advertise: StreamsOptions['advertise'];
  readonly logger: Logger;
  readonly clock: WallClock;
  readonly tracer: RecordTracer | null;
  readonly onRestore: ((reading: RestoreReading) => void) | undefined;
  readonly onFailed: (error: unknown) => void;
}

/** @throws StreamsError HW_STREAMS_BAD_OPTION */
export function settingsOf(options: StreamsOptions): Settings {
  const { applicationId, guarantee = 'at-least-once', kafka, logger = silentLogger } = options;
  const { stateMemory, storage = 'memory' } = options;
  if (storage === 'disk' && options.stateDir === undefined) {
    throw new StreamsError('HW_STREAMS_BAD_OPTION', "storage: 'disk' needs a stateDir");
  }
  if (!/^[A-Za-z0-9._-]{1,180}$/.test(applicationId)) {
    const message = `applicationId: '${applicationId}' is not 1 to 180 letters, digits, dots, dashes and underscores`;
    throw new StreamsError('HW_STREAMS_BAD_OPTION', message);
  }
  const errors = checkErrors({ ...failOnErrors, ...options.errors });
  const isExactlyOnce = guarantee === 'exactly-once';
  const isShared = typeof kafka === 'object' && 'cluster' in kafka;
  const given = typeof kafka === 'string' ? { bootstrap: kafka } : kafka;
  const client = isShared ? kafka : createClient({ logger, ...(given as ClientOptions), clientId: applicationId });
  const commitIntervalMs = options.commitIntervalMs ?? (isExactlyOnce ? 100 : 1000);
  const commitIntervalMaxMs = options.commitIntervalMs ?? 1000;
  return {
    applicationId,
    client,
    isClientOwn: !isShared,
    guarantee,
    isolation: isExactlyOnce ? 'read_committed' : 'read_uncommitted',
    commitIntervalMs,
    commitIntervalMaxMs,
    lingerMs: isExactlyOnce ? Number.POSITIVE_INFINITY : (options.lingerMs ?? Number.POSITIVE_INFINITY),
    isEachUpdateSent: options.isEachUpdateSent ?? false,
    areOperatorsCounted: options.operatorMetrics ?? false,
    offsetReset: options.offsetReset ?? 'earliest',
    errors,
    waitForTopicsMs: options.waitForTopicsMs ?? 0,
    replicationFactor: options.replicationFactor ?? -1,
    compression: options.compression ?? 'none',
    maxBufferedBytes: options.maxBufferedBytes ?? 8 * 1024 * 1024,
    standbys: options.standbys ?? 0,
    groupInstanceId: options.groupInstanceId,
    transactionTimeoutMs: options.transactionTimeoutMs ?? Math.max(10_000, 3 * commitIntervalMaxMs),
    sessionTimeoutMs: options.sessionTimeoutMs ?? 45_000,
    heartbeatIntervalMs: options.heartbeatIntervalMs ?? 3000,
    stateDir: options.stateDir ?? null,
    storage,
    stateMemory: typeof stateMemory === 'object' ? stateMemory : new StateMemory({ bytes: stateMemory }),
    stateCleanupDelayMs: options.stateCleanupDelayMs ?? 600_000,
    repartitionPurgeIntervalMs: options.repartitionPurgeIntervalMs ?? 30_000,
    queryPort: options.queryPort ?? null,
    queryHost: options.queryHost ?? '127.0.0.1',
    advertise: options.advertise,
    logger,
    clock: options.clock ?? systemClock,
    tracer: options.tracer ?? null,
    onRestore: options.onRestore,
    onFailed: options.onFailed ?? (() => {}),
  };
}
