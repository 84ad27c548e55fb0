import type { Logger } from '@headwater/logger';
import { ErrorCode } from '@headwater/protocol';
import type { Clock, ClockTimer } from '../clock/clock.ts';
import { StorageError } from '../storage/index.ts';
import { type EndRequest, endVerdict } from './end-verdict.ts';
import { type MarkersWritten, type MarkerWriter, writeMarkers } from './markers.ts';
import { noPartitions, type TopicPartitions } from './topic-partitions.ts';
import type { TransactionLog } from './transaction-log.ts';
import {
  isDeciding,
  isEpochExhausted,
  noEpoch,
  noProducerId,
  type TransactionRecord,
  type TransactionVersion,
} from './transaction-state.ts';
import {
  completed,
  decided,
  fenced,
  needsNewProducer,
  newTransaction,
  nextEpoch,
  nextProducer,
  withPartitions,
} from './transitions.ts';

export interface TransactionConfig {
  /** transaction.max.timeout.ms */
  maxTimeoutMs(): number;
  /** transactional.id.expiration.ms */
  expirationMs(): number;
  /** transaction.abort.timed.out.transaction.cleanup.interval.ms */
  abortIntervalMs(): number;
  /** transaction.remove.expired.transaction.cleanup.interval.ms */
  expiryIntervalMs(): number;
  /** headwater.max.transactional.ids */
  maxTransactionalIds(): number;
}

export interface TransactionCoordinatorOptions {
  clock: Clock;
  logger: Logger;
  log: TransactionLog;
  config: TransactionConfig;
  /** Never given out before, also not before a crash. @throws StorageError */
  nextProducerId(): number;
  /** The end of a transaction in one partition. */
  markers: MarkerWriter;
}

/** An answer, or a promise of it when it has to wait for an fsync (flush.messages). */
export type Later<T> = T | Promise<T>;

export interface ProducerIdentity {
  errorCode: number;
  producerId: number;
  producerEpoch: number;
}

/** A transactional.id and what is under way with it. */
export interface TransactionEntry {
  readonly transactionalId: string;
  /** As it was last written. With flush.messages it may not be on the disk yet: answers and markers wait for that. */
  record: TransactionRecord;
  /** Partitions without a marker while a decision is carried out. */
  unmarked: TopicPartitions;
  /** The abort of a fenced producer could not be written; its epoch is `record`'s already. */
  hasFailedFence: boolean;
}

/** What a broker decides on its own is of the newest version. */
const serverVersion: TransactionVersion = 2;
/** Work of one turn, so that others are not kept waiting. */
const abortsPerTurn = 200;
const expiriesPerTurn = 1_000;
const failuresPerTurn = 10;
const retryMsMin = 100;
const retryMsMax = 10_000;

/**
 * The transaction coordinator: which producer a transactional.id has, what its transaction holds, and how it ends.
 *
 * An end is three writes: the decision in `__transaction_state` (from then on the outcome is fixed), a marker in each partition, and
 * that all is done. Everything is on this node, so they follow in one turn of the event loop unless a disk fails or an fsync is waited
 * for; what is cut short by a kill is carried on by `start()`.
 */
export class TransactionCoordinator {
  readonly #options: TransactionCoordinatorOptions;
  readonly #entries = new Map<string, TransactionEntry>();
  /** Decided, but not carried out: some write failed. */
  readonly #unfinished = new Set<TransactionEntry>();
  readonly #timers: (ClockTimer | null)[] = [null, null, null];
  #retryMs = retryMsMin;
  #isClosed = false;

  constructor(options: TransactionCoordinatorOptions) {
    this.#options = options;
  }

  /** Reads the log, and carries out what was decided. */
  async start(): Promise<void> {
    const { config, log, logger } = this.#options;
    await log.load(
      (transactionalId, record) => {
        if (record === null) this.#entries.delete(transactionalId);
        else this.#entries.set(transactionalId, newEntry(transactionalId, record));
      },
      () => this.#live(),
    );
    for (const entry of this.#entries.values()) {
      if (!isDeciding(entry.record.state)) continue;
      const { transactionalId, record } = entry;
      logger.info({ transactionalId, state: record.state, producerId: record.producerId }, 'carrying out a decision');
      entry.unmarked = record.partitions;
      await this.#carryOut(entry);
    }
    this.#every(1, config.abortIntervalMs, () => this.abortTimedOut());
    this.#every(2, config.expiryIntervalMs, () => this.expire());
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  entries(): IterableIterator<TransactionEntry> {
    return this.#entries.values();
  }

  find(transactionalId: string): TransactionEntry | undefined {
    return this.#entries.get(transactionalId);
  }

  /** InitProducerId with a transactional.id; `expected` is what a producer says it has (KIP-360). */
  initProducerId(
    transactionalId: string,
    timeoutMs: number,
    expected: { producerId: number; producerEpoch: number } | null,
  ): Later<ProducerIdentity> {
    if (this.#isClosed) return failed(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    if (transactionalId === '') return failed(ErrorCode.INVALID_REQUEST);
    if (timeoutMs <= 0 || timeoutMs > this.#options.config.maxTimeoutMs()) {
      return failed(ErrorCode.INVALID_TRANSACTION_TIMEOUT);
    }
    try {
      return this.#initProducerId(this.#entryOrNew(transactionalId, timeoutMs), timeoutMs, expected);
    } catch (error) {
      return failed(this.#failure(transactionalId, error));
    }
  }

  #initProducerId(
    entry: TransactionEntry | null,
    timeoutMs: number,
    expected: { producerId: number; producerEpoch: number } | null,
  ): Later<ProducerIdentity> {
    if (entry === null) return failed(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    const { record } = entry;
    if (expected !== null && !isOurs(record, expected)) return failed(ErrorCode.PRODUCER_FENCED);
    if (isDeciding(record.state)) return failed(ErrorCode.CONCURRENT_TRANSACTIONS);
    if (record.state === 'Ongoing') {
      // The client asks again, and gets an epoch above the one that the abort has.
      return then(this.#abortFencing(entry), (code) => failed(code === 0 ? ErrorCode.CONCURRENT_TRANSACTIONS : code));
    }
    const nowMs = this.#options.clock.now();
    const expectedEpoch = expected?.producerEpoch ?? null;
    const next = needsNewProducer(record, expectedEpoch)
      ? nextProducer(record, this.#options.nextProducerId(), timeoutMs, expectedEpoch !== null, nowMs)
      : nextEpoch(record, timeoutMs, expectedEpoch, nowMs);
    if (typeof next === 'number') return failed(next);
    return then(this.#transit(entry, next), (errorCode) => {
      if (errorCode !== 0) return failed(errorCode);
      return { errorCode: 0, producerId: next.producerId, producerEpoch: next.producerEpoch };
    });
  }

  /** Makes partitions part of the open transaction, beginning one when there is none. */
  addPartitions(
    transactionalId: string,
    producerId: number,
    producerEpoch: number,
    partitions: TopicPartitions,
    clientVersion: TransactionVersion,
  ): Later<number> {
    const entry = this.#entries.get(transactionalId);
    const errorCode = this.#check(transactionalId, entry, producerId, producerEpoch);
    if (errorCode !== 0 || entry === undefined) return errorCode;
    if (isDeciding(entry.record.state)) return ErrorCode.CONCURRENT_TRANSACTIONS;
    if (entry.record.state === 'Ongoing' && entry.record.partitions.hasAll(partitions)) {
      return this.#afterFlush(transactionalId, this.#options.log.settled(transactionalId));
    }
    return this.#transit(entry, withPartitions(entry.record, partitions, clientVersion, this.#options.clock.now()));
  }

  /** Whether the producer may write in a transaction at all; `isAdded` tells of each partition. */
  verify(transactionalId: string, producerId: number, producerEpoch: number): number {
    const entry = this.#entries.get(transactionalId);
    const errorCode = this.#check(transactionalId, entry, producerId, producerEpoch);
    if (errorCode !== 0 || entry === undefined) return errorCode;
    return isDeciding(entry.record.state) ? ErrorCode.CONCURRENT_TRANSACTIONS : 0;
  }

  isAdded(transactionalId: string, topic: string, partition: number): boolean {
    return this.#entries.get(transactionalId)?.record.partitions.has(topic, partition) ?? false;
  }

  #check(
    transactionalId: string,
    entry: TransactionEntry | undefined,
    producerId: number,
    producerEpoch: number,
  ): number {
    if (this.#isClosed) return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    if (transactionalId === '') return ErrorCode.INVALID_REQUEST;
    if (entry === undefined || entry.record.producerId !== producerId) return ErrorCode.INVALID_PRODUCER_ID_MAPPING;
    return entry.record.producerEpoch === producerEpoch ? 0 : ErrorCode.PRODUCER_FENCED;
  }

  /** EndTxn: answered as soon as the decision is on record. */
  end(transactionalId: string, request: EndRequest): Later<ProducerIdentity> {
    if (this.#isClosed) return failed(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    if (transactionalId === '') return failed(ErrorCode.INVALID_REQUEST);
    const entry = this.#entries.get(transactionalId);
    if (entry === undefined) return failed(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
    const { record } = entry;
    const verdict = endVerdict(record, request);
    if (verdict === 'done') {
      const { producerEpoch, producerId } = record;
      return then(this.#afterFlush(transactionalId, this.#options.log.settled(transactionalId)), (errorCode) =>
        errorCode === 0 ? { errorCode, producerId, producerEpoch } : failed(errorCode),
      );
    }
    if (verdict !== 'decide') return failed(verdict);
    const { clientVersion, isCommit } = request;
    let nextId = noProducerId;
    try {
      if (clientVersion >= 2) nextId = this.#producerAfter(record);
    } catch (error) {
      return failed(this.#failure(transactionalId, error));
    }
    const nowMs = this.#options.clock.now();
    const decision = decided(record, isCommit, clientVersion, nextId, false, nowMs);
    return then(this.#decide(entry, decision), (errorCode) => {
      if (errorCode !== 0) return failed(errorCode);
      const { producerId, producerEpoch } = completed(decision, nowMs);
      return { errorCode: 0, producerId, producerEpoch };
    });
  }

  /**
   * Aborts what is open for longer than its time-out allows; its producer is fenced. A timer calls it. True when there is more than one
   * turn of the event loop should take.
   */
  abortTimedOut(): boolean {
    const nowMs = this.#options.clock.now();
    let left = abortsPerTurn;
    let failuresLeft = failuresPerTurn;
    for (const entry of this.#entries.values()) {
      const { record, transactionalId } = entry;
      if (record.state !== 'Ongoing' || record.startMs + record.timeoutMs >= nowMs) continue;
      if (left-- === 0) return true;
      const { producerId, timeoutMs } = record;
      this.#options.logger.info({ transactionalId, producerId, timeoutMs }, 'a transaction timed out and is aborted');
      const aborted = this.#abortFencing(entry);
      // The disk does not take them: the next round tries again.
      if (typeof aborted === 'number' && aborted !== 0 && --failuresLeft === 0) return false;
    }
    return false;
  }

  /** Forgets ids that nobody has used for `transactional.id.expiration.ms`. A timer calls it. True when there are more. */
  expire(): boolean {
    const { clock, config, log } = this.#options;
    const before = clock.now() - config.expirationMs();
    let left = expiriesPerTurn;
    for (const { record, transactionalId } of this.#entries.values()) {
      const isIdle = record.state === 'Empty' || record.state === 'CompleteCommit' || record.state === 'CompleteAbort';
      if (!isIdle || record.lastUpdateMs > before) continue;
      if (left-- === 0) return true;
      try {
        log.append(transactionalId, null)?.catch((error: unknown) => this.#failure(transactionalId, error));
        this.#entries.delete(transactionalId);
      } catch (error) {
        this.#failure(transactionalId, error);
        return false;
      }
    }
    return false;
  }

  /** What is open stays open: it goes on, or times out, with the next start. */
  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers) timer?.cancel();
  }

  #entryOrNew(transactionalId: string, timeoutMs: number): TransactionEntry | null {
    const { clock, config, nextProducerId } = this.#options;
    let entry = this.#entries.get(transactionalId);
    if (entry === undefined) {
      if (this.#entries.size >= config.maxTransactionalIds()) return null;
      entry = newEntry(transactionalId, newTransaction(nextProducerId(), timeoutMs, clock.now()));
      this.#entries.set(transactionalId, entry);
    }
    return entry;
  }

  #abortFencing(entry: TransactionEntry): Later<number> {
    const { record, transactionalId } = entry;
    let nextId: number;
    try {
      nextId = this.#producerAfter(record);
    } catch (error) {
      return this.#failure(transactionalId, error);
    }
    const fence = fenced(record, entry.hasFailedFence);
    const decision = decided(fence, false, serverVersion, nextId, true, this.#options.clock.now());
    return then(this.#decide(entry, decision), (errorCode) => {
      entry.hasFailedFence = errorCode !== 0;
      // Its producer is out, whether or not that could be written.
      if (errorCode !== 0 && entry.record === record) entry.record = fence;
      return errorCode;
    });
  }

  /** The id that follows when this transaction uses up the last epoch; -1 when there are more. @throws StorageError */
  #producerAfter({ producerEpoch }: TransactionRecord): number {
    return isEpochExhausted(producerEpoch) ? this.#options.nextProducerId() : noProducerId;
  }

  #decide(entry: TransactionEntry, decision: TransactionRecord): Later<number> {
    return then(this.#transit(entry, decision), (errorCode) => {
      if (errorCode !== 0) return errorCode;
      entry.unmarked = decision.partitions;
      void this.#carryOut(entry);
      return 0;
    });
  }

  /** Markers, then the record that all is done. What fails is tried again. */
  #carryOut(entry: TransactionEntry): Later<void> {
    const written = writeMarkers(this.#options.markers, entry.record, entry.unmarked);
    if (written.flushed === null) return this.#complete(entry, written);
    // The record must not outlive the markers in a power cut.
    return written.flushed.then(() => this.#complete(entry, written));
  }

  #complete(entry: TransactionEntry, { error, failedPartitions }: MarkersWritten): Later<void> {
    const { clock, logger } = this.#options;
    const { record, transactionalId } = entry;
    entry.unmarked = failedPartitions;
    if (!failedPartitions.isEmpty) {
      const partitions = failedPartitions.count;
      logger.warn({ error, transactionalId, partitions }, 'markers could not be written; they are tried again');
      this.#retryLater(entry);
      return;
    }
    return then(this.#transit(entry, completed(record, clock.now())), (errorCode) => {
      if (errorCode === 0) this.#retryMs = retryMsMin;
      else this.#retryLater(entry);
    });
  }

  #retryLater(entry: TransactionEntry): void {
    this.#unfinished.add(entry);
    if (this.#isClosed || this.#timers[0] !== null) return;
    this.#timers[0] = this.#options.clock.schedule(this.#retryMs, () => {
      this.#timers[0] = null;
      this.#retryMs = Math.min(this.#retryMs * 2, retryMsMax);
      const unfinished = [...this.#unfinished];
      this.#unfinished.clear();
      for (const each of unfinished) void this.#carryOut(each);
    });
  }

  /** Writes the record and takes it for true; 0 when that may be told, or an error code when it could not be written. */
  #transit(entry: TransactionEntry, next: TransactionRecord): Later<number> {
    const { transactionalId } = entry;
    try {
      const flushed = this.#options.log.append(transactionalId, next);
      entry.record = next;
      return this.#afterFlush(transactionalId, flushed);
    } catch (error) {
      return this.#failure(transactionalId, error);
    }
  }

  #afterFlush(transactionalId: string, flushed: Promise<void> | null): Later<number> {
    if (flushed === null) return 0;
    return flushed.then(
      () => 0,
      (error: unknown) => this.#failure(transactionalId, error),
    );
  }

  /** What Kafka's coordinator makes of a failed append: clients look for the coordinator again. */
  #failure(transactionalId: string, error: unknown): number {
    this.#options.logger.error({ error, transactionalId }, 'the state of a transaction could not be written');
    if (!(error instanceof StorageError)) return ErrorCode.UNKNOWN_SERVER_ERROR;
    return error.kafkaError === 'KAFKA_STORAGE_ERROR' ? ErrorCode.NOT_COORDINATOR : ErrorCode.UNKNOWN_SERVER_ERROR;
  }

  *#live(): Generator<[string, TransactionRecord]> {
    for (const { transactionalId, record } of this.#entries.values()) {
      // An id that never got its first epoch is not on record.
      if (record.producerEpoch !== noEpoch) yield [transactionalId, record];
    }
  }

  /** Runs again at once (after others had their turn) as long as there is more to do. */
  #every(timer: 1 | 2, intervalMs: () => number, run: () => boolean, delayMs = intervalMs()): void {
    this.#timers[timer] = this.#options.clock.schedule(delayMs, () => {
      const hasMore = run();
      this.#every(timer, intervalMs, run, hasMore ? 1 : intervalMs());
    });
  }
}

function newEntry(transactionalId: string, record: TransactionRecord): TransactionEntry {
  return { transactionalId, record, unmarked: noPartitions, hasFailedFence: false };
}

/** Kafka's rule of KIP-360: it is the producer that is known, a new id has no producer yet, or it asks again after getting a new id. */
function isOurs(record: TransactionRecord, expected: { producerId: number; producerEpoch: number }): boolean {
  return (
    record.producerEpoch === noEpoch ||
    expected.producerId === record.producerId ||
    (expected.producerId === record.previousProducerId && isEpochExhausted(expected.producerEpoch))
  );
}

function failed(errorCode: number): ProducerIdentity {
  return { errorCode, producerId: noProducerId, producerEpoch: noEpoch };
}

function then<T, R>(value: Later<T>, next: (value: T) => Later<R>): Later<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
