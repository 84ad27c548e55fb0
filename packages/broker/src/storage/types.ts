import type { Logger } from '@headwater/logger';
import type { DiskSpace, Files } from './files/files.ts';
import type { StoreCapture } from './store-capture.ts';
import type { TopicConfig } from './topic-config.ts';
import type { TransactionMarker } from './transaction-marker.ts';

/** Time as storage sees it: passed in, so that a test can freeze or advance it. */
export interface StorageClock {
  now(): number;
  /** Milliseconds that run on when `now` is set; where they are missing, `now` is taken for true. */
  monotonicMs?(): number;
  /** Calls back once after `delayMs`, never inside this call, and keeps no process alive. */
  schedule(delayMs: number, callback: () => void): { cancel(): void };
}

export interface LogStoreOptions {
  files: Files;
  /** Data directory; made when absent. One process at a time: see `HW_BROKER_DATA_DIR_LOCKED`. */
  dir: string;
  /** Kafka's broker configuration names (`log.segment.bytes`, `log.retention.ms` …) and the `headwater.*` ones of `store-config.ts`. */
  config?: Record<string, string | number | boolean>;
  logger?: Logger;
  /** The machine's time when absent. */
  clock?: StorageClock;
}

export interface TopicInfo {
  readonly name: string;
  /** 22 characters, Kafka's base64url text of a UUID. */
  readonly topicId: string;
  readonly partitions: number;
  /** What was set for this topic alone; `config` also holds the defaults. */
  readonly configs: Readonly<Record<string, string>>;
  readonly config: TopicConfig;
}

export interface NewTopic {
  name: string;
  partitions: number;
  /** Made up when absent. */
  topicId?: string;
  /** Overrides by Kafka's names; `null` and absent mean the default. Refused with INVALID_CONFIG. */
  configs?: Record<string, string | null>;
}

/**
 * All logs of one data directory.
 *
 * Changes of metadata are written before the call returns (safe against kill -9) and on the disk itself when
 * `flushMetadata()` resolves (safe against a power cut): await it before a CreateTopics answer leaves.
 */
export interface LogStore {
  /** What was found at the start, and what was cut or rebuilt; lazily opened partitions add to it later. */
  readonly recovery: RecoveryReport;
  /** Another number after each topic that was made, deleted or got more partitions; counts from the start of the broker. */
  readonly topicsVersion: number;
  /** The data directory. */
  readonly dir: string;
  /** Room of its disk; null in memory. */
  space(): DiskSpace | null;
  topics(): TopicInfo[];
  topic(name: string): TopicInfo | undefined;
  topicById(topicId: string): TopicInfo | undefined;
  /** @throws StorageError TOPIC_ALREADY_EXISTS, INVALID_TOPIC_EXCEPTION, INVALID_PARTITIONS, INVALID_CONFIG, KAFKA_STORAGE_ERROR */
  createTopic(topic: NewTopic): TopicInfo;
  /** Raises the number of partitions to `total`. @throws StorageError UNKNOWN_TOPIC_OR_PARTITION, INVALID_PARTITIONS */
  addPartitions(name: string, total: number): TopicInfo;
  /** Replaces all overrides of a topic; takes effect at once. @throws StorageError UNKNOWN_TOPIC_OR_PARTITION, INVALID_CONFIG */
  setTopicConfigs(name: string, configs: Record<string, string | null>): TopicInfo;
  /**
   * Replaces the broker-wide settings: from now on all topics and all background work go by them, but for `headwater.cache.bytes` and
   * `headwater.max.open.files`. @throws StorageError INVALID_CONFIG, with nothing changed
   */
  setSettings(settings: Readonly<Record<string, string | number | boolean>>): void;
  /** Gone for callers when the call returns; the promise resolves when the bytes are. @throws StorageError UNKNOWN_TOPIC_OR_PARTITION */
  deleteTopic(name: string): Promise<void>;
  /** Undefined when there is no such topic or partition. Opened on first use, so cheap for idle partitions. */
  partition(topic: string, index: number): PartitionLog | undefined;
  /** Never given out before, also not before a crash. */
  nextProducerId(): number;
  /** Small durable facts of the broker (cluster id, ACLs, quotas …): short strings that are all in memory, not a database. */
  readonly values: DurableValues;
  flushMetadata(): Promise<void>;
  /** One round of retention, cleaning, checkpoints; timers call it, and tests that move the clock. */
  maintain(): Promise<void>;
  stats(): StorageStats;
  /** As if a producer with the next epoch had written: what this one sends is refused. How many partitions know it. */
  fenceProducer(producerId: number): number;
  /**
   * Notes everything as it is at one moment; what is appended later does not show in it. `release` it when it has been read.
   *
   * @throws StorageError KAFKA_STORAGE_ERROR when a partition cannot be read
   */
  capture(): Promise<StoreCapture>;
  /** Flushes, writes checkpoints and the clean-shutdown marker, frees the lock. May be called twice. */
  close(): Promise<void>;
}

export interface DurableValues {
  get(key: string): string | undefined;
  /** `undefined` removes the key. */
  set(key: string, value: string | undefined): void;
  /** All whose key begins with `prefix`; what a subsystem reads once, when it starts. */
  entries(prefix: string): [key: string, value: string][];
}

export interface AppendOptions {
  /** Defaults to the store's clock. */
  now?: number;
  /** `client` (default): sequences are checked, control batches refused. `coordinator`: the broker's own records. */
  origin?: 'client' | 'coordinator';
}

export interface AppendResult {
  baseOffset: number;
  lastOffset: number;
  /** -1 unless the topic has `message.timestamp.type=LogAppendTime`. */
  logAppendTime: number;
  logStartOffset: number;
  /** An idempotent producer sent this batch before: the offsets are those of the first time, nothing was written. */
  duplicate: boolean;
  /** Null when the append may be acknowledged at once; else (flush.messages) wait for it first. Rejects with StorageError. */
  flushed: Promise<void> | null;
}

export type Isolation = 'read_uncommitted' | 'read_committed';

export interface TimestampOffset {
  offset: number;
  timestamp: number;
}

export interface AbortedTransaction {
  producerId: number;
  firstOffset: number;
  lastOffset: number;
}

export interface ProducerInfo {
  producerId: number;
  producerEpoch: number;
  lastSequence: number;
  lastTimestamp: number;
  /** -1 outside of a transaction. */
  currentTransactionStartOffset: number;
  /** -1 before the first marker. */
  coordinatorEpoch: number;
}

/** Memory of the cache that a reader looks at. It is used again after `release`, and never after `keep`. */
export interface MemoryLease {
  release(): void;
  keep(): void;
}

/** Whose memory a read uses. */
export interface ReadMemory {
  /** A buffer of this size, whatever is in it: where the bytes of a file read go. */
  take(sizeBytes: number): Buffer;
  /** The read gave parts of this memory: `release` it, once for each call, when nobody looks at them any more; or `keep` it. */
  hold(lease: MemoryLease): void;
}

export interface PartitionLog {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly leaderEpoch: number;
  readonly config: TopicConfig;
  /** Its topic is deleted: this object is of no more use. */
  readonly isDeleted: boolean;
  readonly logStartOffset: number;
  /** Offset that the next record gets. */
  readonly logEndOffset: number;
  /** Consumers may read below it: the log end, less what still waits for an fsync that its acknowledgement needs. */
  readonly highWatermark: number;
  /** `read_committed` consumers may read below it. */
  readonly lastStableOffset: number;
  readonly sizeBytes: number;
  readonly segmentCount: number;

  /**
   * Appends one or more whole v2 batches. Base offsets, leader epochs (and for LogAppendTime the timestamps) are patched in
   * `records` itself; nothing refers to it afterwards.
   *
   * @throws StorageError CORRUPT_MESSAGE, INVALID_RECORD, UNSUPPORTED_FOR_MESSAGE_FORMAT, MESSAGE_TOO_LARGE, INVALID_TIMESTAMP,
   *   OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH, KAFKA_STORAGE_ERROR (nothing was kept; try again later)
   */
  append(records: Buffer, options?: AppendOptions): AppendResult;

  /**
   * Ends a transaction here: writes the control batch that commits or aborts it.
   *
   * @throws StorageError INVALID_PRODUCER_EPOCH, TRANSACTION_COORDINATOR_FENCED, KAFKA_STORAGE_ERROR
   */
  appendMarker(marker: TransactionMarker): AppendResult;

  /**
   * Whole batches from the one that holds `offset`, below `highWatermark` (`lastStableOffset` for `read_committed`). Empty at the end of the log. At most `maxBytes`, but
   * with `minOneBatch` the first batch comes whole however large. An array when the cache has them, else a promise (file read).
   * The buffers are shared with the cache: do not write to them. `memory` lends what a file read needs (bytes are handed back as
   * parts of it), so that a reader that knows when its answer is sent can use it again.
   *
   * @throws StorageError OFFSET_OUT_OF_RANGE (sync), KAFKA_STORAGE_ERROR (sync or rejected)
   */
  read(
    offset: number,
    maxBytes: number,
    minOneBatch: boolean,
    memory?: ReadMemory,
    isolation?: Isolation,
  ): Promise<Buffer[]> | Buffer[];

  /** Transactions that were aborted and have records from `fromOffset` up to `toOffset`, for `read_committed` fetches. */
  abortedTransactions(fromOffset: number, toOffset: number): AbortedTransaction[];

  /** First record at or after a time, as ListOffsets means it; null when there is none. */
  offsetForTimestamp(timestamp: number): TimestampOffset | null;
  /** The record with the greatest timestamp (ListOffsets -3); null when the log is empty. */
  maxTimestampOffset(): TimestampOffset | null;
  /** Called, synchronously, after `highWatermark` moved or the partition was deleted: schedule work, do not do it there. */
  onAppend(listener: () => void): () => void;
  /** Records below `offset` are gone for readers; -1 means up to the high watermark. Returns the new logStartOffset. @throws StorageError OFFSET_OUT_OF_RANGE */
  deleteRecords(offset: number): number;
  /** The epoch in which this producer was last seen here; -1 when it is not known. */
  producerEpoch(producerId: number): number;
  /** Whether this producer, in this epoch, has records here that are not decided. */
  hasOpenTransaction(producerId: number, producerEpoch: number): boolean;
  /** Producers with state here, for DescribeProducers. */
  producers(): ProducerInfo[];
  /** fsync of everything appended so far; concurrent calls share one. */
  flush(): Promise<void>;
}

export interface StorageStats {
  topics: number;
  partitionsOpen: number;
  openFiles: number;
  cacheBytes: number;
  cacheHits: number;
  cacheMisses: number;
  appendedBytes: number;
  flushes: number;
  failedAppends: number;
  /** Changes of topics and values so far; a restart may forget those that were undone. */
  metadataChanges: number;
}

export interface RecoveryReport {
  /** The last process closed the store in order: nothing was scanned. */
  isClean: boolean;
  /** A lock left by a process that is gone was taken over. */
  staleLockPid: number | null;
  partitionsChecked: number;
  scannedBytes: number;
  durationMs: number;
  findings: RecoveryFinding[];
  /** Findings beyond the first 1,000 are counted here only. */
  findingsDropped: number;
}

export interface RecoveryFinding {
  kind:
    | 'tail-cut'
    | 'segment-dropped'
    | 'index-rebuilt'
    | 'checkpoint-ignored'
    | 'unreadable'
    | 'orphan-directory'
    | 'set-aside'
    | 'topic-adopted'
    | 'delete-finished'
    | 'metadata-tail-cut';
  /** Directory below the data directory, such as `orders-0`; empty for the store's own files. */
  where: string;
  /** One sentence for a person. */
  message: string;
  bytes?: number;
  offset?: number;
}
