import type { BrokerInfo, CommittedOffset, KafkaClient } from '@headwater/client';
import { ApiKey, ErrorCode } from '@headwater/protocol';
import { mapBounded } from './map-bounded.ts';

/** A group as one sweep found it. */
export interface SweptGroup {
  groupId: string;
  state: string;
  protocolType: string;
  /** Client ids of the members. */
  members: string[];
  offsets: CommittedOffset[];
}

/** Groups in one request. */
const chunkSize = 200;

/**
 * All groups with members and committed offsets, in as few requests as there are brokers and hundreds of groups: a broker lists
 * the groups that it coordinates, so each can be asked about many of its own at once. What moves to another coordinator
 * meanwhile is missing from this sweep and found by the next.
 */
export async function sweepGroups(client: KafkaClient, signal?: AbortSignal): Promise<SweptGroup[]> {
  const { brokers } = await client.metadata([], signal === undefined ? {} : { signal });
  const swept = await Promise.all(
    brokers.map((broker) => client.cluster.retrying(() => sweepBroker(client, broker, signal), signal)),
  );
  return swept.flat().sort((a, b) => (a.groupId < b.groupId ? -1 : 1));
}

async function sweepBroker(client: KafkaClient, broker: BrokerInfo, signal?: AbortSignal): Promise<SweptGroup[]> {
  const link = client.cluster.pool.link(broker.id, broker);
  const { groups } = await link.request(ApiKey.ListGroups, {}, { signal });
  const found = new Map<string, SweptGroup>(
    groups.map(({ groupId, groupState, protocolType }) => [
      groupId,
      { groupId, state: groupState, protocolType, members: [], offsets: [] },
    ]),
  );
  const isNew = (group: { groupType: string }): boolean =>
    group.groupType.toLowerCase() === 'consumer' && link.supports(ApiKey.ConsumerGroupDescribe);
  const ids = (wanted: typeof groups): string[] => wanted.map(({ groupId }) => groupId);
  const describe = async (groupIds: readonly string[]): Promise<void> => {
    const answer = await link.request(ApiKey.DescribeGroups, { groups: groupIds }, { signal });
    for (const { errorCode, groupId, groupState, members } of answer.groups)
      if (errorCode === ErrorCode.NONE) note(groupId, groupState, members);
  };
  const describeNew = async (groupIds: readonly string[]): Promise<void> => {
    const answer = await link.request(
      ApiKey.ConsumerGroupDescribe,
      { groupIds, includeAuthorizedOperations: false },
      { signal },
    );
    for (const { errorCode, groupId, groupState, members } of answer.groups)
      if (errorCode === ErrorCode.NONE) note(groupId, groupState, members);
  };
  const note = (groupId: string, state: string, members: readonly { clientId: string }[]): void => {
    const group = found.get(groupId);
    if (group === undefined) return;
    group.state = state;
    group.members = members.map(({ clientId }) => clientId);
  };
  const offsets = async (groupIds: readonly string[]): Promise<void> => {
    for (const [groupId, list] of await committedOffsets(client, broker, groupIds, signal)) {
      const group = found.get(groupId);
      if (group !== undefined) group.offsets = list;
    }
  };
  await Promise.all([
    mapBounded(chunks(ids(groups.filter((group) => !isNew(group)))), 2, describe),
    mapBounded(chunks(ids(groups.filter(isNew))), 2, describeNew),
    mapBounded(chunks(ids(groups)), 2, offsets),
  ]);
  return [...found.values()];
}

async function committedOffsets(
  client: KafkaClient,
  broker: BrokerInfo,
  groupIds: readonly string[],
  signal?: AbortSignal,
): Promise<Map<string, CommittedOffset[]>> {
  const link = client.cluster.pool.link(broker.id, broker);
  const ranges = await link.apiVersions(signal);
  const served = ranges.find(({ apiKey }) => apiKey === ApiKey.OffsetFetch);
  // Before version 8 (Kafka 3.0) a request is about one group.
  if ((served?.maxVersion ?? 0) < 8) {
    const lists = await mapBounded(groupIds, 16, (groupId) => client.committedOffsets(groupId, { signal }));
    return new Map(groupIds.map((groupId, i) => [groupId, lists[i]!]));
  }
  const answer = await link.request(
    ApiKey.OffsetFetch,
    { groups: groupIds.map((groupId) => ({ groupId, topics: null })) },
    { signal },
  );
  return new Map(
    answer.groups.map(({ groupId, topics }) => [
      groupId,
      topics.flatMap(({ name: topic, partitions }) =>
        partitions.flatMap(
          ({ partitionIndex, committedOffset, committedLeaderEpoch: leaderEpoch, metadata, errorCode }) =>
            errorCode !== ErrorCode.NONE || committedOffset < 0
              ? []
              : [{ topic, partition: partitionIndex, offset: committedOffset, leaderEpoch, metadata }],
        ),
      ),
    ]),
  );
}

function chunks(ids: readonly string[]): string[][] {
  const out: string[][] = [];
  for (let at = 0; at < ids.length; at += chunkSize) out.push(ids.slice(at, at + chunkSize));
  return out;
}
