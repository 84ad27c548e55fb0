import type { KafkaClient, Producer, RecordResult } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import type { PartCodec } from './part-codec.ts';
import { ServiceError } from './service-error.ts';
import type { TopicTypes } from './topic-definitions.ts';
import type { NewRecord } from './topic-records.ts';
import { type ConsumeOptions, TypedConsumer } from './typed-consumer.ts';

export interface TopicConnection {
  client: KafkaClient;
  producer: Producer;
  logger: Logger;
  /** Aborts when the connection is closed. */
  closed: AbortSignal;
  /** Consumers that are open, to be closed with the connection. */
  consumers: Set<{ close(): Promise<void> }>;
  observer?: ProduceObserver | undefined;
}

/** Sees what is produced, and gives it headers. */
export interface ProduceObserver {
  /** Headers of every record that does not have them itself. */
  headers(): Readonly<Record<string, string>>;
  /** Runs the sending of records; is told how it went by its promise. */
  produce<R>(topic: string, records: number, send: () => Promise<R>): Promise<R>;
}

export interface ProduceOptions {
  signal?: AbortSignal;
}

/** One topic: records in and out, as its schemas have them. */
export class TypedTopic<T extends TopicTypes> {
  readonly name: string;
  readonly #connection: TopicConnection;
  readonly #key: PartCodec;
  readonly #value: PartCodec;
  #prepared: Promise<unknown> | undefined;

  constructor(name: string, connection: TopicConnection, key: PartCodec, value: PartCodec) {
    this.name = name;
    this.#connection = connection;
    this.#key = key;
    this.#value = value;
  }

  /**
   * Writes a record; resolves with its place when the event store has acknowledged it.
   *
   * @throws SerializationError when a value does not fit the schema at run time, with its path
   * @throws ServiceError HW_SERVICE_SCHEMA when the registry does not have the schema
   * @throws ClientError when it could not be written
   *
   * @example
   * await topic('orders').produce({ key: 'o-1', value: { total: 1200n } });
   */
  async produce(record: NewRecord<T>, options: ProduceOptions = {}): Promise<RecordResult> {
    return (await this.produceBatch([record], options))[0]!;
  }

  /**
   * Writes records in one go, in order within a partition. Nothing is written when one of them does not fit its schema; when one could not be
   * written others may have been. Throws as `produce`.
   */
  async produceBatch(records: readonly NewRecord<T>[], options: ProduceOptions = {}): Promise<RecordResult[]> {
    const { observer } = this.#connection;
    if (observer === undefined) return await this.#send(records, options, undefined);
    return await observer.produce(this.name, records.length, () => this.#send(records, options, observer.headers()));
  }

  async #send(
    records: readonly NewRecord<T>[],
    options: ProduceOptions,
    common: Readonly<Record<string, string>> | undefined,
  ): Promise<RecordResult[]> {
    await this.#prepare();
    const { producer } = this.#connection;
    const encoded = records.map(({ key, value, headers, timestamp, partition }) => ({
      key: this.#key.write(key ?? null),
      value: this.#value.write(value),
      ...(headers === undefined && common === undefined
        ? {}
        : {
            headers: Object.entries({ ...common, ...headers }).map(([name, header]) => ({ key: name, value: header })),
          }),
      ...(timestamp === undefined ? {} : { timestamp }),
      ...(partition === undefined ? {} : { partition }),
    }));
    return acknowledged(await producer.sendEach({ topic: this.name, records: encoded, signal: options.signal }));
  }

  /** Writes that what the key stood for is gone: a record without a value, which a compacted topic keeps instead of those before. */
  async tombstone(key: NonNullable<T['key']>, options: ProduceOptions = {}): Promise<RecordResult> {
    await this.#prepare();
    const records = [{ key: this.#key.write(key), value: null }];
    const { producer } = this.#connection;
    const places = await producer.sendEach({ topic: this.name, records, signal: options.signal });
    return acknowledged(places)[0]!;
  }

  /**
   * Reads records, each when it is asked for; leaving the loop closes the consumer. With a group a record counts as done when the next one is
   * asked for, and offsets are committed in the background: each record is given at least once.
   *
   * @example
   * for await (const { key, value } of topic('orders').consume({ group: 'billing' })) await bill(key, value.total);
   */
  consume<const O extends ConsumeOptions>(options: O): TypedConsumer<T, O extends { tombstones: true } ? true : false> {
    const { closed, consumers } = this.#connection;
    if (closed.aborted) throw new ServiceError('HW_SERVICE_CLOSED', `topic ${this.name}: the connection is closed`);
    const consumer = new TypedConsumer<T, O extends { tombstones: true } ? true : false>(
      this.name,
      this.#connection,
      { key: this.#key, value: this.#value },
      options,
    );
    consumers.add(consumer);
    consumer.finished.then(() => consumers.delete(consumer));
    return consumer;
  }

  /** Once; what failed is tried again at the next record. */
  async #prepare(): Promise<void> {
    if (this.#connection.closed.aborted) {
      throw new ServiceError('HW_SERVICE_CLOSED', `topic ${this.name}: the connection is closed`);
    }
    this.#prepared ??= Promise.all([this.#key.prepareToWrite(), this.#value.prepareToWrite()]);
    try {
      await this.#prepared;
    } catch (error) {
      this.#prepared = undefined;
      throw error;
    }
  }
}

/** The places of the records; throws the first failure, when there is one. */
function acknowledged(results: readonly (RecordResult | Error)[]): RecordResult[] {
  return results.map((result) => {
    if (result instanceof Error) throw result;
    return result;
  });
}
