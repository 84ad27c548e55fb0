import {
  ApiKey,
  type ConsumerProtocolAssignment,
  consumerProtocolAssignment,
  decodeData,
  ErrorCode,
} from '@headwater/protocol';
import type { AdminOptions } from './admin-topics.ts';
import { brokerError, ClientError } from './client-error.ts';
import type { BrokerInfo, Cluster } from './cluster.ts';

export interface GroupListing {
  groupId: string;
  /** '' before version 4 of the request. */
  state: string;
  /** 'consumer', 'connect', … ; '' for a group that only has offsets. */
  protocolType: string;
  /** 'classic', 'consumer', 'share', 'streams'; '' where the broker does not say. */
  type: string;
}

export interface MemberDescription {
  memberId: string;
  groupInstanceId: string | null;
  clientId: string;
  clientHost: string;
  assignment: { topic: string; partitions: number[] }[];
}

export interface GroupDescription {
  groupId: string;
  state: string;
  protocolType: string;
  /** Which protocol its members are coordinated by: the older one, or that of KIP-848. */
  type: 'classic' | 'consumer';
  /** A group of the new protocol some of whose members still speak the older one. */
  isMixed: boolean;
  /** The assignor in use. */
  protocol: string;
  members: MemberDescription[];
  coordinator: BrokerInfo | null;
  error: ClientError | null;
}

export interface CommittedOffset {
  topic: string;
  partition: number;
  offset: number;
  leaderEpoch: number;
  metadata: string | null;
}

/** All groups: every broker is asked for those that it coordinates. */
export async function listGroups(
  cluster: Cluster,
  options: AdminOptions & { states?: readonly string[]; types?: readonly string[] } = {},
): Promise<GroupListing[]> {
  const { brokers } = await cluster.refresh([], options);
  const answers = await Promise.all(
    brokers.map((broker) =>
      cluster.retrying(async () => {
        const answer = await cluster.pool.link(broker.id, broker).request(
          ApiKey.ListGroups,
          (version) => ({
            ...(version >= 4 ? { statesFilter: options.states ?? [] } : {}),
            ...(version >= 5 ? { typesFilter: options.types ?? [] } : {}),
          }),
          { signal: options.signal },
        );
        if (answer.errorCode !== ErrorCode.NONE) throw brokerError(answer.errorCode, 'listing groups');
        return answer.groups;
      }, options.signal),
    ),
  );
  return answers.flat().map(({ groupId, protocolType, groupState, groupType }) => ({
    groupId,
    protocolType,
    state: groupState,
    type: groupType.toLowerCase(),
  }));
}

/** State and members of groups, of the classic protocol and of the new one. */
export async function describeGroups(
  cluster: Cluster,
  groupIds: readonly string[],
  options: AdminOptions = {},
): Promise<GroupDescription[]> {
  return Promise.all(groupIds.map((groupId) => describeGroup(cluster, groupId, options.signal)));
}

async function describeGroup(cluster: Cluster, groupId: string, signal?: AbortSignal): Promise<GroupDescription> {
  return atCoordinator(cluster, groupId, signal, async (broker) => {
    const classic = await describeClassic(cluster, broker, groupId, signal);
    const isElsewhere = classic.error?.kafkaCode === ErrorCode.GROUP_ID_NOT_FOUND || classic.state === 'Dead';
    if (!isElsewhere || !cluster.pool.link(broker.id, broker).supports(ApiKey.ConsumerGroupDescribe)) return classic;
    return (await describeConsumer(cluster, broker, groupId, signal)) ?? classic;
  });
}

async function describeClassic(
  cluster: Cluster,
  coordinator: BrokerInfo,
  groupId: string,
  signal?: AbortSignal,
): Promise<GroupDescription> {
  const link = cluster.pool.link(coordinator.id, coordinator);
  const answer = await link.request(ApiKey.DescribeGroups, { groups: [groupId] }, { signal });
  const group = answer.groups[0]!;
  throwIfMoved(group.errorCode, groupId);
  const { errorCode, errorMessage } = group;
  return {
    groupId,
    state: group.groupState,
    protocolType: group.protocolType,
    type: 'classic',
    isMixed: false,
    protocol: group.protocolData,
    coordinator,
    error: errorCode === ErrorCode.NONE ? null : brokerError(errorCode, `group ${groupId}`, errorMessage),
    members: group.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      assignment: group.protocolType === 'consumer' ? readAssignment(member.memberAssignment) : [],
    })),
  };
}

/** A group of the new protocol; null when it is none. */
async function describeConsumer(
  cluster: Cluster,
  coordinator: BrokerInfo,
  groupId: string,
  signal?: AbortSignal,
): Promise<GroupDescription | null> {
  const link = cluster.pool.link(coordinator.id, coordinator);
  const answer = await link.request(
    ApiKey.ConsumerGroupDescribe,
    { groupIds: [groupId], includeAuthorizedOperations: false },
    { signal },
  );
  const group = answer.groups[0]!;
  throwIfMoved(group.errorCode, groupId);
  if (group.errorCode !== ErrorCode.NONE) return null;
  return {
    groupId,
    state: group.groupState,
    protocolType: 'consumer',
    type: 'consumer',
    // 1: a member of the new protocol. Older brokers do not say, which counts as not upgraded.
    isMixed: group.members.some(({ memberType }) => memberType !== 1),
    protocol: group.assignorName,
    coordinator,
    error: null,
    members: group.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      assignment: member.assignment.topicPartitions.map(({ topicName: topic, partitions }) => ({ topic, partitions })),
    })),
  };
}

/** The assignment is the client's own format: one that cannot be read is shown as none. */
function readAssignment(bytes: Buffer): { topic: string; partitions: number[] }[] {
  if (bytes.length < 2) return [];
  try {
    // Later versions only add fields at the end.
    const version = Math.min(Math.max(bytes.readInt16BE(0), 0), 3);
    const assignment = decodeData(consumerProtocolAssignment, version, bytes, 2) as ConsumerProtocolAssignment;
    return assignment.assignedPartitions;
  } catch {
    return [];
  }
}

/** What a group has committed; of all topics, or of some partitions. Partitions without a commit are left out. */
export async function committedOffsets(
  cluster: Cluster,
  groupId: string,
  options: AdminOptions & { partitions?: Record<string, readonly number[]>; requireStable?: boolean } = {},
): Promise<CommittedOffset[]> {
  const { partitions, requireStable = false } = options;
  const topics =
    partitions === undefined
      ? null
      : Object.entries(partitions).map(([name, indexes]) => ({ name, partitionIndexes: indexes }));
  return atCoordinator(cluster, groupId, options.signal, async (broker) => {
    const answer = await cluster.pool.link(broker.id, broker).request(
      ApiKey.OffsetFetch,
      (version) => ({
        ...(version >= 8
          ? { groups: [{ groupId, topics }] }
          : { groupId, topics: version >= 2 ? topics : (topics ?? []) }),
        ...(version >= 7 ? { requireStable } : {}),
      }),
      { signal: options.signal },
    );
    const group = answer.groups[0] ?? answer;
    throwIfMoved(group.errorCode, groupId);
    if (group.errorCode !== ErrorCode.NONE) throw brokerError(group.errorCode, `offsets of group ${groupId}`);
    return group.topics.flatMap(({ name: topic, partitions: answered }) =>
      answered.flatMap(({ partitionIndex, committedOffset, committedLeaderEpoch, metadata, errorCode }) => {
        if (errorCode !== ErrorCode.NONE)
          throw brokerError(errorCode, `offset of group ${groupId} in ${topic}-${partitionIndex}`);
        if (committedOffset < 0) return [];
        const leaderEpoch = committedLeaderEpoch;
        return [{ topic, partition: partitionIndex, offset: committedOffset, leaderEpoch, metadata }];
      }),
    );
  });
}

/** Sets the offsets of a group that has no members; by topic and partition. */
export async function commitOffsets(
  cluster: Cluster,
  groupId: string,
  offsets: Record<string, Record<number, number>>,
  options: AdminOptions & { metadata?: string } = {},
): Promise<void> {
  await atCoordinator(cluster, groupId, options.signal, async (broker) => {
    const answer = await cluster.pool.link(broker.id, broker).request(
      ApiKey.OffsetCommit,
      {
        groupId,
        // Generation -1 of no member: a commit from outside of the group.
        generationIdOrMemberEpoch: -1,
        memberId: '',
        topics: Object.entries(offsets).map(([name, partitions]) => ({
          name,
          partitions: Object.entries(partitions).map(([partition, offset]) => ({
            partitionIndex: Number(partition),
            committedOffset: offset,
            committedMetadata: options.metadata ?? '',
          })),
        })),
      },
      { signal: options.signal },
    );
    for (const { name, partitions } of answer.topics) {
      for (const { partitionIndex, errorCode } of partitions) {
        throwIfMoved(errorCode, groupId);
        const about = `committing ${name}-${partitionIndex} for group ${groupId}`;
        if (errorCode !== ErrorCode.NONE) throw brokerError(errorCode, about);
      }
    }
  });
}

/** Deletes groups without members, with their offsets. */
export async function deleteGroups(
  cluster: Cluster,
  groupIds: readonly string[],
  options: AdminOptions = {},
): Promise<{ groupId: string; error: ClientError | null }[]> {
  return Promise.all(
    groupIds.map((groupId) =>
      atCoordinator(cluster, groupId, options.signal, async (broker) => {
        const link = cluster.pool.link(broker.id, broker);
        const answer = await link.request(ApiKey.DeleteGroups, { groupsNames: [groupId] }, { signal: options.signal });
        const { errorCode } = answer.results[0]!;
        throwIfMoved(errorCode, groupId);
        return { groupId, error: errorCode === ErrorCode.NONE ? null : brokerError(errorCode, `group ${groupId}`) };
      }),
    ),
  );
}

/** Runs with the group's coordinator, and again with the new one when it has moved. */
function atCoordinator<T>(
  cluster: Cluster,
  groupId: string,
  signal: AbortSignal | undefined,
  run: (broker: BrokerInfo) => Promise<T>,
): Promise<T> {
  return cluster.retrying(async () => {
    const broker = await cluster.coordinator('group', groupId, signal);
    try {
      return await run(broker);
    } catch (error) {
      if (error instanceof ClientError && error.retriable) cluster.forgetCoordinator('group', groupId);
      throw error;
    }
  }, signal);
}

function throwIfMoved(errorCode: number, groupId: string): void {
  const isPassing =
    errorCode === ErrorCode.NOT_COORDINATOR ||
    errorCode === ErrorCode.COORDINATOR_NOT_AVAILABLE ||
    errorCode === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
  if (isPassing) throw brokerError(errorCode, `group ${groupId}`);
}
