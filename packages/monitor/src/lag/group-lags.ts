import { type KafkaClient, OffsetSpec } from '@headwater/client';

/** How far a consumer group is behind in a topic, in records. */
export interface GroupLag {
  group: string;
  topic: string;
  lag: number;
  /** Of the partition that is furthest behind. */
  maxPartitionLag: number;
  /** With a committed offset. */
  partitions: number;
}

export interface GroupLagOptions {
  /** Default: all groups. */
  isGroup?: (groupId: string) => boolean;
  /** Default: all topics. */
  isTopic?: (topic: string) => boolean;
  signal?: AbortSignal;
}

const groupsMax = 2_000;

/** The lag of groups by what they have committed, as the brokers know it; the first 2,000 groups. By group and topic. */
export async function groupLags(
  client: KafkaClient,
  { isGroup = () => true, isTopic = () => true, signal }: GroupLagOptions = {},
): Promise<Map<string, GroupLag>> {
  const options = signal === undefined ? {} : { signal };
  const groups = (await client.listGroups(options)).filter(({ groupId }) => isGroup(groupId)).slice(0, groupsMax);
  const committed: { group: string; topic: string; partition: number; offset: number }[] = [];
  for (const { groupId } of groups)
    for (const { offset, partition, topic } of await client.committedOffsets(groupId, options))
      if (offset >= 0 && isTopic(topic)) committed.push({ group: groupId, topic, partition, offset });
  const wanted: Record<string, Record<number, number>> = {};
  for (const { partition, topic } of committed) (wanted[topic] ??= {})[partition] = OffsetSpec.latest;
  const ends = committed.length === 0 ? {} : await client.listOffsetsOf(wanted, options);
  const lags = new Map<string, GroupLag>();
  for (const { group, offset, partition, topic } of committed) {
    const key = `${group}\u0000${topic}`;
    const entry = lags.get(key) ?? { group, topic, lag: 0, maxPartitionLag: 0, partitions: 0 };
    const lag = Math.max(0, (ends[topic]?.[partition]?.offset ?? offset) - offset);
    entry.lag += lag;
    entry.maxPartitionLag = Math.max(entry.maxPartitionLag, lag);
    entry.partitions += 1;
    lags.set(key, entry);
  }
  return lags;
}
