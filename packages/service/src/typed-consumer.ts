import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, ConsumerOptions, FetchedBatch, Tail } from '@headwater/client';
import { RegistryClientError, SerializationError } from '@headwater/serdes';
import type { PartCodec } from './part-codec.ts';
import { ServiceError } from './service-error.ts';
import type { TopicTypes } from './topic-definitions.ts';
import type { RawRecord, TopicBatch, TopicRecord } from './topic-records.ts';
import type { TopicConnection } from './typed-topic.ts';

export interface ConsumeOptions {
  /** The consumer group, which shares the partitions out and keeps the place. Without one all partitions are read, and no place is kept. */
  group?: string;
  /** Where to begin, for a group that has no place yet. Default: `earliest` with a group, `latest` without. */
  from?: 'earliest' | 'latest';
  /** Records without a value are given too, with the value null. Default: they are undecodable. */
  tombstones?: boolean;
  /**
   * Told of a record that cannot be understood, which is then passed over; what it throws or rejects with ends the loop. Default: the error
   * itself does, and the group stays before the record.
   */
  onUndecodable?: (error: SerializationError | ServiceError, record: RawRecord) => void | Promise<void>;
  /** Further options of the group's consumer: `groupProtocol`, `isolation`, `groupInstanceId`, `sessionTimeoutMs` … */
  consumer?: Omit<ConsumerOptions, 'groupId' | 'topics' | 'partitions' | 'pattern' | 'serverPattern' | 'signal'>;
  /** Ends the loop, which then throws the signal's reason. */
  signal?: AbortSignal;
}

interface Decoded<T extends TopicTypes, Tombstones extends boolean> {
  records: TopicRecord<T, Tombstones>[];
  failure?: { error: unknown; offset: number };
}

const retryMaxMs = 5_000;

/** Reads one topic. Iterate over it once: record by record, or over `batches()`. */
export class TypedConsumer<T extends TopicTypes, Tombstones extends boolean>
  implements AsyncIterable<TopicRecord<T, Tombstones>>
{
  /** Resolves when it is closed. */
  readonly finished: Promise<void>;
  readonly #topic: string;
  readonly #connection: TopicConnection;
  readonly #codecs: { key: PartCodec; value: PartCodec };
  readonly #options: ConsumeOptions;
  readonly #source: Consumer | Tail;
  readonly #stop = new AbortController();
  readonly #finish: () => void;
  /** The record, or the first of the batch, that the caller has not done with: where the group goes on when it ends here. */
  #inHand: { partition: number; offset: number } | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    topic: string,
    connection: TopicConnection,
    codecs: { key: PartCodec; value: PartCodec },
    options: ConsumeOptions,
  ) {
    this.#topic = topic;
    this.#connection = connection;
    this.#codecs = codecs;
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.finished = promise;
    this.#finish = resolve;
    const { client } = connection;
    const { group, from, signal, consumer = {} } = options;
    const common = signal === undefined ? {} : { signal };
    this.#source =
      group === undefined
        ? client.tail({ topics: [topic], from: from ?? 'latest', ...common })
        : client.consumer({
            autoOffsetReset: from ?? 'earliest',
            ...consumer,
            ...common,
            groupId: group,
            topics: [topic],
          });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TopicRecord<T, Tombstones>, void, undefined> {
    for await (const { partition, records } of this.batches()) {
      for (const record of records) {
        this.#inHand = { partition, offset: record.offset };
        yield record;
        if (this.#closing !== undefined) return;
      }
      this.#inHand = undefined;
    }
  }

  /** The same by batches, as they came from the log: one wait for many records. A batch is done when the next one is asked for. */
  async *batches(): AsyncGenerator<TopicBatch<T, Tombstones>, void, undefined> {
    try {
      for (;;) {
        const { done, value: batch } = await this.#source.next();
        if (done) return;
        const { records, failure } = await this.#decode(batch);
        if (this.#closing !== undefined) return;
        if (records.length > 0) {
          this.#inHand = { partition: batch.partition, offset: records[0]!.offset };
          yield { topic: this.#topic, partition: batch.partition, records };
        }
        // What came before it in the batch has been given: a group comes back to this record, not to those.
        if (failure !== undefined) {
          this.#inHand = { partition: batch.partition, offset: failure.offset };
          throw failure.error;
        }
        this.#inHand = undefined;
      }
    } finally {
      await this.close();
    }
  }

  /** Counts the record in hand as done, for whoever closes before asking for the next one. */
  markDone(): void {
    if (this.#inHand !== undefined) this.#inHand = { ...this.#inHand, offset: this.#inHand.offset + 1 };
  }

  /** Leaves the group, with its place before what the caller has not done with. May be called twice; a loop then ends. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stop.abort();
    const inHand = this.#inHand;
    if (inHand !== undefined && 'seek' in this.#source) {
      try {
        this.#source.seek(this.#topic, inHand.partition, inHand.offset);
      } catch {
        // The partition is another's already, and so is the record.
      }
    }
    try {
      await this.#source.close();
    } finally {
      this.#finish();
    }
  }

  /** The records up to the first that ends the loop. */
  async #decode(batch: FetchedBatch): Promise<Decoded<T, Tombstones>> {
    const views = batch.records();
    // Until they are decoded the first of them is what a group has to come back to.
    if (views.length > 0) this.#inHand = { partition: batch.partition, offset: views[0]!.offset };
    await this.#prepare(views);
    const records: TopicRecord<T, Tombstones>[] = [];
    for (const { offset, timestamp, key, value, headers } of views) {
      const place = { topic: this.#topic, partition: batch.partition, offset, headers };
      try {
        if (value === null && this.#options.tombstones !== true) throw noValue(place);
        records.push({
          topic: this.#topic,
          partition: batch.partition,
          offset,
          timestamp,
          key: this.#codecs.key.read(key, place),
          value: this.#codecs.value.read(value, place),
          headers,
        } as TopicRecord<T, Tombstones>);
      } catch (error) {
        if (!(error instanceof SerializationError || error instanceof ServiceError)) throw error;
        const { onUndecodable } = this.#options;
        if (onUndecodable === undefined) return { records, failure: { error, offset } };
        try {
          await onUndecodable(error, { ...place, timestamp, key, value });
        } catch (thrown) {
          return { records, failure: { error: thrown, offset } };
        }
      }
    }
    return { records };
  }

  /** A registry that is away is waited for: its records are no junk. */
  async #prepare(views: ReturnType<FetchedBatch['records']>): Promise<void> {
    for (let attempt = 0; !this.#stop.signal.aborted; attempt += 1) {
      try {
        await this.#codecs.key.prepareToRead(views);
        await this.#codecs.value.prepareToRead(views);
        return;
      } catch (error) {
        if (!(error instanceof RegistryClientError) || error.code !== 'HW_SERDES_REGISTRY_AWAY') throw error;
        const retryInMs = Math.min(retryMaxMs, 200 * 2 ** Math.min(attempt, 5));
        const about = { topic: this.#topic, retryInMs, reason: error.message };
        this.#connection.logger.warn(about, 'cannot have the schema of a record, tries again');
        await sleep(retryInMs, undefined, { signal: this.#stop.signal }).catch(() => {});
        this.#options.signal?.throwIfAborted();
      }
    }
  }
}

function noValue({ topic, partition, offset }: { topic: string; partition: number; offset: number }): ServiceError {
  return new ServiceError(
    'HW_SERVICE_TOMBSTONE',
    `record ${offset} of ${topic}, partition ${partition}, has no value: consume with tombstones: true to be given null for such`,
  );
}
