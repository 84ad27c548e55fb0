import type { Logger } from '@headwater/logger';
import type { Clock } from '../clock/clock.ts';
import { CoordinatorTopic, type LogEntry } from '../coordinator-topic/coordinator-topic.ts';
import type { LogStore } from '../storage/index.ts';
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
  rewriteRecordsMin?: number;
}

/** What the log holds at the moment, for a new copy of it. */
export type LiveTransactions = () => Iterable<[transactionalId: string, record: TransactionRecord]>;

type Restore = (transactionalId: string, record: TransactionRecord | null) => void;

/** The topic that keeps the state of transactional ids. Each transaction writes three records, of which one counts. */
export class TransactionLog {
  readonly #topic: CoordinatorTopic;
  readonly #logger: Logger;
  #live: LiveTransactions = () => [];

  constructor(options: TransactionLogOptions) {
    this.#topic = new CoordinatorTopic({ ...options, name: transactionTopic });
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

  /** Reads all records in their order; null takes the id away. */
  async load(restore: Restore, live: LiveTransactions): Promise<void> {
    this.#live = live;
    const startedAtMs = performance.now();
    const records = await this.#topic.load({ record: (key, value) => this.#restore(restore, key, value) });
    if (records === null) return;
    this.#logger.info({ records, durationMs: Math.round(performance.now() - startedAtMs) }, 'transactional ids loaded');
  }

  /** One record that nobody understands must not keep the broker from starting. */
  #restore(restore: Restore, key: Buffer | null, value: Buffer | null): void {
    try {
      const transactionalId = key === null ? null : decodeTransactionKey(key);
      if (transactionalId === null) return;
      const record = value === null ? null : decodeTransactionValue(value);
      if (value === null || record !== null) restore(transactionalId, record);
      else this.#logger.warn({ transactionalId }, `${transactionTopic}: a record of an unknown version was skipped`);
    } catch (error) {
      this.#logger.warn({ error }, `${transactionTopic}: a record was skipped`);
    }
  }

  /**
   * Writes what is known of an id; null takes it away. Returns null when that may be acted on at once, or a promise to wait for first
   * (flush.messages).
   *
   * @throws StorageError
   */
  append(transactionalId: string, record: TransactionRecord | null): Promise<void> | null {
    this.#topic.ensure();
    const index = this.#topic.partitionOf(transactionalId);
    // First: what is written now is not among the living yet, and must come after their copy.
    if (this.#topic.isRewriteDue(index)) this.#rewrite(index);
    return this.#topic.append(index, [entry(transactionalId, record)]);
  }

  /** Null when what was written of this id may be acted on at once, or a promise to wait for first (flush.messages). */
  settled(transactionalId: string): Promise<void> | null {
    return this.#topic.settled(this.#topic.partitionOf(transactionalId));
  }

  #rewrite(index: number): void {
    try {
      const live: LogEntry[] = [];
      for (const [transactionalId, record] of this.#live()) {
        if (this.#topic.partitionOf(transactionalId) === index) live.push(entry(transactionalId, record));
      }
      this.#topic.rewrite(index, live);
    } catch (error) {
      // What was to be written is; the next record tries again.
      this.#logger.warn({ error, partition: index }, `${transactionTopic} could not be rewritten`);
    }
  }
}

function entry(transactionalId: string, record: TransactionRecord | null): LogEntry {
  const value = record === null ? null : encodeTransactionValue(record);
  return { key: encodeTransactionKey(transactionalId), value };
}
