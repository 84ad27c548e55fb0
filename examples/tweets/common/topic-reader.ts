import { type KafkaClient, OffsetSpec } from '@headwater/client';
import { type KafkaConnection, openClient } from './kafka.ts';

export interface InRecord {
  partition: number;
  offset: number;
  /** Epoch milliseconds. */
  timestamp: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: readonly { readonly key: string; readonly value: Buffer | null }[];
}

/** Reads what a topic holds, from offsets that its caller says. */
export class TopicReader {
  readonly #topic: string;
  readonly #client: KafkaClient;

  constructor(connection: KafkaConnection, topic: string) {
    this.#topic = topic;
    this.#client = openClient(connection);
  }

  earliestOffsets(): Promise<Map<number, number>> {
    return this.#listOffsets(OffsetSpec.earliest);
  }

  /** The offsets that the next records will get. */
  latestOffsets(): Promise<Map<number, number>> {
    return this.#listOffsets(OffsetSpec.latest);
  }

  /** Hands over everything from `from` up to what the topic holds now; less when the signal is aborted. */
  async readToEnd(
    from: ReadonlyMap<number, number>,
    onRecords: (records: InRecord[]) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const topic = this.#topic;
    const end = await this.latestOffsets();
    const left = new Map([...from].filter(([partition, offset]) => offset < (end.get(partition) ?? 0)));
    while (left.size > 0 && !signal?.aborted) {
      const positions = [...left].map(([partition, offset]) => ({ topic, partition, offset }));
      const fetched = await this.#client.fetch(positions, { maxWaitMs: 500, maxBytes: 4 * 1024 * 1024, signal });
      let isFurther = false;
      for (const { batches, errorCode, fromOffset, nextOffset, partition } of fetched) {
        if (errorCode !== 0) throw new Error(`partition ${partition} of ${topic} cannot be read: error ${errorCode}`);
        onRecords(batches.flatMap((batch) => batch.records().map((record) => ({ partition, ...record }))));
        if (nextOffset > fromOffset) isFurther = true;
        if (nextOffset >= end.get(partition)!) left.delete(partition);
        else left.set(partition, nextOffset);
      }
      // Nothing in half a second although the end is further: what lies between was compacted away.
      if (!isFurther) return;
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #listOffsets(spec: number): Promise<Map<number, number>> {
    const topic = this.#topic;
    const { topics } = await this.#client.metadata([topic]);
    const wanted = Object.fromEntries((topics[0]?.partitions ?? []).map(({ partition }) => [partition, spec]));
    const found = await this.#client.listOffsets(topic, wanted);
    return new Map(Object.entries(found).map(([partition, { offset }]) => [Number(partition), offset]));
  }
}
