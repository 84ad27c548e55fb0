import { ApiKey, ErrorCode, type OffsetCommitRequest } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import type { OffsetToCommit } from '../groups/coordinator.ts';
import { AclOperation, ResourceType, type Subject } from '../security/authorizer.ts';
import { defineHandler } from './handler.ts';

/*
 * OffsetCommit (8), versions 2-10: https://kafka.apache.org/protocol#The_Messages_OffsetCommit
 *
 * Differences from Kafka: `retentionTimeMs` of versions 2 to 4 is not looked at; offsets.retention.minutes holds for all.
 *
 * A group without a name may commit, as in Kafka. Version 7 adds groupInstanceId; 8 is flexible; 9 says GROUP_ID_NOT_FOUND where others say ILLEGAL_GENERATION; 10 names topics by id.
 */
export const offsetCommit = defineHandler({
  apiKey: ApiKey.OffsetCommit,
  minVersion: 2,
  maxVersion: 10,
  handle(context, body, request) {
    const { memberId, groupId, groupInstanceId } = body;
    const { authorizer } = context;
    if (!authorizer.isAllowed(request.connection, AclOperation.READ, ResourceType.GROUP, groupId)) {
      return refused(body, ErrorCode.GROUP_AUTHORIZATION_FAILED);
    }
    const topics = resolve(context, request.connection, body, request.apiVersion >= 10);
    const known = topics.flatMap(({ partitions }) => partitions.filter(({ errorCode }) => errorCode === 0));
    if (known.length > 0) {
      const identity = {
        memberId,
        groupInstanceId,
        generationId: body.generationIdOrMemberEpoch,
        apiVersion: request.apiVersion,
        isTransactional: false,
        partitions: () => known.map(({ topicId, partitionIndex }) => ({ topicId, partition: partitionIndex })),
      };
      const errorCode = context.groups.checkCommit(groupId, identity);
      if (errorCode === 0) commit(context, groupId, known);
      else for (const partition of known) partition.errorCode = errorCode;
    }
    const answer = () => ({
      topics: topics.map(({ name, topicId, partitions }) => ({
        name,
        topicId,
        partitions: partitions.map(({ partitionIndex, errorCode }) => ({ partitionIndex, errorCode })),
      })),
    });
    const settled = context.offsetsLog.settled(groupId);
    return settled === null ? answer() : settled.then(answer, () => refused(body, ErrorCode.NOT_COORDINATOR));
  },
});

function refused({ topics }: OffsetCommitRequest, errorCode: number) {
  return {
    topics: topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  };
}

interface Partition {
  topicId: string;
  partitionIndex: number;
  errorCode: number;
  offset: OffsetToCommit;
}

interface Topic {
  name: string;
  topicId: string;
  partitions: Partition[];
}

/** Which partitions there are and may be read. */
function resolve(
  { authorizer, store }: BrokerContext,
  subject: Subject,
  body: OffsetCommitRequest,
  byId: boolean,
): Topic[] {
  return body.topics.map(({ name, topicId, partitions }) => {
    const topic = byId ? store.topicById(topicId) : store.topic(name);
    const known = topic?.name ?? name;
    const isUnknownId = byId && topic === undefined;
    const isAllowed = isUnknownId || authorizer.isAllowed(subject, AclOperation.READ, ResourceType.TOPIC, known);
    const missing = isUnknownId ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    return {
      name,
      topicId,
      partitions: partitions.map((partition) => {
        const { partitionIndex } = partition;
        const isKnown = topic !== undefined && partitionIndex >= 0 && partitionIndex < topic.partitions;
        return {
          topicId: topic?.topicId ?? topicId,
          partitionIndex,
          errorCode: !isAllowed ? ErrorCode.TOPIC_AUTHORIZATION_FAILED : isKnown ? 0 : missing,
          offset: {
            topic: known,
            partition: partitionIndex,
            offset: partition.committedOffset,
            leaderEpoch: partition.committedLeaderEpoch,
            metadata: partition.committedMetadata ?? '',
          },
        };
      }),
    };
  });
}

function commit({ groups }: BrokerContext, groupId: string, partitions: Partition[]): void {
  const errorCodes = groups.commit(
    groupId,
    partitions.map(({ offset }) => offset),
  );
  partitions.forEach((partition, index) => {
    partition.errorCode = errorCodes[index]!;
  });
}
