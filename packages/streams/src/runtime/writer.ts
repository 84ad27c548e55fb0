import type { GroupMetadata, KafkaClient, Offsets, Producer, TransactionalProducer } from '@headwater/client';
import type { OutputBatch } from './output-batches.ts';

/** Offsets of one group, to be committed with the results. */
export interface GroupOffsets {
  /** Who commits: the member in its generation, or only the group's name. */
  readonly group: GroupMetadata;
  readonly offsets: Offsets;
}

/** Brings results and offsets to the cluster. One commit at a time; what is sent between two commits belongs to the second. */
export interface Writer {
  /** Sends batches ahead of the commit that they are part of; does not wait. */
  send(batches: readonly OutputBatch[]): void;
  /** Waits until all that was sent is there, and commits the offsets: those of the first group before the others. */
  commit(batches: readonly OutputBatch[], offsets: readonly GroupOffsets[]): Promise<void>;
  /** Bytes that were sent and are not acknowledged. */
  readonly pendingBytes: number;
  /** Gives up what is not committed: after it nothing of that is on its way any more. Again when it rejects. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export interface WriterOptions {
  readonly client: KafkaClient;
  readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
}

export interface TransactionalWriterOptions extends WriterOptions {
  readonly transactionalId: string;
  readonly transactionTimeoutMs: number;
}

/** At least once: results are acknowledged before the offsets are committed. */
export class IdempotentWriter implements Writer {
  readonly #client: KafkaClient;
  readonly #producer: Producer;
  #pending: Promise<unknown>[] = [];
  #failure: unknown = null;
  pendingBytes = 0;

  constructor({ client, compression }: WriterOptions) {
    this.#client = client;
    this.#producer = client.producer({ compression, lingerMs: 0, allowAutoTopicCreation: false });
  }

  send(batches: readonly OutputBatch[]): void {
    for (const each of batches) {
      const { sizeBytes } = each.batch;
      this.pendingBytes += sizeBytes;
      const sent = this.#producer
        .sendBatch(each)
        .then(({ baseOffset }) => acknowledged(each, baseOffset))
        .catch((error: unknown) => {
          this.#failure ??= error;
        })
        .finally(() => {
          this.pendingBytes -= sizeBytes;
        });
      this.#pending.push(sent);
    }
  }

  async commit(batches: readonly OutputBatch[], offsets: readonly GroupOffsets[]): Promise<void> {
    this.send(batches);
    const pending = this.#pending;
    this.#pending = [];
    await Promise.all(pending);
    if (this.#failure !== null) throw this.#failure;
    const [main, ...others] = offsets;
    if (main === undefined) return;
    // When the application's group refuses it, nobody else is told.
    await this.#client.commitOffsetsAs(() => main.group, main.offsets);
    await Promise.all(others.map(({ group, offsets: each }) => this.#client.commitOffsetsAs(() => group, each)));
  }

  async reset(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    // What comes late would be newer in a changelog than what is restored from it.
    await Promise.all(pending);
    this.#failure = null;
  }

  close(): Promise<void> {
    return this.#producer.close();
  }
}

/** Exactly once: results, changelogs and offsets become visible in one transaction, or none of them does. */
export class TransactionalWriter implements Writer {
  readonly #newProducer: () => TransactionalProducer;
  #producer: TransactionalProducer;
  /** Of the next transaction, while one commits, and what waits for a transaction to begin. */
  #unsent: OutputBatch[] = [];
  #isCommitting = false;
  #beginning: Promise<void> | null = null;
  #sends: Promise<void>[] = [];
  #failure: unknown = null;
  pendingBytes = 0;

  constructor({ client, compression, transactionalId, transactionTimeoutMs }: TransactionalWriterOptions) {
    this.#newProducer = () =>
      client.transactionalProducer({
        transactionalId,
        transactionTimeoutMs,
        compression,
        lingerMs: 0,
        allowAutoTopicCreation: false,
      });
    this.#producer = this.#newProducer();
  }

  /** Fences earlier producers of this id, and ends what they left open. */
  init(): Promise<void> {
    return this.#producer.init();
  }

  send(batches: readonly OutputBatch[]): void {
    this.#queue(batches);
    void this.#sendAhead();
  }

  commit(batches: readonly OutputBatch[], offsets: readonly GroupOffsets[]): Promise<void> {
    // From here on `send` is for the next transaction.
    this.#isCommitting = true;
    this.#queue(batches);
    const mine = this.#unsent;
    this.#unsent = [];
    return this.#commit(mine, offsets).finally(() => {
      this.#isCommitting = false;
      void this.#sendAhead();
    });
  }

  async #commit(batches: readonly OutputBatch[], offsets: readonly GroupOffsets[]): Promise<void> {
    await this.#begin();
    for (const each of batches) this.#sends.push(this.#sendOne(each));
    const sends = this.#sends;
    this.#sends = [];
    await Promise.all([...offsets.map((each) => this.#producer.sendOffsets(each)), ...sends]);
    if (this.#failure !== null) throw this.#failure;
    await this.#producer.commit();
  }

  #queue(batches: readonly OutputBatch[]): void {
    for (const { batch } of batches) this.pendingBytes += batch.sizeBytes;
    this.#unsent.push(...batches);
  }

  async #sendAhead(): Promise<void> {
    if (this.#unsent.length === 0 || this.#isCommitting) return;
    try {
      await this.#begin();
    } catch (error) {
      this.#failure ??= error;
      return;
    }
    // A commit that came in between has taken what was its own; the rest is for after it.
    if (this.#isCommitting) return;
    const batches = this.#unsent;
    this.#unsent = [];
    for (const each of batches) this.#sends.push(this.#sendOne(each));
  }

  #begin(): Promise<void> {
    if (this.#producer.isOpen) return Promise.resolve();
    this.#beginning ??= this.#producer.begin().finally(() => {
      this.#beginning = null;
    });
    return this.#beginning;
  }

  async #sendOne(each: OutputBatch): Promise<void> {
    const { sizeBytes } = each.batch;
    try {
      const { baseOffset } = await this.#producer.sendBatch(each);
      acknowledged(each, baseOffset);
    } catch (error) {
      this.#failure ??= error;
    } finally {
      this.pendingBytes -= sizeBytes;
    }
  }

  /**
   * A new producer of the same id: the coordinator ends what the old one left open, however that stands, and refuses what of it comes
   * late. Not while a commit is under way.
   */
  async reset(): Promise<void> {
    const old = this.#producer;
    await old.close({ timeoutMs: 0 });
    await this.#beginning?.catch(() => {});
    await Promise.all(this.#sends);
    for (const { batch } of this.#unsent) this.pendingBytes -= batch.sizeBytes;
    this.#unsent = [];
    this.#sends = [];
    this.#failure = null;
    this.#producer = this.#newProducer();
    await this.#producer.init();
  }

  close(): Promise<void> {
    return this.#producer.close();
  }
}

function acknowledged(sent: OutputBatch, baseOffset: number): void {
  if (baseOffset >= 0) sent.nextOffset = baseOffset + sent.batch.recordsCount;
}
