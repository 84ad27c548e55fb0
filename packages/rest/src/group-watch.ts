import { type CommittedOffset, type KafkaClient, OffsetSpec } from '@headwater/client';
import { mapBounded } from './map-bounded.ts';

const ageMsMax = 1_000;
/** Groups whose offsets are asked for in one round; with more, rounds take turns. */
const groupsPerRound = 200;

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

interface Sample {
  atMs: number;
  committed: number;
}

/** The groups of the cluster with their lag: sampled at most once a second, for all who ask. */
export class GroupWatch {
  readonly #client: KafkaClient;
  #groups: Promise<WatchedGroup[]> | undefined;
  #atMs = 0;
  #turn = 0;
  readonly #known = new Map<string, WatchedGroup>();
  readonly #samples = new Map<string, Sample>();

  constructor(client: KafkaClient) {
    this.#client = client;
  }

  groups(): Promise<WatchedGroup[]> {
    const nowMs = Date.now();
    if (this.#groups === undefined || nowMs - this.#atMs > ageMsMax) {
      this.#atMs = nowMs;
      const asked = this.#sample();
      this.#groups = asked;
      asked.catch(() => {
        if (this.#groups === asked) this.#groups = undefined;
      });
    }
    return this.#groups;
  }

  /** One group as it is now; undefined when nobody has committed for it and it has no members. */
  async group(groupId: string): Promise<WatchedGroup | undefined> {
    const [group] = await this.#lookAt([groupId]);
    const isKnown = group!.topics.length > 0 || group!.members.length > 0;
    return isKnown || (await this.groups()).some((one) => one.groupId === groupId) ? group : undefined;
  }

  async #sample(): Promise<WatchedGroup[]> {
    const listed = await this.#client.listGroups();
    const ids = listed.map(({ groupId }) => groupId).sort();
    for (const id of this.#known.keys()) if (!ids.includes(id)) this.#known.delete(id);
    const begin = ids.length <= groupsPerRound ? 0 : this.#turn % ids.length;
    const round = [...ids.slice(begin), ...ids.slice(0, begin)].slice(0, groupsPerRound);
    this.#turn = begin + groupsPerRound;
    for (const group of await this.#lookAt(round)) this.#known.set(group.groupId, group);
    return ids.flatMap((id) => this.#known.get(id) ?? []);
  }

  async #lookAt(groupIds: readonly string[]): Promise<WatchedGroup[]> {
    const [described, committed] = await Promise.all([
      this.#client.describeGroups(groupIds),
      mapBounded(groupIds, 16, (groupId) => this.#client.committedOffsets(groupId)),
    ]);
    const latest = await this.#latest(committed.flat());
    return groupIds.map((groupId, i) => {
      const group = described.find((one) => one.groupId === groupId);
      const byTopic = Map.groupBy(committed[i]!, ({ topic }) => topic);
      return {
        groupId,
        state: group?.state ?? 'Unknown',
        protocolType: group?.protocolType ?? '',
        members: group?.members.map(({ clientId }) => clientId) ?? [],
        topics: [...byTopic].map(([topic, list]) => this.#topic(groupId, topic, list, latest)),
      };
    });
  }

  #topic(groupId: string, topic: string, offsets: CommittedOffset[], latest: Map<string, number>): WatchedTopic {
    const partitions = offsets
      .map(({ partition, offset }) => {
        const end = latest.get(`${topic}/${partition}`) ?? offset;
        return { partition, committed: offset, latest: end, lagRecords: Math.max(0, end - offset) };
      })
      .sort((a, b) => a.partition - b.partition);
    const committed = partitions.reduce((sum, one) => sum + one.committed, 0);
    const nowMs = Date.now();
    const key = `${groupId}/${topic}`;
    const before = this.#samples.get(key);
    this.#samples.set(key, { atMs: nowMs, committed });
    if (this.#samples.size > 10_000) this.#samples.delete(this.#samples.keys().next().value!);
    const perSecond =
      before === undefined ? 0 : ((committed - before.committed) * 1000) / Math.max(1, nowMs - before.atMs);
    return {
      topic,
      lagRecords: partitions.reduce((sum, { lagRecords }) => sum + lagRecords, 0),
      recordsPerSecond: Math.max(0, Math.round(perSecond * 10) / 10),
      partitions,
    };
  }

  /** The ends of the partitions that anybody has committed for; of topics that are gone there is none. */
  async #latest(offsets: readonly CommittedOffset[]): Promise<Map<string, number>> {
    const byTopic = Map.groupBy(offsets, ({ topic }) => topic);
    const ends = await mapBounded([...byTopic], 16, async ([topic, list]) => {
      const wanted = Object.fromEntries(list.map(({ partition }) => [partition, OffsetSpec.latest]));
      const found = await this.#client.listOffsets(topic, wanted).catch(() => ({}));
      return Object.entries(found).map(([partition, { offset }]) => [`${topic}/${partition}`, offset] as const);
    });
    return new Map(ends.flat());
  }
}
