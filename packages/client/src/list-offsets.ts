import { ApiKey, ErrorCode } from '@headwater/protocol';
import { groupByTopic, toLeaders } from './by-leader.ts';
import { brokerError } from './client-error.ts';
import type { BrokerInfo, Cluster } from './cluster.ts';

/** What to look for instead of a time in milliseconds. */
export const OffsetSpec = {
  /** The offset after the last record. */
  latest: -1,
  /** The first offset that the log still has. */
  earliest: -2,
  /** The record with the largest timestamp. */
  maxTimestamp: -3,
} as const;

export interface FoundOffset {
  /** -1: no record is that late. */
  offset: number;
  /** Of the record found; -1 for earliest and latest. */
  timestamp: number;
  leaderEpoch: number;
}

export interface ListOffsetsOptions {
  /** 'read_committed': latest is the first offset of an open transaction. Default 'read_uncommitted'. */
  isolation?: 'read_uncommitted' | 'read_committed';
  signal?: AbortSignal | undefined;
}

interface Wanted {
  topic: string;
  partition: number;
  timestamp: number;
}

/** By topic and partition: the first offset whose record is not older than the timestamp, or what an OffsetSpec says. */
export async function listOffsets(
  cluster: Cluster,
  wanted: Record<string, Record<number, number>>,
  options: ListOffsetsOptions = {},
): Promise<Record<string, Record<number, FoundOffset>>> {
  const items: Wanted[] = Object.entries(wanted).flatMap(([topic, partitions]) =>
    Object.entries(partitions).map(([partition, timestamp]) => ({ topic, partition: Number(partition), timestamp })),
  );
  const found: Record<string, Record<number, FoundOffset>> = {};
  for (const topic of Object.keys(wanted)) found[topic] = {};

  const send = async (broker: BrokerInfo, group: Wanted[]) => {
    const link = cluster.pool.link(broker.id, broker);
    const isolationLevel = options.isolation === 'read_committed' ? 1 : 0;
    const answer = await link.request(
      ApiKey.ListOffsets,
      (version) => ({
        replicaId: -1,
        ...(version >= 2 ? { isolationLevel } : {}),
        topics: [...groupByTopic(group)].map(([name, partitions]) => ({
          name,
          partitions: partitions.map(({ partition, timestamp }) => ({ partitionIndex: partition, timestamp })),
        })),
      }),
      { signal: options.signal },
    );
    const errors = new Map<Wanted, Error>();
    const byPlace = new Map(group.map((item) => [`${item.topic}/${item.partition}`, item]));
    for (const { name, partitions } of answer.topics) {
      for (const { partitionIndex, errorCode, offset, timestamp, leaderEpoch } of partitions) {
        const item = byPlace.get(`${name}/${partitionIndex}`);
        if (item === undefined) continue;
        if (errorCode === ErrorCode.NONE) found[name]![partitionIndex] = { offset, timestamp, leaderEpoch };
        else errors.set(item, brokerError(errorCode, `offsets of ${name}-${partitionIndex}`));
      }
    }
    return errors;
  };
  await toLeaders(cluster, items, send, options.signal);
  return found;
}
