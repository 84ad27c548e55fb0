import { type KafkaClient, OffsetSpec, type PartitionReader } from '@headwater/client';
import type { CountReader } from '../common/count-reader.ts';
import { WordCounts } from './word-counts.ts';

/** The counts of all words, those of other instances too: the topic that they are written to, read whole and then followed. */
export class AllCounts {
  readonly counts = new WordCounts();
  readonly #topic: string;
  readonly #values: CountReader;
  readonly #reader: PartitionReader;
  /** Partitions whose end at the start was not reached yet, with it. */
  readonly #left: Map<number, number>;
  #isTaking = false;
  readonly #whole = Promise.withResolvers<void>();
  readonly #failed = Promise.withResolvers<never>();

  private constructor(
    client: KafkaClient,
    topic: string,
    values: CountReader,
    bounds: Map<number, { first: number; end: number }>,
  ) {
    this.#topic = topic;
    this.#values = values;
    this.#left = new Map(Array.from(bounds, ([partition, { end }]) => [partition, end]));
    const onNews = () => setImmediate(() => this.#takeSoon());
    this.#reader = client.partitionReader({
      isolation: 'read_committed',
      onReady: onNews,
      onAnswered: onNews,
      onOutOfRange: (name, partition) => this.#reader.seek(name, partition, 0),
      onError: (error) => this.#failed.reject(error),
    });
    for (const [partition, { first }] of bounds) this.#reader.add(topic, partition, first);
    for (const promise of [this.#whole.promise, this.#failed.promise]) promise.catch(() => {});
  }

  static async open(client: KafkaClient, topic: string, values: CountReader): Promise<AllCounts> {
    const [metadata] = (await client.metadata([topic])).topics;
    const partitions = Array.from({ length: metadata!.partitions.length }, (_, partition) => partition);
    const offsetsAt = (spec: number) => {
      const specs = Object.fromEntries(partitions.map((partition) => [partition, spec]));
      return client.listOffsets(topic, specs, { isolation: 'read_committed' });
    };
    const [first, end] = await Promise.all([offsetsAt(OffsetSpec.earliest), offsetsAt(OffsetSpec.latest)]);
    const bounds = partitions.map((p) => [p, { first: first[p]!.offset, end: end[p]!.offset }] as const);
    return new AllCounts(client, topic, values, new Map(bounds));
  }

  /** Resolves when all that the topic held at first was read. */
  get whole(): Promise<void> {
    return this.#whole.promise;
  }

  /** Rejects when the topic cannot be followed any more. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  #takeSoon(): void {
    if (this.#isTaking) return;
    this.#isTaking = true;
    this.#takeAll().then(
      () => (this.#isTaking = false),
      (error: unknown) => this.#failed.reject(error),
    );
  }

  /** Waits for nothing but schemas that are not known yet. */
  async #takeAll(): Promise<void> {
    for (let batch = this.#reader.take(); batch !== null; batch = this.#reader.take()) {
      const records = [...batch.records()];
      const known = this.#values.prepare(records.map(({ value }) => value));
      if (known !== undefined) await known;
      for (const { key, value } of records) {
        if (key === null) continue;
        const count = value === null ? undefined : this.#values.countIn(value);
        // A key without a value takes the word out: that is what it means in a compacted topic.
        if (value === null) this.counts.forget(key.toString());
        else if (count !== undefined) this.counts.set(key.toString(), count);
      }
    }
    for (const [partition, end] of this.#left) {
      if (this.#reader.position(this.#topic, partition) >= end) this.#left.delete(partition);
    }
    if (this.#left.size === 0) this.#whole.resolve();
  }

  close(): Promise<void> {
    return this.#reader.close();
  }
}
