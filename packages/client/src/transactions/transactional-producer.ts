import { ClientError, isRetriable } from '../client-error.ts';
import type { Cluster } from '../cluster.ts';
import type { Consumer, GroupMetadata } from '../consumer/consumer.ts';
import { type Offsets, toList } from '../consumer/offsets.ts';
import { type PreparedRequest, Producer, type ProducerOptions, type SendRequest } from '../producer.ts';
import type { BatchResult, RecordResult } from '../producer-batch.ts';
import { TransactionAuthor } from './transaction-author.ts';
import { isAbortable } from './transaction-errors.ts';

export interface TransactionalProducerOptions extends Omit<ProducerOptions, 'acks' | 'idempotent'> {
  /** One for each instance that writes at the same time, the same after its restart: a later producer fences an earlier one. */
  transactionalId: string;
  /** The coordinator aborts a transaction that is open for longer. Default 60,000. */
  transactionTimeoutMs?: number;
  /** 1: the protocol of KIP-98, also where the cluster runs that of KIP-890. Default: the cluster's. */
  transactionVersion?: 1 | 2;
}

/** Offsets that become a group's when the transaction commits. */
export interface OffsetsToSend {
  /** The consumer whose offsets they are, or what its `groupMetadata()` says. */
  group: Consumer | GroupMetadata | (() => GroupMetadata);
  /** Where to go on. Default, with a consumer: its `positions()`. */
  offsets?: Offsets;
}

type State = 'new' | 'ready' | 'open' | 'ending' | 'closed';

/**
 * Writes records to several partitions, and a group's offsets, all at once or not at all. Works with both generations of the
 * protocol (KIP-98, KIP-890), as the cluster has it.
 *
 * @example
 * const producer = client.transactionalProducer({ transactionalId: 'billing-0' });
 * await producer.begin();
 * producer.send({ topic: 'invoices', records: [{ key: 'o-1', value: '12' }] });
 * await producer.sendOffsets({ group: consumer });
 * await producer.commit();
 */
export class TransactionalProducer {
  private readonly options: TransactionalProducerOptions;
  private readonly author: TransactionAuthor;
  private readonly producer: Producer;
  private state: State = 'new';
  /** An end whose answer got lost: only the same one may be asked for again. */
  private uncertainEnd: 'commit' | 'abort' | null = null;
  private initializing: Promise<void> | null = null;
  private readonly offsetGroups = new Set<string>();
  private readonly sendingOffsets = new Set<Promise<void>>();
  private readonly stopping = new AbortController();

  constructor(cluster: Cluster, options: TransactionalProducerOptions) {
    if (!options.transactionalId) throw new ClientError('HW_CLIENT_BAD_OPTION', 'transactionalId is missing or empty');
    this.options = options;
    this.author = new TransactionAuthor(cluster, options.transactionalId);
    const { transactionalId: _id, transactionTimeoutMs: _timeout, transactionVersion: _version, ...rest } = options;
    this.producer = new Producer(cluster, { ...rest, acks: -1, idempotent: true }, this.author);
  }

  /** Whether a transaction has been begun and not ended. */
  get isOpen(): boolean {
    return this.state === 'open';
  }

  /** Aborts when the producer has closed. */
  get closed(): AbortSignal {
    return this.producer.closed;
  }

  /**
   * Fences earlier producers of this id, and ends what they left open; `begin` does so by itself. Rejects with
   * HW_CLIENT_PRODUCER_FENCED when a later one did that to this.
   */
  init(): Promise<void> {
    this.initializing ??= this.initialize().catch((error) => {
      this.initializing = null;
      throw error;
    });
    return this.initializing;
  }

  private async initialize(): Promise<void> {
    if (this.state === 'closed') throw new ClientError('HW_CLIENT_CLOSED', 'the producer is closed');
    const { author } = this;
    const { signal } = this.stopping;
    author.isVersion2 = (await author.coordinator.isVersion2(signal)) && this.options.transactionVersion !== 1;
    author.take(await author.coordinator.init(this.options.transactionTimeoutMs ?? 60_000, null, signal));
    this.state = 'ready';
  }

  /** Begins a transaction; no request is needed for it after the first. */
  async begin(): Promise<void> {
    await this.init();
    this.throwIfFenced();
    this.expect('ready', 'begin');
    this.author.reset();
    this.state = 'open';
  }

  /** As `Producer.send`, within the transaction. A failure has to be answered by `abort`; `commit` refuses then. */
  send(request: SendRequest): Promise<RecordResult[]> {
    return this.within(() => this.producer.send(request));
  }

  /** As `Producer.sendBatch`: batches that are encoded already. */
  sendBatch(request: PreparedRequest): Promise<BatchResult> {
    return this.within(() => this.producer.sendBatch(request));
  }

  /** Sends what is collected without waiting for more; resolves when it is acknowledged or failed. */
  flush(): Promise<void> {
    return this.producer.flush();
  }

  private within<T>(run: () => Promise<T>): Promise<T> {
    try {
      this.expect('open', 'send');
      if (this.author.refusal !== null) throw this.mustAbort();
    } catch (error) {
      return Promise.reject(error);
    }
    const result = run();
    // Whoever does not wait for it hears of it in commit().
    result.catch((error) => {
      if (this.state === 'open') this.author.refuse(error);
    });
    return result;
  }

  /** Makes offsets part of the transaction: they are the group's when it commits. */
  async sendOffsets(request: OffsetsToSend): Promise<void> {
    this.expect('open', 'sendOffsets');
    if (this.author.refusal !== null) throw this.mustAbort();
    const sending = this.bringOffsets(request);
    this.sendingOffsets.add(sending);
    await sending.finally(() => this.sendingOffsets.delete(sending));
  }

  private async bringOffsets({ group, offsets }: OffsetsToSend): Promise<void> {
    const metadataOf = () =>
      typeof group === 'function' ? group() : 'groupMetadata' in group ? group.groupMetadata() : group;
    const positions = offsets ?? (typeof group !== 'function' && 'positions' in group ? group.positions() : {});
    const list = toList(positions);
    if (list.length === 0) return;
    const { author } = this;
    const { signal } = this.stopping;
    try {
      const { groupId } = metadataOf();
      author.hasContent = true;
      if (!author.isVersion2 && !this.offsetGroups.has(groupId)) {
        await author.coordinator.addOffsets(author.currentIds, groupId, signal);
        this.offsetGroups.add(groupId);
      }
      await author.coordinator.commitOffsets(author.currentIds, metadataOf, list, author.isVersion2, signal);
    } catch (error) {
      author.refuse(error);
      throw error;
    }
  }

  /**
   * Sends what is collected, and makes all of it visible at once. With `offsets` these go along, beside the records and not
   * after them. Rejects with HW_CLIENT_TRANSACTION_ABORTED when something of it failed: then `abort`. When the coordinator was not reached in
   * `retryTimeoutMs` it may have happened or not: call it again.
   */
  async commit(offsets?: OffsetsToSend): Promise<void> {
    this.expectEnd('commit');
    const sending = offsets === undefined ? Promise.resolve() : this.sendOffsets(offsets);
    sending.catch(() => {});
    await this.producer.flush();
    await Promise.allSettled([sending, ...this.sendingOffsets]);
    if (this.author.refusal !== null) throw this.mustAbort();
    await this.end(true);
  }

  /** Drops what is collected and makes nothing of the transaction visible. */
  async abort(): Promise<void> {
    this.expectEnd('abort');
    const { author } = this;
    this.throwIfFenced();
    author.refuse(new ClientError('HW_CLIENT_TRANSACTION_ABORTED', 'the transaction was aborted'));
    await this.producer.discard(author.refusal);
    await Promise.allSettled(this.sendingOffsets);
    this.throwIfFenced();
    await this.end(false);
  }

  private async end(isCommit: boolean): Promise<void> {
    const { author } = this;
    const { coordinator, isVersion2 } = author;
    this.state = 'ending';
    try {
      if (author.hasContent) author.take(await coordinator.end(author.currentIds, isCommit, isVersion2));
      if (!isCommit && author.isSequenceLost && !isVersion2) {
        author.take(await coordinator.init(this.options.transactionTimeoutMs ?? 60_000, author.currentIds));
      }
    } catch (error) {
      this.state = 'open';
      const isUncertain = isRetriable(error);
      if (isUncertain) this.uncertainEnd = isCommit ? 'commit' : 'abort';
      else author.refuse(error);
      throw error;
    }
    this.uncertainEnd = null;
    this.offsetGroups.clear();
    author.reset();
    this.state = 'ready';
  }

  /** Runs `work` in a transaction: commits when it resolves, aborts when it rejects. */
  async transaction<T>(work: (producer: TransactionalProducer) => Promise<T>): Promise<T> {
    await this.begin();
    try {
      const result = await work(this);
      await this.commit();
      return result;
    } catch (error) {
      // The first error tells more than what an abort may say after it.
      if (this.isOpen && isAbortable(this.author.refusal)) await this.abort().catch(() => {});
      throw error;
    }
  }

  private expect(state: State, what: string): void {
    if (this.state === state) return;
    if (this.state === 'closed') throw new ClientError('HW_CLIENT_CLOSED', 'the producer is closed');
    const message =
      state === 'open'
        ? `${what}() outside of a transaction: begin() first`
        : `${what}() while a transaction is ${this.state}`;
    throw new ClientError('HW_CLIENT_TRANSACTION_STATE', message);
  }

  private expectEnd(what: 'commit' | 'abort'): void {
    this.expect('open', what);
    const { uncertainEnd } = this;
    if (uncertainEnd === null || uncertainEnd === what) return;
    const message = `the answer to ${uncertainEnd}() got lost, it may have happened: ${uncertainEnd}() again, or close`;
    throw new ClientError('HW_CLIENT_TRANSACTION_STATE', message);
  }

  private throwIfFenced(): void {
    const { refusal } = this.author;
    if (refusal !== null && !isAbortable(refusal)) throw refusal;
  }

  private mustAbort(): unknown {
    const { refusal } = this.author;
    if (!isAbortable(refusal)) return refusal;
    if (refusal instanceof ClientError && refusal.code === 'HW_CLIENT_GROUP_FENCED') return refusal;
    const why = refusal instanceof Error ? refusal.message : String(refusal);
    const kafkaCode =
      refusal instanceof ClientError && refusal.kafkaCode !== null ? { kafkaCode: refusal.kafkaCode } : {};
    const message = `the transaction cannot commit, abort() it: ${why}`;
    return new ClientError('HW_CLIENT_TRANSACTION_ABORTED', message, {
      cause: refusal,
      retriable: false,
      ...kafkaCode,
    });
  }

  /** Aborts an open transaction, and closes. May be called twice. */
  async close({ timeoutMs = 5000 }: { timeoutMs?: number } = {}): Promise<void> {
    if (this.state === 'open') {
      const timer = setTimeout(
        () => this.stopping.abort(new ClientError('HW_CLIENT_CLOSED', 'the producer is closed')),
        timeoutMs,
      );
      await this.abort().catch(() => {});
      clearTimeout(timer);
    }
    this.state = 'closed';
    if (!this.stopping.signal.aborted)
      this.stopping.abort(new ClientError('HW_CLIENT_CLOSED', 'the producer is closed'));
    await this.producer.close({ timeoutMs });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
