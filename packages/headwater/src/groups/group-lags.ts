import type { GroupDescription, KafkaClient } from '@headwater/client';
import { HeadwaterError } from '../headwater-error.ts';
import type { Connected } from '../kafka-command/connect-kafka.ts';
import { type Bounds, boundsOf, likeNames } from '../kafka-command/find-topics.ts';
import { inTurn } from '../kafka-command/groups-reading.ts';

/** A partition as a group has it. */
export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  /** Null: nothing is committed. */
  readonly committed: number | null;
  /** Null: the topic is gone. */
  readonly earliest: number | null;
  readonly end: number | null;
  /** Records that are left to read; null where that is not known. */
  readonly lagRecords: number | null;
  readonly clientId: string | null;
  readonly host: string | null;
}

export interface GroupLag {
  readonly groupId: string;
  readonly state: string;
  /** `classic`, `consumer`, `share`, …. */
  readonly type: string;
  readonly members: number;
  readonly lagRecords: number;
  readonly partitions: readonly PartitionLag[];
  readonly description: GroupDescription;
}

const requestsAtOnce = 16;

/** @throws HeadwaterError HW_GROUPS_UNKNOWN with names that are like it */
export async function requireGroups(
  { client, address }: Connected,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const all = (await client.listGroups({ signal })).map(({ groupId }) => groupId);
  for (const name of names) {
    if (all.includes(name)) continue;
    const like = likeNames(name, all);
    const hint =
      like.length > 0
        ? `is ${like.map((one) => `"${one}"`).join(' or ')} meant?`
        : 'headwater groups list shows those that are there';
    throw new HeadwaterError('HW_GROUPS_UNKNOWN', `there is no group "${name}" at ${address}: ${hint}`);
  }
}

/** Offsets, ends and lag of groups, by their names. The ends are asked for once, for all of them. */
export async function lagsOf(
  connected: Connected,
  groupIds: readonly string[],
  signal: AbortSignal,
): Promise<GroupLag[]> {
  const { client } = connected;
  const known = new Map<string, { description: GroupDescription; committed: Map<string, number> }>();
  await inTurn(groupIds, requestsAtOnce, async (groupId) => {
    const [[description], committed] = await Promise.all([
      client.describeGroups([groupId], { signal }),
      client.committedOffsets(groupId, { signal }),
    ]);
    const offsets = new Map(committed.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]));
    known.set(groupId, { description: description!, committed: offsets });
  });
  const topics = new Set<string>();
  for (const { description, committed } of known.values()) {
    for (const place of committed.keys()) topics.add(topicOf(place));
    for (const { assignment } of description.members) for (const { topic } of assignment) topics.add(topic);
  }
  const bounds = await boundsOfNames(connected, client, [...topics], signal);
  return groupIds
    .map((groupId) => lagOfGroup(groupId, known.get(groupId)!, bounds))
    .sort((a, b) => (a.groupId < b.groupId ? -1 : 1));
}

async function boundsOfNames(
  connected: Connected,
  client: KafkaClient,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Bounds> {
  if (names.length === 0) return new Map();
  const { topics } = await client.metadata(names, { signal });
  return boundsOf(
    connected,
    topics.filter(({ errorCode }) => errorCode === 0),
    signal,
  );
}

function lagOfGroup(
  groupId: string,
  { description, committed }: { description: GroupDescription; committed: ReadonlyMap<string, number> },
  bounds: Bounds,
): GroupLag {
  const owners = new Map<string, { clientId: string; host: string }>();
  for (const { clientId, clientHost, assignment } of description.members) {
    for (const { topic, partitions } of assignment) {
      for (const partition of partitions) owners.set(`${topic}/${partition}`, { clientId, host: clientHost });
    }
  }
  const places = [...new Set([...committed.keys(), ...owners.keys()])];
  const partitions = places
    .map((place): PartitionLag => {
      const topic = topicOf(place);
      const partition = Number(place.slice(topic.length + 1));
      const bound = bounds.get(topic)?.get(partition);
      const offset = committed.get(place) ?? null;
      const lagRecords =
        bound === undefined || offset === null ? null : Math.max(0, bound.latest - Math.max(offset, bound.earliest));
      return {
        topic,
        partition,
        committed: offset,
        earliest: bound?.earliest ?? null,
        end: bound?.latest ?? null,
        lagRecords,
        clientId: owners.get(place)?.clientId ?? null,
        host: owners.get(place)?.host ?? null,
      };
    })
    .sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
  return {
    groupId,
    state: description.state,
    type: description.type,
    members: description.members.length,
    lagRecords: partitions.reduce((sum, { lagRecords }) => sum + (lagRecords ?? 0), 0),
    partitions,
    description,
  };
}

function topicOf(place: string): string {
  return place.slice(0, place.lastIndexOf('/'));
}
