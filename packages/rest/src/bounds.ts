import { ClientError, type KafkaClient, OffsetSpec } from '@headwater/client';
import { HttpError } from '@headwater/http';
import type { From } from './consume-query.ts';
import type { Positions } from './cursor.ts';

/** What a partition holds: from `earliest` up to, and without, `latest`. */
export interface PartitionBounds {
  partition: number;
  earliest: number;
  latest: number;
}

/** The partitions of a topic with their ends. Throws HttpError 404 for an unknown topic or partition. */
export async function topicBounds(
  client: KafkaClient,
  topic: string,
  partition: number | null,
  signal: AbortSignal,
): Promise<PartitionBounds[]> {
  const indexes = await topicPartitions(client, topic, partition, signal);
  const ask = (spec: number) =>
    client.listOffsets(topic, Object.fromEntries(indexes.map((index) => [index, spec])), { signal });
  const [earliest, latest] = await Promise.all([ask(OffsetSpec.earliest), ask(OffsetSpec.latest)]);
  return indexes.map((index) => ({
    partition: index,
    earliest: earliest[index]!.offset,
    latest: latest[index]!.offset,
  }));
}

/** The partition numbers of a topic, or the one asked for. Throws HttpError 404. */
export async function topicPartitions(
  client: KafkaClient,
  topic: string,
  partition: number | null,
  signal: AbortSignal,
): Promise<number[]> {
  const metadata = await client.metadata([topic], { signal });
  const found = metadata.topics.find(({ name }) => name === topic);
  if (found === undefined || found.errorCode !== 0) {
    throw new HttpError(
      404,
      'HW_REST_UNKNOWN_TOPIC',
      `topic "${topic}" does not exist: produce to it (POST /api/produce/${topic}) or create it (POST /api/topics)`,
      { topic },
    );
  }
  const indexes = found.partitions.map((info) => info.partition);
  if (partition === null) return indexes;
  if (indexes.includes(partition)) return [partition];
  throw new HttpError(404, 'HW_REST_UNKNOWN_PARTITION', `topic "${topic}" has partitions 0 to ${indexes.length - 1}`, {
    topic,
    partition,
  });
}

/** Where `from` is in each partition. */
export async function positionsFrom(
  client: KafkaClient,
  topic: string,
  bounds: readonly PartitionBounds[],
  from: From,
  signal: AbortSignal,
): Promise<Positions> {
  if (from === 'earliest') return new Map(bounds.map(({ partition, earliest }) => [partition, earliest]));
  if (from === 'latest') return new Map(bounds.map(({ partition, latest }) => [partition, latest]));
  if ('last' in from) {
    return new Map(
      bounds.map(({ partition, earliest, latest }) => [partition, Math.max(earliest, latest - from.last)]),
    );
  }
  const wanted = Object.fromEntries(bounds.map(({ partition }) => [partition, from.timestampMs]));
  const found = await client.listOffsets(topic, wanted, { signal });
  return new Map(
    bounds.map(({ partition, latest }) => {
      const { offset } = found[partition]!;
      return [partition, offset < 0 ? latest : offset];
    }),
  );
}

/** True for the error of a log that no longer has, or does not have yet, the offset asked for. */
export function isOutOfRange(error: unknown): boolean {
  return error instanceof ClientError && error.kafkaName === 'OFFSET_OUT_OF_RANGE';
}
