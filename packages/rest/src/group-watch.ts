import { type CommittedOffset, type KafkaClient, OffsetSpec } from '@headwater/client';
import { type SweptGroup, sweepGroups } from './group-sweep.ts';
import { mapBounded } from './map-bounded.ts';
import { RateWindow } from './rate-window.ts';
import { Sampled } from './sampled.ts';

export interface WatchedGroup {
  groupId: string;
  state: string;
  protocolType: string;
  /** Client ids of the members. */
  members: string[];
  topics: WatchedTopic[];
}

export interface WatchedTopic {
  topic: string;
  lagRecords: number;
  /** How fast the committed offsets move. */
  recordsPerSecond: number;
  partitions: { partition: number; committed: number; latest: number; lagRecords: number }[];
}

/** The groups of the cluster with their lag: sampled at most once a second, for all who ask. */
export class GroupWatch {
  readonly #client: KafkaClient;
  readonly #rates = new RateWindow();
  readonly #sampled: Sampled<WatchedGroup[]>;

  constructor(client: KafkaClient) {
    this.#client = client;
    this.#sampled = new Sampled(async () => {
      const swept = await sweepGroups(this.#client);
      const latest = await this.#latest(swept.flatMap(({ offsets }) => offsets));
      const atMs = Date.now();
      return swept.map((group) =>
        watched(group, latest, (topic, committed) => this.#rates.rate(`${group.groupId}/${topic}`, committed, atMs)),
      );
    });
  }

  groups(): Promise<WatchedGroup[]> {
    return this.#sampled.get();
  }

  /** One group as it is now; undefined when nobody has committed for it and it has no members. */
  async group(groupId: string): Promise<WatchedGroup | undefined> {
    const [[described], offsets] = await Promise.all([
      this.#client.describeGroups([groupId]),
      this.#client.committedOffsets(groupId),
    ]);
    const { state = 'Unknown', protocolType = '', members = [] } = described ?? {};
    const isKnown =
      offsets.length > 0 || members.length > 0 || (await this.groups()).some((one) => one.groupId === groupId);
    if (!isKnown) return undefined;
    const group = { groupId, state, protocolType, members: members.map(({ clientId }) => clientId), offsets };
    return watched(group, await this.#latest(offsets), () => 0);
  }

  /** The ends of the partitions that anybody has committed for; of topics that are gone there is none. */
  async #latest(offsets: readonly CommittedOffset[]): Promise<Map<string, number>> {
    const byTopic = Map.groupBy(offsets, ({ topic }) => topic);
    const specs = ([topic, list]: [string, CommittedOffset[]]): [string, Record<number, number>] => [
      topic,
      Object.fromEntries(list.map(({ partition }) => [partition, OffsetSpec.latest])),
    ];
    const wanted = [...byTopic].map(specs);
    // All at once; a single topic that is gone spoils that, and then each is asked for by itself.
    const found = await this.#client.listOffsetsOf(Object.fromEntries(wanted)).catch(async () => {
      const single = await mapBounded(wanted, 16, ([topic, partitions]) =>
        this.#client.listOffsets(topic, partitions).catch(() => ({})),
      );
      return Object.fromEntries(wanted.map(([topic], i) => [topic, single[i]!]));
    });
    const ends = new Map<string, number>();
    for (const [topic, partitions] of Object.entries(found))
      for (const [partition, { offset }] of Object.entries(partitions)) ends.set(`${topic}/${partition}`, offset);
    return ends;
  }
}

function watched(
  group: SweptGroup,
  latest: ReadonlyMap<string, number>,
  rateOf: (topic: string, committed: number) => number,
): WatchedGroup {
  const { groupId, state, protocolType, members, offsets } = group;
  const topics = [...Map.groupBy(offsets, ({ topic }) => topic)].map(([topic, list]): WatchedTopic => {
    const partitions = list
      .map(({ partition, offset }) => {
        const end = latest.get(`${topic}/${partition}`) ?? offset;
        return { partition, committed: offset, latest: end, lagRecords: Math.max(0, end - offset) };
      })
      .sort((a, b) => a.partition - b.partition);
    const committed = partitions.reduce((sum, one) => sum + one.committed, 0);
    const lagRecords = partitions.reduce((sum, one) => sum + one.lagRecords, 0);
    return { topic, lagRecords, recordsPerSecond: rateOf(topic, committed), partitions };
  });
  return { groupId, state, protocolType, members, topics };
}
