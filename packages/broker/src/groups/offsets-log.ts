import type { Logger } from '@headwater/logger';
import { decodeRecords, ErrorCode, encodeBatch, iterateBatches } from '@headwater/protocol';
import type { Clock } from '../clock/clock.ts';
import { decodeMarker, type LogStore, type PartitionLog, StorageError } from '../storage/index.ts';
import { javaHash } from './java-hash.ts';
import { type CommittedOffset, decodeKey, decodeOffsetValue, type LogKey } from './log-records.ts';
import type { PendingOffset } from './pending-offsets.ts';

export const offsetsTopic = '__consumer_offsets';

export interface LogEntry {
  key: Buffer;
  /** Null takes the key away. */
  value: Buffer | null;
}

/** Where a log of offsets is read into, and what a new copy of it is written from. */
export interface GroupSink {
  restoreOffset(groupId: string, topic: string, partition: number, value: CommittedOffset | null): void;
  /** One that counts if its transaction does. */
  restorePendingOffset(producerId: number, offset: PendingOffset): void;
  /** The transaction of this producer has ended in a partition of the log. */
  endTransaction(producerId: number, logPartition: number, isCommit: boolean): void;
  /** A record of a group itself; null takes it away. Throws LogRecordError when it is not understood. */
  restoreGroup(key: LogKey, value: Buffer | null): void;
  /** All has been read. */
  restored(): void;
  snapshot(isMine: (groupId: string) => boolean): Iterable<LogEntry>;
}

/** The producer whose transaction offsets are part of. */
export interface OffsetsTransaction {
  readonly producerId: number;
  readonly producerEpoch: number;
}

export interface OffsetsLogOptions {
  store: LogStore;
  clock: Clock;
  logger: Logger;
  partitions: number;
  topicConfigs: Record<string, string>;
}

const readBytesMax = 1024 * 1024;
const batchBytesMax = 256 * 1024;
/** Below this, reading everything again at the start is quick anyway. */
const rewriteRecordsMin = 50_000;

/**
 * The topic that keeps committed offsets and group generations. It is an ordinary topic, made when the first group needs it.
 *
 * A commit is small and replaces one before it, so most of the log is dead soon. When the records written are many times those
 * that count, the live ones are written once more at the end and all before them is let go, so that a start stays quick whether
 * or not the cleaner has come by.
 */
export class OffsetsLog {
  readonly #options: OffsetsLogOptions;
  #sink: GroupSink | null = null;
  readonly #writtenRecords: number[] = [];
  readonly #rewriteAtRecords: number[] = [];
  /** While the topic that was just made is on its way to the disk. */
  #made: Promise<void> | null = null;
  readonly #rewriting = new Set<number>();
  #isClosed = false;

  constructor(options: OffsetsLogOptions) {
    this.#options = options;
  }

  /** How many partitions the topic has, or will have. */
  get partitions(): number {
    return this.#options.store.topic(offsetsTopic)?.partitions ?? this.#options.partitions;
  }

  /** @throws StorageError */
  ensureTopic(): void {
    const { store, partitions, topicConfigs } = this.#options;
    if (store.topic(offsetsTopic) !== undefined) return;
    store.createTopic({ name: offsetsTopic, partitions, configs: topicConfigs });
    const made = store.flushMetadata();
    this.#made = made;
    // Whoever waits for a record hears of a failure.
    made
      .catch(() => {})
      .finally(() => {
        if (this.#made === made) this.#made = null;
      });
  }

  async load(sink: GroupSink): Promise<void> {
    this.#sink = sink;
    const { logger, store } = this.#options;
    const topic = store.topic(offsetsTopic);
    if (topic === undefined) return;
    const startedAtMs = performance.now();
    let records = 0;
    for (let index = 0; index < topic.partitions; index++) {
      const log = store.partition(offsetsTopic, index);
      if (log === undefined) continue;
      this.#writtenRecords[index] = await this.#loadPartition(log, sink);
      records += this.#writtenRecords[index]!;
    }
    sink.restored();
    logger.info({ records, durationMs: Math.round(performance.now() - startedAtMs) }, 'committed offsets loaded');
  }

  async #loadPartition(log: PartitionLog, sink: GroupSink): Promise<number> {
    let records = 0;
    let offset = log.logStartOffset;
    while (offset < log.highWatermark) {
      const chunks = await log.read(offset, readBytesMax, true);
      const before = offset;
      for (const chunk of chunks) {
        for (const batch of iterateBatches(chunk)) {
          offset = batch.header.baseOffset + batch.header.lastOffsetDelta + 1;
          const { isControl, isTransactional, producerId, sizeBytes } = batch.header;
          if (isControl) {
            const marker = decodeMarker(chunk.subarray(batch.offset, batch.offset + sizeBytes));
            if (marker !== null) sink.endTransaction(producerId, log.partition, marker.isCommit);
            continue;
          }
          const transaction = isTransactional ? { producerId, logPartition: log.partition } : null;
          for (const record of decodeRecords(chunk, batch.offset)) {
            // A whole batch is read although only its end may be asked for.
            if (record.offset < log.logStartOffset) continue;
            records++;
            this.#restore(sink, record.key, record.value, transaction);
          }
        }
      }
      if (offset === before) break;
    }
    return records;
  }

  /** One record that nobody understands must not keep the broker from starting. */
  #restore(
    sink: GroupSink,
    keyBytes: Buffer | null,
    value: Buffer | null,
    transaction: { producerId: number; logPartition: number } | null,
  ): void {
    if (keyBytes === null) return;
    try {
      const key = decodeKey(keyBytes);
      if (key.kind === 'offset') {
        const offset = value === null ? null : decodeOffsetValue(value);
        const { groupId, topic, partition } = key;
        if (transaction === null || offset === null) sink.restoreOffset(groupId, topic, partition, offset);
        else {
          const { logPartition, producerId } = transaction;
          sink.restorePendingOffset(producerId, { groupId, topic, partition, value: offset, logPartition });
        }
      } else sink.restoreGroup(key, value);
    } catch (error) {
      this.#options.logger.warn({ error, keyBytes: keyBytes.length }, `${offsetsTopic}: a record was skipped`);
    }
  }

  /** The partition of the topic that a group lives in. */
  partitionOf(groupId: string): number {
    return javaHash(groupId) % this.partitions;
  }

  /** Null when all that was written of this group may be acknowledged at once, or a promise to wait for first (flush.messages). */
  settled(groupId: string): Promise<void> | null {
    const log = this.#options.store.partition(offsetsTopic, this.partitionOf(groupId));
    if (log === undefined || log.highWatermark === log.logEndOffset) return null;
    // Records are not safe from a power cut before their topic is.
    return this.#made === null ? log.flush() : Promise.all([this.#made, log.flush()]).then(() => {});
  }

  /** Writes one batch, as part of a transaction if there is one; 0, or the error that a group's client is told. */
  append(groupId: string, entries: readonly LogEntry[], transaction: OffsetsTransaction | null = null): number {
    const { logger } = this.#options;
    try {
      this.ensureTopic();
      const index = this.partitionOf(groupId);
      this.#appendTo(index, entries, transaction);
      if (this.#isRewriteDue(index)) this.#rewriteSoon(index);
      return 0;
    } catch (error) {
      logger.error({ error, groupId }, 'the offsets of a group could not be written');
      return clientError(error);
    }
  }

  #appendTo(index: number, entries: readonly LogEntry[], transaction: OffsetsTransaction | null = null): void {
    const log = this.#options.store.partition(offsetsTopic, index);
    if (log === undefined) throw new Error(`${offsetsTopic} has no partition ${index}`);
    const timestamp = this.#options.clock.now();
    const records = encodeBatch({
      records: entries.map(({ key, value }) => ({ key, value, timestamp, headers: [] })),
      ...(transaction === null ? {} : { ...transaction, isTransactional: true }),
    });
    log.append(records, { now: timestamp, origin: 'coordinator' });
    this.#writtenRecords[index] = (this.#writtenRecords[index] ?? 0) + entries.length;
  }

  #isRewriteDue(index: number): boolean {
    return this.#sink !== null && this.#writtenRecords[index]! >= (this.#rewriteAtRecords[index] ?? rewriteRecordsMin);
  }

  /** Not at once: the caller takes what it has just written into its memory, which the new copy is made from, only now. */
  #rewriteSoon(index: number): void {
    if (this.#rewriting.has(index)) return;
    this.#rewriting.add(index);
    queueMicrotask(() => {
      this.#rewriting.delete(index);
      try {
        if (!this.#isClosed) this.#rewrite(index);
      } catch (error) {
        this.#options.logger.error({ error, partition: index }, `${offsetsTopic} could not be rewritten`);
      }
    });
  }

  #rewrite(index: number): void {
    const written = this.#writtenRecords[index]!;
    const log = this.#options.store.partition(offsetsTopic, index)!;
    // Offsets of open transactions are only in the log as it is: later, then.
    if (log.lastStableOffset < log.logEndOffset) return;
    const isMine = (groupId: string) => this.partitionOf(groupId) === index;
    const live = [...this.#sink!.snapshot(isMine)];
    this.#rewriteAtRecords[index] = Math.max(rewriteRecordsMin, live.length * 4);
    if (written < this.#rewriteAtRecords[index]) return;
    const firstOffset = log.logEndOffset;
    for (const part of split(live)) this.#appendTo(index, part);
    this.#writtenRecords[index] = live.length;
    const { logger } = this.#options;
    // Not before the copy is on the disk: a power cut could take it, and leave that the rest was let go.
    log
      .flush()
      .then(() => log.deleteRecords(firstOffset))
      .catch((error: unknown) => logger.warn({ error, partition: index }, `${offsetsTopic} keeps old records`));
    logger.debug({ partition: index, written, live: live.length }, `${offsetsTopic} rewritten`);
  }

  /** No rewriting any more: the groups that it would be made from are gone. */
  close(): void {
    this.#isClosed = true;
  }
}

function* split(entries: readonly LogEntry[]): Generator<LogEntry[]> {
  let part: LogEntry[] = [];
  let sizeBytes = 0;
  for (const entry of entries) {
    const entryBytes = entry.key.length + (entry.value?.length ?? 0) + 16;
    if (part.length > 0 && sizeBytes + entryBytes > batchBytesMax) {
      yield part;
      part = [];
      sizeBytes = 0;
    }
    part.push(entry);
    sizeBytes += entryBytes;
  }
  if (part.length > 0) yield part;
}

/** What Kafka's coordinator makes of a failed append. */
function clientError(error: unknown): number {
  if (!(error instanceof StorageError)) return ErrorCode.UNKNOWN_SERVER_ERROR;
  if (error.kafkaError === 'KAFKA_STORAGE_ERROR') return ErrorCode.NOT_COORDINATOR;
  return ErrorCode.UNKNOWN_SERVER_ERROR;
}
