import { type KafkaClient, OffsetSpec } from '@headwater/client';
import type { LogReader, PartitionLog } from '../../engine/rewind/start-offsets.ts';

/** A cluster's logs, as far as it is known to be committed. */
export class KafkaLogReader implements LogReader {
  readonly #client: KafkaClient;

  constructor(client: KafkaClient) {
    this.#client = client;
  }

  async partitions(topic: string): Promise<readonly PartitionLog[]> {
    const [begins, ends, oldest] = await Promise.all([
      this.#offsets(topic, OffsetSpec.earliest),
      this.#offsets(topic, OffsetSpec.latest),
      this.#offsets(topic, 0),
    ]);
    return begins.map(({ offset }, partition) => ({
      beginOffset: offset,
      endOffset: ends[partition]!.offset,
      beginMs: oldest[partition]!.offset < 0 ? null : oldest[partition]!.timestamp,
    }));
  }

  async offsetsAt(topic: string, timestampMs: number): Promise<readonly number[]> {
    // Negative numbers have a meaning of their own.
    const found = await this.#offsets(topic, Math.max(0, timestampMs));
    return found.map(({ offset }) => offset);
  }

  async #offsets(topic: string, spec: number) {
    const { topics } = await this.#client.metadata([topic]);
    const count = topics[0]?.partitions.length ?? 0;
    const wanted = Object.fromEntries(Array.from({ length: count }, (_, partition) => [partition, spec]));
    const found = await this.#client.listOffsets(topic, wanted, { isolation: 'read_committed' });
    return Array.from({ length: count }, (_, partition) => found[partition]!);
  }
}
