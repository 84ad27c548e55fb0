import { type KafkaClient, OffsetSpec } from '@headwater/client';
import type { ConsumerGroups, PartitionOffsets, TopicReaders } from '../engine/engine-services.ts';

/** Groups that are described at once. */
const describedMost = 50;

/** The consumer groups of a cluster. */
export class KafkaGroups implements ConsumerGroups {
  readonly #client: KafkaClient;

  constructor(client: KafkaClient) {
    this.#client = client;
  }

  async offsetsOf(groupId: string): Promise<ReadonlyMap<string, readonly PartitionOffsets[]>> {
    const committed = Map.groupBy(await this.#client.committedOffsets(groupId), ({ topic }) => topic);
    if (committed.size === 0) return new Map();
    const { topics } = await this.#client.metadata([...committed.keys()]);
    const known = topics.filter(({ errorCode }) => errorCode === 0);
    const wanted = (spec: number) =>
      Object.fromEntries(
        known.map(({ name, partitions }) => [
          name,
          Object.fromEntries(partitions.map(({ partition }) => [partition, spec])),
        ]),
      );
    const [starts, ends] = await Promise.all([
      this.#client.listOffsetsOf(wanted(OffsetSpec.earliest)),
      this.#client.listOffsetsOf(wanted(OffsetSpec.latest)),
    ]);
    return new Map(
      known.map(({ name, partitions }) => {
        const own = new Map(committed.get(name)!.map(({ offset, partition }) => [partition, offset]));
        const offsets = partitions.map(({ partition }) => ({
          partition,
          logStartOffset: starts[name]?.[partition]?.offset ?? 0,
          logEndOffset: ends[name]?.[partition]?.offset ?? 0,
          consumerOffset: own.get(partition) ?? 0,
        }));
        return [name, offsets.sort((one, other) => one.partition - other.partition)] as const;
      }),
    );
  }

  async readers(): Promise<ReadonlyMap<string, TopicReaders>> {
    const ids = (await this.#client.listGroups()).map(({ groupId }) => groupId);
    const consumers = new Map<string, number>();
    const groups = new Map<string, Set<string>>();
    for (let at = 0; at < ids.length; at += describedMost) {
      for (const { groupId, members } of await this.#client.describeGroups(ids.slice(at, at + describedMost))) {
        for (const { partitions, topic } of members.flatMap(({ assignment }) => assignment)) {
          consumers.set(topic, (consumers.get(topic) ?? 0) + partitions.length);
          groups.set(topic, (groups.get(topic) ?? new Set()).add(groupId));
        }
      }
    }
    return new Map(
      [...consumers].map(([topic, count]) => [topic, { consumers: count, groups: groups.get(topic)!.size }]),
    );
  }
}
