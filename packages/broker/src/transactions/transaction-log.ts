import type { Logger } from '@headwater/logger';
import { decodeRecords, encodeBatch, iterateBatches } from '@headwater/protocol';
import type { Clock } from '../clock/clock.ts';
import { javaHash } from '../groups/java-hash.ts';
import type { LogStore, PartitionLog } from '../storage/index.ts';
import {
  decodeTransactionKey,
  decodeTransactionValue,
  encodeTransactionKey,
  encodeTransactionValue,
} from './log-records.ts';
import type { TransactionRecord } from './transaction-state.ts';

export const transactionTopic = '__transaction_state';

export interface TransactionLogOptions {
  store: LogStore;
  clock: Clock;
  logger: Logger;
  partitions: number;
  topicConfigs: Record<string, string>;
  /** Below so many records nothing is written anew: reading all at the start is quick anyway. Default 50,000. */
  rewriteRecordsMin?: number;
}

/** What the log holds at the moment, for a new copy of it. */
export type LiveTransactions = () => Iterable<[transactionalId: string, record: TransactionRecord]>;

const readBytesMax = 1024 * 1024;
const batchBytesMax = 256 * 1024;

/**
 * The topic that keeps the state of transactional ids: an ordinary compacted topic, made when the first one needs it.
 *
 * Each transaction writes three records, of which one counts. When the dead are many times the living, those are written once more at
 * the end and all before them is let go, so that a start stays quick whether or not the cleaner has come by.
 */
export class TransactionLog {
  readonly #options: TransactionLogOptions;
  readonly #rewriteRecordsMin: number;
  #live: LiveTransactions = () => [];
  readonly #writtenRecords: number[] = [];
  readonly #rewriteAtRecords: number[] = [];
  /** While the topic that was just made is on its way to the disk. */
  #made: Promise<void> | null = null;

  constructor(options: TransactionLogOptions) {
    this.#options = options;
    this.#rewriteRecordsMin = options.rewriteRecordsMin ?? 50_000;
  }

  /** How many partitions the topic has, or will have. */
  get partitions(): number {
    return this.#options.store.topic(transactionTopic)?.partitions ?? this.#options.partitions;
  }

  /** @throws StorageError */
  ensureTopic(): void {
    const { store, partitions, topicConfigs } = this.#options;
    if (store.topic(transactionTopic) !== undefined) return;
    store.createTopic({ name: transactionTopic, partitions, configs: topicConfigs });
    const made = store.flushMetadata();
    this.#made = made;
    // Whoever waits for a record hears of a failure.
    made
      .catch(() => {})
      .finally(() => {
        if (this.#made === made) this.#made = null;
      });
  }

  /** Records are not safe from a power cut before their topic is. */
  #withTopic(flushed: Promise<void> | null): Promise<void> | null {
    const made = this.#made;
    return made === null || flushed === null ? flushed : Promise.all([made, flushed]).then(() => {});
  }

  /** Reads all records in their order; null takes the id away. */
  async load(restore: (transactionalId: string, record: TransactionRecord | null) => void, live: LiveTransactions) {
    this.#live = live;
    const { logger, store } = this.#options;
    const topic = store.topic(transactionTopic);
    if (topic === undefined) return;
    const startedAtMs = performance.now();
    let records = 0;
    for (let index = 0; index < topic.partitions; index++) {
      const log = store.partition(transactionTopic, index);
      if (log === undefined) continue;
      this.#writtenRecords[index] = await this.#loadPartition(log, restore);
      records += this.#writtenRecords[index]!;
    }
    logger.info({ records, durationMs: Math.round(performance.now() - startedAtMs) }, 'transactional ids loaded');
  }

  async #loadPartition(
    log: PartitionLog,
    restore: (transactionalId: string, record: TransactionRecord | null) => void,
  ): Promise<number> {
    let records = 0;
    for (let offset = log.logStartOffset; offset < log.highWatermark; ) {
      const before = offset;
      for (const chunk of await log.read(offset, readBytesMax, true)) {
        for (const batch of iterateBatches(chunk)) {
          offset = batch.header.baseOffset + batch.header.lastOffsetDelta + 1;
          if (batch.header.isControl) continue;
          for (const record of decodeRecords(chunk, batch.offset)) {
            // A whole batch is read although only its end may be asked for.
            if (record.offset < log.logStartOffset) continue;
            records++;
            this.#restore(restore, record.key, record.value);
          }
        }
      }
      if (offset === before) break;
    }
    return records;
  }

  /** One record that nobody understands must not keep the broker from starting. */
  #restore(
    restore: (transactionalId: string, record: TransactionRecord | null) => void,
    key: Buffer | null,
    value: Buffer | null,
  ): void {
    try {
      const transactionalId = key === null ? null : decodeTransactionKey(key);
      if (transactionalId === null) return;
      const record = value === null ? null : decodeTransactionValue(value);
      if (value === null || record !== null) restore(transactionalId, record);
      else
        this.#options.logger.warn(
          { transactionalId },
          `${transactionTopic}: a record of an unknown version was skipped`,
        );
    } catch (error) {
      this.#options.logger.warn({ error }, `${transactionTopic}: a record was skipped`);
    }
  }

  /**
   * Writes what is known of an id; null takes it away. Returns null when that may be acted on at once, or a promise to wait for first
   * (flush.messages).
   *
   * @throws StorageError
   */
  append(transactionalId: string, record: TransactionRecord | null): Promise<void> | null {
    this.ensureTopic();
    const index = javaHash(transactionalId) % this.partitions;
    // First: what is written now is not among the living yet, and must come after their copy.
    this.#rewriteWhenMostIsDead(index);
    return this.#withTopic(this.#appendTo(index, [entry(transactionalId, record)]));
  }

  /** Null when what was written of this id may be acted on at once, or a promise to wait for first (flush.messages). */
  settled(transactionalId: string): Promise<void> | null {
    const log = this.#options.store.partition(transactionTopic, javaHash(transactionalId) % this.partitions);
    return log === undefined || log.highWatermark === log.logEndOffset ? null : this.#withTopic(log.flush());
  }

  #appendTo(index: number, entries: readonly Entry[]): Promise<void> | null {
    const log = this.#options.store.partition(transactionTopic, index);
    if (log === undefined) throw new Error(`${transactionTopic} has no partition ${index}`);
    const timestamp = this.#options.clock.now();
    const records = encodeBatch({ records: entries.map(({ key, value }) => ({ key, value, timestamp, headers: [] })) });
    const { flushed } = log.append(records, { now: timestamp, origin: 'coordinator' });
    this.#writtenRecords[index] = (this.#writtenRecords[index] ?? 0) + entries.length;
    return flushed;
  }

  #rewriteWhenMostIsDead(index: number): void {
    const written = this.#writtenRecords[index] ?? 0;
    if (written < (this.#rewriteAtRecords[index] ?? this.#rewriteRecordsMin)) return;
    try {
      this.#rewrite(index, written);
    } catch (error) {
      // What was to be written is; the next record tries again.
      this.#options.logger.warn({ error, partition: index }, `${transactionTopic} could not be rewritten`);
    }
  }

  #rewrite(index: number, written: number): void {
    const log = this.#options.store.partition(transactionTopic, index)!;
    const live: Entry[] = [];
    for (const [transactionalId, record] of this.#live()) {
      if (javaHash(transactionalId) % this.partitions === index) live.push(entry(transactionalId, record));
    }
    this.#rewriteAtRecords[index] = Math.max(this.#rewriteRecordsMin, live.length * 4);
    if (written < this.#rewriteAtRecords[index]) return;
    const firstOffset = log.logEndOffset;
    for (const part of split(live)) this.#appendTo(index, part);
    this.#writtenRecords[index] = live.length;
    // Not before the copy is on the disk.
    log
      .flush()
      .then(() => log.deleteRecords(firstOffset))
      .catch((error: unknown) =>
        this.#options.logger.warn({ error, partition: index }, `${transactionTopic} keeps old records`),
      );
    this.#options.logger.debug({ partition: index, written, live: live.length }, `${transactionTopic} rewritten`);
  }
}

interface Entry {
  key: Buffer;
  value: Buffer | null;
}

function entry(transactionalId: string, record: TransactionRecord | null): Entry {
  const value = record === null ? null : encodeTransactionValue(record);
  return { key: encodeTransactionKey(transactionalId), value };
}

function* split(entries: readonly Entry[]): Generator<Entry[]> {
  let part: Entry[] = [];
  let sizeBytes = 0;
  for (const each of entries) {
    const entryBytes = each.key.length + (each.value?.length ?? 0) + 16;
    if (part.length > 0 && sizeBytes + entryBytes > batchBytesMax) {
      yield part;
      part = [];
      sizeBytes = 0;
    }
    part.push(each);
    sizeBytes += entryBytes;
  }
  if (part.length > 0) yield part;
}
