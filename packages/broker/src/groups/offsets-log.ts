import type { Logger } from '@headwater/logger';
import { type BatchHeader, ErrorCode } from '@headwater/protocol';
import type { Clock } from '../clock/clock.ts';
import { CoordinatorTopic, type EntriesTransaction, type LogEntry } from '../coordinator-topic/coordinator-topic.ts';
import { decodeMarker, type LogStore, StorageError } from '../storage/index.ts';
import { type CommittedOffset, decodeKey, decodeOffsetValue, type LogKey } from './log-records.ts';
import type { PendingOffset } from './pending-offsets.ts';

export type { LogEntry } from '../coordinator-topic/coordinator-topic.ts';

export const offsetsTopic = '__consumer_offsets';

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

export interface OffsetsLogOptions {
  store: LogStore;
  clock: Clock;
  logger: Logger;
  partitions: number;
  topicConfigs: Record<string, string>;
}

/** The topic that keeps committed offsets and group generations. */
export class OffsetsLog {
  readonly #topic: CoordinatorTopic;
  readonly #logger: Logger;
  #sink: GroupSink | null = null;
  readonly #rewriting = new Set<number>();
  #isClosed = false;

  constructor(options: OffsetsLogOptions) {
    this.#topic = new CoordinatorTopic({ ...options, name: offsetsTopic });
    this.#logger = options.logger;
  }

  /** How many partitions the topic has, or will have. */
  get partitions(): number {
    return this.#topic.partitions;
  }

  /** @throws StorageError */
  ensureTopic(): void {
    this.#topic.ensure();
  }

  async load(sink: GroupSink): Promise<void> {
    this.#sink = sink;
    const startedAtMs = performance.now();
    const records = await this.#topic.load({
      record: (key, value, batch, partition) => this.#restore(sink, key, value, batch, partition),
      marker: ({ producerId }, bytes, partition) => {
        const marker = decodeMarker(bytes);
        if (marker !== null) sink.endTransaction(producerId, partition, marker.isCommit);
      },
    });
    if (records === null) return;
    sink.restored();
    this.#logger.info({ records, durationMs: Math.round(performance.now() - startedAtMs) }, 'committed offsets loaded');
  }

  /** One record that nobody understands must not keep the broker from starting. */
  #restore(
    sink: GroupSink,
    keyBytes: Buffer | null,
    value: Buffer | null,
    { isTransactional, producerId }: BatchHeader,
    logPartition: number,
  ): void {
    if (keyBytes === null) return;
    try {
      const key = decodeKey(keyBytes);
      if (key.kind === 'offset') {
        const offset = value === null ? null : decodeOffsetValue(value);
        const { groupId, topic, partition } = key;
        if (!isTransactional || offset === null) sink.restoreOffset(groupId, topic, partition, offset);
        else sink.restorePendingOffset(producerId, { groupId, topic, partition, value: offset, logPartition });
      } else sink.restoreGroup(key, value);
    } catch (error) {
      this.#logger.warn({ error, keyBytes: keyBytes.length }, `${offsetsTopic}: a record was skipped`);
    }
  }

  /** The partition of the topic that a group lives in. */
  partitionOf(groupId: string): number {
    return this.#topic.partitionOf(groupId);
  }

  /** Null when all that was written of this group may be acknowledged at once, or a promise to wait for first (flush.messages). */
  settled(groupId: string): Promise<void> | null {
    return this.#topic.settled(this.partitionOf(groupId));
  }

  /** Writes one batch, as part of a transaction if there is one; 0, or the error that a group's client is told. */
  append(groupId: string, entries: readonly LogEntry[], transaction: EntriesTransaction | null = null): number {
    try {
      this.#topic.ensure();
      const index = this.partitionOf(groupId);
      // Whoever has to wait for it asks for `settled`.
      this.#topic.append(index, entries, transaction)?.catch(() => {});
      if (this.#sink !== null && this.#topic.isRewriteDue(index)) this.#rewriteSoon(index);
      return 0;
    } catch (error) {
      this.#logger.error({ error, groupId }, 'the offsets of a group could not be written');
      return clientError(error);
    }
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
        this.#logger.error({ error, partition: index }, `${offsetsTopic} could not be rewritten`);
      }
    });
  }

  #rewrite(index: number): void {
    const log = this.#topic.log(index)!;
    // Offsets of open transactions are only in the log as it is: later, then.
    if (log.lastStableOffset < log.logEndOffset) return;
    this.#topic.rewrite(index, [...this.#sink!.snapshot((groupId) => this.partitionOf(groupId) === index)]);
  }

  /** No rewriting any more: the groups that it would be made from are gone. */
  close(): void {
    this.#isClosed = true;
  }
}

/** What Kafka's coordinator makes of a failed append. */
function clientError(error: unknown): number {
  if (!(error instanceof StorageError)) return ErrorCode.UNKNOWN_SERVER_ERROR;
  if (error.kafkaError === 'KAFKA_STORAGE_ERROR') return ErrorCode.NOT_COORDINATOR;
  return ErrorCode.UNKNOWN_SERVER_ERROR;
}
