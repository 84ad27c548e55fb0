import { OffsetSpec, type TopicMetadata } from '@headwater/client';
import { ApiKey, ErrorCode } from '@headwater/protocol';
import { HeadwaterError } from '../headwater-error.ts';
import type { Connected } from './connect-kafka.ts';

/** What a partition holds at present. */
export interface PartitionBounds {
  readonly earliest: number;
  readonly latest: number;
}

/** By topic, then by partition. */
export type Bounds = ReadonlyMap<string, ReadonlyMap<number, PartitionBounds>>;

/** A topic that only the platform itself, Kafka or a library writes: `__consumer_offsets`, `_schemas`, `headwater-spans`, those between the steps of an application of streams. As the console and `/api/topics` have it. */
export function isPlatformTopic({ name, isInternal }: Pick<TopicMetadata, 'name' | 'isInternal'>): boolean {
  return isInternal || /^(?:_|headwater-)|^springCloudBus$|-(?:changelog|repartition)$/.test(name);
}

/** A group of the platform itself: of SQL queries, log shipping and the like. */
export function isPlatformGroup(groupId: string): boolean {
  return /^(?:_|headwater-)|^schema-registry$/.test(groupId);
}

/**
 * The topics of these names, all of which must be there.
 *
 * @throws HeadwaterError HW_TOPICS_UNKNOWN with names that are like it
 */
export async function requireTopics(
  { client, address }: Connected,
  names: readonly string[],
  signal: AbortSignal,
): Promise<TopicMetadata[]> {
  const { topics } = await client.metadata([...new Set(names)], { signal });
  const missing = topics.filter(({ errorCode }) => errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  const refused = topics.find(
    ({ errorCode }) => errorCode !== ErrorCode.NONE && !missing.some((one) => one.errorCode === errorCode),
  );
  if (refused !== undefined) {
    const why =
      refused.errorCode === ErrorCode.INVALID_TOPIC_EXCEPTION
        ? 'is no name of a topic: letters, digits, ".", "_" and "-"'
        : `cannot be looked at (Kafka's error ${refused.errorCode})`;
    throw new HeadwaterError('HW_TOPICS_UNKNOWN', `"${refused.name}" ${why}`);
  }
  if (missing.length > 0) {
    const all = (await client.metadata(null, { signal })).topics.map(({ name }) => name);
    const missed = missing.map(({ name }) => `"${name}"`).join(', ');
    const close = missing.flatMap(({ name }) => likeNames(name, all));
    const hint =
      close.length > 0
        ? `is ${close.map((name) => `"${name}"`).join(' or ')} meant?`
        : 'headwater topics list shows those that are there';
    throw new HeadwaterError('HW_TOPICS_UNKNOWN', `there is no topic ${missed} at ${address}: ${hint}`);
  }
  return topics;
}

/** Up to three names that differ by little. */
export function likeNames(name: string, all: readonly string[]): string[] {
  const wanted = name.toLowerCase();
  return all
    .map((one) => ({ one, far: distance(wanted, one.toLowerCase()) }))
    .filter(({ one, far }) => far <= (name.length < 5 ? 1 : 2) || (name.length > 2 && one.includes(name)))
    .sort((a, b) => a.far - b.far || (a.one < b.one ? -1 : 1))
    .slice(0, 3)
    .map(({ one }) => one);
}

/** Letters to put in, take out or change. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[to.length]!;
}

/** First and next offset of every partition of these topics; what has no leader at present is left out. */
export async function boundsOf(
  { client }: Connected,
  topics: readonly TopicMetadata[],
  signal: AbortSignal,
  isolation: 'read_uncommitted' | 'read_committed' = 'read_uncommitted',
): Promise<Bounds> {
  const ask = (timestamp: number) =>
    client.listOffsetsOf(
      Object.fromEntries(
        topics.map(({ name, partitions }) => [
          name,
          Object.fromEntries(
            partitions.filter(({ leader }) => leader >= 0).map(({ partition }) => [partition, timestamp]),
          ),
        ]),
      ),
      { signal, isolation },
    );
  const [earliest, latest] = await Promise.all([ask(OffsetSpec.earliest), ask(OffsetSpec.latest)]);
  return new Map(
    topics.map(({ name }) => [
      name,
      new Map(
        Object.entries(latest[name] ?? {}).map(([partition, { offset }]) => [
          Number(partition),
          { earliest: earliest[name]?.[Number(partition)]?.offset ?? offset, latest: offset },
        ]),
      ),
    ]),
  );
}

/** Offsets that are taken, at most so many records: compaction and transactions leave gaps. */
export function recordsIn(bounds: ReadonlyMap<number, PartitionBounds> | undefined): number {
  return [...(bounds?.values() ?? [])].reduce((sum, { earliest, latest }) => sum + latest - earliest, 0);
}

/** Bytes on the disks of all brokers, replicas counted each, by topic and partition; empty where a broker does not tell. */
export async function sizesOf(
  { client }: Connected,
  topics: readonly TopicMetadata[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>> {
  const sizes = new Map<string, Map<number, number>>();
  const { brokers } = await client.metadata([], { signal });
  const wanted = topics.map(({ name, partitions }) => ({
    topic: name,
    partitions: partitions.map(({ partition }) => partition),
  }));
  const { cluster } = client;
  await Promise.all(
    brokers.map(async (broker) => {
      const answer = await cluster.retrying(
        () => cluster.pool.link(broker.id, broker).request(ApiKey.DescribeLogDirs, { topics: wanted }, { signal }),
        signal,
      );
      for (const { errorCode, topics: held } of answer.results) {
        if (errorCode !== ErrorCode.NONE) continue;
        for (const { name, partitions } of held) {
          const ofTopic = sizes.get(name) ?? new Map<number, number>();
          sizes.set(name, ofTopic);
          for (const { partitionIndex, partitionSize, isFutureKey } of partitions) {
            if (!isFutureKey) ofTopic.set(partitionIndex, (ofTopic.get(partitionIndex) ?? 0) + Number(partitionSize));
          }
        }
      }
    }),
  );
  return sizes;
}

export function totalSize(sizes: ReadonlyMap<number, number> | undefined): number | null {
  return sizes === undefined ? null : [...sizes.values()].reduce((sum, size) => sum + size, 0);
}
