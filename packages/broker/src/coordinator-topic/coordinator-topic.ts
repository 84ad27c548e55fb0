import type { Logger } from '@headwater/logger';
import { type BatchHeader, decodeRecords, encodeBatch, iterateBatches } from '@headwater/protocol';
import type { Clock } from '../clock/clock.ts';
import type { LogStore, PartitionLog } from '../storage/index.ts';
import { javaHash } from './java-hash.ts';

export interface LogEntry {
  key: Buffer;
  /** Null takes the key away. */
  value: Buffer | null;
}

/** The producer whose transaction entries are part of. */
export interface EntriesTransaction {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** Is given all that the topic has, partition by partition, in the order of the log. */
export interface TopicReader {
  record(key: Buffer | null, value: Buffer | null, batch: BatchHeader, partition: number): void;
  /** A batch that ends a transaction, with its bytes. */
  marker?(batch: BatchHeader, bytes: Buffer, partition: number): void;
}

export interface CoordinatorTopicOptions {
  store: LogStore;
  clock: Clock;
  logger: Logger;
  name: string;
  /** When it is made. */
  partitions: number;
  topicConfigs: Record<string, string>;
  /** Below so many records nothing is written anew: reading all at the start is quick anyway. Default 50,000. */
  rewriteRecordsMin?: number;
}

const readBytesMax = 1024 * 1024;
const batchBytesMax = 256 * 1024;
const rewriteRecordsMinDefault = 50_000;

/**
 * The topic in which a coordinator keeps what it knows: an ordinary compacted topic, made when it is first needed.
 *
 * What a coordinator writes replaces what it wrote before, so most of the log is dead soon. When the records written are many times
 * those that count, the live ones are written once more at the end and all before them is let go, so that a start stays quick whether
 * or not the cleaner has come by.
 */
export class CoordinatorTopic {
  readonly #options: CoordinatorTopicOptions;
  readonly #rewriteRecordsMin: number;
  readonly #writtenRecords: number[] = [];
  readonly #rewriteAtRecords: number[] = [];
  /** While the topic that was just made is on its way to the disk. */
  #made: Promise<void> | null = null;

  constructor(options: CoordinatorTopicOptions) {
    this.#options = options;
    this.#rewriteRecordsMin = options.rewriteRecordsMin ?? rewriteRecordsMinDefault;
  }

  /** How many partitions the topic has, or will have. */
  get partitions(): number {
    const { name, partitions, store } = this.#options;
    return store.topic(name)?.partitions ?? partitions;
  }

  /** The partition that a group or a transactional id lives in. */
  partitionOf(id: string): number {
    return javaHash(id) % this.partitions;
  }

  log(index: number): PartitionLog | undefined {
    return this.#options.store.partition(this.#options.name, index);
  }

  /** @throws StorageError */
  ensure(): void {
    const { name, partitions, store, topicConfigs } = this.#options;
    if (store.topic(name) !== undefined) return;
    store.createTopic({ name, partitions, configs: topicConfigs });
    const made = store.flushMetadata();
    this.#made = made;
    // Whoever waits for a record hears of a failure.
    made
      .catch(() => {})
      .finally(() => {
        if (this.#made === made) this.#made = null;
      });
  }

  /** Reads everything; the number of records, or null when there is no such topic yet. */
  async load(reader: TopicReader): Promise<number | null> {
    const topic = this.#options.store.topic(this.#options.name);
    if (topic === undefined) return null;
    let records = 0;
    for (let index = 0; index < topic.partitions; index++) {
      const log = this.log(index);
      if (log === undefined) continue;
      this.#writtenRecords[index] = await loadPartition(log, reader);
      records += this.#writtenRecords[index]!;
    }
    return records;
  }

  /**
   * Writes one batch. Returns null when it may be acted on at once, or a promise to wait for first (flush.messages).
   *
   * @throws StorageError
   */
  append(
    index: number,
    entries: readonly LogEntry[],
    transaction: EntriesTransaction | null = null,
  ): Promise<void> | null {
    const log = this.log(index);
    if (log === undefined) throw new Error(`${this.#options.name} has no partition ${index}`);
    const timestamp = this.#options.clock.now();
    const records = encodeBatch({
      records: entries.map(({ key, value }) => ({ key, value, timestamp, headers: [] })),
      ...(transaction === null ? {} : { ...transaction, isTransactional: true }),
    });
    const { flushed } = log.append(records, { now: timestamp, origin: 'coordinator' });
    this.#writtenRecords[index] = (this.#writtenRecords[index] ?? 0) + entries.length;
    return this.#withTopic(flushed);
  }

  /** Null when all that was written to the partition may be acted on at once, or a promise to wait for first (flush.messages). */
  settled(index: number): Promise<void> | null {
    const log = this.log(index);
    return log === undefined || log.highWatermark === log.logEndOffset ? null : this.#withTopic(log.flush());
  }

  isRewriteDue(index: number): boolean {
    return (this.#writtenRecords[index] ?? 0) >= (this.#rewriteAtRecords[index] ?? this.#rewriteRecordsMin);
  }

  /** Writes the live entries of a partition once more and lets all before them go, when most of the log is dead. */
  rewrite(index: number, live: readonly LogEntry[]): void {
    const { logger, name } = this.#options;
    this.#rewriteAtRecords[index] = Math.max(this.#rewriteRecordsMin, live.length * 4);
    if (!this.isRewriteDue(index)) return;
    const written = this.#writtenRecords[index];
    const log = this.log(index)!;
    const firstOffset = log.logEndOffset;
    // What goes wrong shows in the flush below.
    for (const part of split(live)) this.append(index, part)?.catch(() => {});
    this.#writtenRecords[index] = live.length;
    // Not before the copy is on the disk: a power cut could take it, and leave that the rest was let go.
    log
      .flush()
      .then(() => log.deleteRecords(firstOffset))
      .catch((error: unknown) => logger.warn({ error, partition: index }, `${name} keeps old records`));
    logger.debug({ partition: index, written, live: live.length }, `${name} rewritten`);
  }

  /** Records are not safe from a power cut before their topic is. */
  #withTopic(flushed: Promise<void> | null): Promise<void> | null {
    const made = this.#made;
    return made === null || flushed === null ? flushed : Promise.all([made, flushed]).then(() => {});
  }
}

async function loadPartition(log: PartitionLog, reader: TopicReader): Promise<number> {
  let records = 0;
  for (let offset = log.logStartOffset; offset < log.highWatermark; ) {
    const before = offset;
    for (const chunk of await log.read(offset, readBytesMax, true)) {
      for (const { header, offset: at } of iterateBatches(chunk)) {
        offset = header.baseOffset + header.lastOffsetDelta + 1;
        if (header.isControl) {
          reader.marker?.(header, chunk.subarray(at, at + header.sizeBytes), log.partition);
          continue;
        }
        for (const record of decodeRecords(chunk, at)) {
          // A whole batch is read although only its end may be asked for.
          if (record.offset < log.logStartOffset) continue;
          records++;
          reader.record(record.key, record.value, header, log.partition);
        }
      }
    }
    if (offset === before) break;
  }
  return records;
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
