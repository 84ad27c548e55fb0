import { ApiKey, ErrorCode, zeroUuid } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import { AclOperation, ResourceType, type Subject } from '../security/authorizer.ts';
import { defineHandler } from './handler.ts';

/*
 * OffsetFetch (9), versions 1-10: https://kafka.apache.org/protocol#The_Messages_OffsetFetch
 *
 * Differences from Kafka: none are known. The member fields of version 9 are for consumer groups: STALE_MEMBER_EPOCH for the group when a
 * member is not where it says.
 *
 * Version 2 allows all topics (null) and has an error for the group; 6 is flexible; 7 can ask for stable offsets only: those that a
 * transaction may change get UNSTABLE_OFFSET_COMMIT; 8 asks for several groups; 10 names topics by id.
 */
export const offsetFetch = defineHandler({
  apiKey: ApiKey.OffsetFetch,
  minVersion: 1,
  maxVersion: 10,
  handle(context, body, request) {
    if (request.apiVersion >= 8) {
      const groups = body.groups.map((group) => ({
        groupId: group.groupId,
        ...fetchGroup(context, request.connection, group, group.topics, body.requireStable, request.apiVersion >= 10),
      }));
      return { topics: [], groups };
    }
    const topics = body.topics?.map((topic) => ({ ...topic, topicId: zeroUuid })) ?? null;
    const whoever = { groupId: body.groupId, memberId: null, memberEpoch: -1 };
    const group = fetchGroup(context, request.connection, whoever, topics, body.requireStable, false);
    // Version 1 has no place for an error of the group.
    if (group.errorCode !== 0 && request.apiVersion === 1) {
      return { topics: (topics ?? []).map((topic) => failedTopic(topic, group.errorCode)), groups: [] };
    }
    return { ...group, groups: [] };
  },
});

interface RequestedTopic {
  name: string;
  topicId: string;
  partitionIndexes: readonly number[];
}

function failedTopic({ name, topicId, partitionIndexes }: RequestedTopic, errorCode: number) {
  const nothing = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode };
  return { name, topicId, partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, ...nothing })) };
}

function fetchGroup(
  context: BrokerContext,
  subject: Subject,
  { groupId, memberEpoch, memberId }: { groupId: string; memberEpoch: number; memberId: string | null },
  topics: RequestedTopic[] | null,
  requireStable: boolean,
  byId: boolean,
) {
  if (!context.authorizer.isAllowed(subject, AclOperation.DESCRIBE, ResourceType.GROUP, groupId)) {
    return { topics: [], errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED };
  }
  const errorCode = context.groups.checkFetch(groupId, memberId, memberEpoch);
  if (errorCode !== 0) return { topics: [], errorCode };
  return { topics: fetchTopics(context, subject, groupId, topics, requireStable, byId), errorCode: 0 };
}

function fetchTopics(
  { authorizer, groups, store }: BrokerContext,
  subject: Subject,
  groupId: string,
  requested: RequestedTopic[] | null,
  requireStable: boolean,
  byId: boolean,
) {
  const offsets = groups.find(groupId)?.offsets;
  const mayDescribe = (name: string) =>
    authorizer.isAllowed(subject, AclOperation.DESCRIBE, ResourceType.TOPIC, name, requested !== null);
  const topics =
    requested ??
    (offsets?.topics() ?? []).filter(mayDescribe).map((name) => ({
      name,
      topicId: store.topic(name)?.topicId ?? zeroUuid,
      partitionIndexes: [...(offsets?.partitions(name).keys() ?? [])],
    }));
  return topics.map((topic) => {
    const { name, topicId, partitionIndexes } = topic;
    const known = byId && requested !== null ? store.topicById(topicId)?.name : name;
    if (requested !== null && known !== undefined && !mayDescribe(known)) {
      return failedTopic(topic, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
    }
    return {
      name,
      topicId,
      partitions: partitionIndexes.map((partitionIndex) => {
        if (requireStable && groups.pendingOffsets.has(groupId, known ?? '', partitionIndex))
          return unstable(partitionIndex);
        const committed = known === undefined ? undefined : offsets?.get(known, partitionIndex);
        return {
          partitionIndex,
          committedOffset: committed?.offset ?? -1,
          committedLeaderEpoch: committed?.leaderEpoch ?? -1,
          metadata: committed?.metadata ?? '',
          errorCode: known === undefined ? ErrorCode.UNKNOWN_TOPIC_ID : 0,
        };
      }),
    };
  });
}

/** As Kafka: nothing of an offset that a transaction may still change is told. */
function unstable(partitionIndex: number) {
  return {
    partitionIndex,
    committedOffset: -1,
    committedLeaderEpoch: -1,
    metadata: '',
    errorCode: ErrorCode.UNSTABLE_OFFSET_COMMIT,
  };
}
