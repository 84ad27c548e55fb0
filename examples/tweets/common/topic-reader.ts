import type { Consumer, RecordsBatch } from '@platformatic/kafka';
import { type KafkaConnection, loadClient } from './kafka.ts';

export interface InRecord {
  partition: number;
  offset: number;
  /** Epoch milliseconds. */
  timestamp: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: readonly [Buffer | null, Buffer | null][];
}

/** Records in the order of their partitions, and where to read on. */
export interface Fetched {
  records: InRecord[];
  /** Partition → the offset after the last record read. */
  next: Map<number, number>;
}

const earliest = -2n;
const latest = -1n;

/**
 * Reads a topic from offsets that its caller keeps: one long-polling request at a time, a batch of records as the answer.
 * The client's stream would be shorter to use, but it reads ahead and forgets its place at a rebalance; here nothing is
 * skipped or seen out of order.
 */
export class TopicReader {
  readonly #topic: string;
  readonly #consumer: Consumer;

  private constructor(consumer: Consumer, topic: string) {
    this.#topic = topic;
    this.#consumer = consumer;
    this.#consumer.on('error', () => {}); // every call reports its own failure
    this.#consumer.topics.track(topic);
  }

  static async open(connection: KafkaConnection, topic: string): Promise<TopicReader> {
    const { Consumer } = await loadClient();
    // Never joins its group. A long poll holds up what comes after it on a connection, so it has one of its own.
    const consumer = new Consumer({
      clientId: connection.clientId,
      groupId: connection.clientId,
      bootstrapBrokers: [...connection.brokers],
      ...connection.security,
      retries: 0,
      timeout: 10_000,
    });
    return new TopicReader(consumer, topic);
  }

  /** The topic's id, which changes when a topic of the same name is created anew. */
  async topicId(): Promise<string> {
    return (await this.#metadata()).id;
  }

  async partitions(): Promise<number[]> {
    return Array.from({ length: (await this.#metadata()).partitionsCount }, (_, partition) => partition);
  }

  earliestOffsets(): Promise<Map<number, number>> {
    return this.#listOffsets(earliest);
  }

  /** The offsets that the next records will get. */
  latestOffsets(): Promise<Map<number, number>> {
    return this.#listOffsets(latest);
  }

  /** The next records of the partitions in `positions`; none when `maxWaitMs` pass without any. */
  async fetch(positions: ReadonlyMap<number, number>, maxWaitMs: number, maxBytes = 1024 * 1024): Promise<Fetched> {
    const topic = await this.#metadata();
    const byLeader = new Map<number, [number, number][]>();
    for (const [partition, offset] of positions) {
      const leader = topic.partitions[partition]!.leader;
      const list = byLeader.get(leader);
      if (list) list.push([partition, offset]);
      else byLeader.set(leader, [[partition, offset]]);
    }
    const fetched: Fetched = { records: [], next: new Map(positions) };
    await Promise.all(
      [...byLeader].map(async ([node, wanted]) => {
        const response = await this.#consumer.fetch({
          node,
          topics: wanted.map(([partition, offset]) => ({
            topicId: topic.id,
            partitions: [
              {
                partition,
                fetchOffset: BigInt(offset),
                partitionMaxBytes: maxBytes,
                currentLeaderEpoch: -1,
                lastFetchedEpoch: -1,
              },
            ],
          })),
          // With several leaders one must not keep waiting what another already has.
          maxWaitTime: byLeader.size > 1 ? Math.min(maxWaitMs, 50) : maxWaitMs,
          minBytes: 1,
          maxBytes,
        });
        for (const { partitions } of response.responses) {
          for (const { partitionIndex, records } of partitions) {
            if (records) takeRecords(records, partitionIndex, fetched);
          }
        }
      }),
    );
    return fetched;
  }

  /** Hands over everything from `from` up to what the topic holds now; less when the signal is aborted. */
  async readToEnd(
    from: ReadonlyMap<number, number>,
    onRecords: (records: InRecord[]) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const end = await this.latestOffsets();
    const left = new Map([...from].filter(([partition, offset]) => offset < (end.get(partition) ?? 0)));
    while (left.size > 0 && !signal?.aborted) {
      const { records, next } = await this.fetch(left, 500, 4 * 1024 * 1024);
      // Nothing in half a second although the end is further: what lies between was compacted away.
      if (records.length === 0 && [...next].every(([partition, offset]) => offset === left.get(partition))) return;
      onRecords(records);
      for (const [partition, offset] of next) {
        if (offset >= end.get(partition)!) left.delete(partition);
        else left.set(partition, offset);
      }
    }
  }

  async close(): Promise<void> {
    await this.#consumer.close(true).catch(() => {});
  }

  async #metadata() {
    return (await this.#consumer.metadata({ topics: [this.#topic] })).topics.get(this.#topic)!;
  }

  async #listOffsets(timestamp: bigint): Promise<Map<number, number>> {
    const offsets = await this.#consumer.listOffsets({ topics: [this.#topic], timestamp });
    return new Map(offsets.get(this.#topic)!.map((offset, partition) => [partition, Number(offset)]));
  }
}

const isControl = 0b10_0000;

function takeRecords(batches: readonly RecordsBatch[], partition: number, into: Fetched): void {
  for (const batch of batches) {
    const position = into.next.get(partition)!;
    const firstOffset = Number(batch.firstOffset);
    if ((batch.attributes & isControl) === 0) {
      const firstTimestamp = Number(batch.firstTimestamp);
      for (const record of batch.records) {
        const offset = firstOffset + record.offsetDelta;
        // A broker answers whole batches: the first may begin before the offset that was asked for.
        if (offset < position) continue;
        into.records.push({
          partition,
          offset,
          timestamp: firstTimestamp + Number(record.timestampDelta),
          key: record.key,
          value: record.value,
          headers: record.headers,
        });
      }
    }
    into.next.set(partition, Math.max(position, firstOffset + batch.lastOffsetDelta + 1));
  }
}
