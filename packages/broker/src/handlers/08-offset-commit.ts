import { ApiKey, ErrorCode, type OffsetCommitRequest } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import type { OffsetToCommit } from '../groups/coordinator.ts';
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
    const generationId = body.generationIdOrMemberEpoch;
    let errorCode = context.groups.checkCommit({ groupId, memberId, groupInstanceId, generationId });
    const isUnknownGroup = errorCode === ErrorCode.ILLEGAL_GENERATION && context.groups.find(groupId) === undefined;
    if (isUnknownGroup && request.apiVersion >= 9) errorCode = ErrorCode.GROUP_ID_NOT_FOUND;
    const topics = resolve(context, body, request.apiVersion >= 10, errorCode);
    if (errorCode === 0) commit(context, groupId, topics);
    return {
      topics: topics.map(({ name, topicId, partitions }) => ({
        name,
        topicId,
        partitions: partitions.map((partition) => ({
          partitionIndex: partition.partitionIndex,
          errorCode: partition.errorCode,
        })),
      })),
    };
  },
});

interface Partition {
  partitionIndex: number;
  errorCode: number;
  offset: OffsetToCommit;
}

interface Topic {
  name: string;
  topicId: string;
  partitions: Partition[];
}

/** Which partitions there are; with an error for the whole request all of them have it. */
function resolve({ store }: BrokerContext, body: OffsetCommitRequest, byId: boolean, errorCode: number): Topic[] {
  return body.topics.map(({ name, topicId, partitions }) => {
    const topic = byId ? store.topicById(topicId) : store.topic(name);
    const missing = byId && topic === undefined ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    return {
      name,
      topicId,
      partitions: partitions.map((partition) => {
        const { partitionIndex } = partition;
        const isKnown = topic !== undefined && partitionIndex >= 0 && partitionIndex < topic.partitions;
        return {
          partitionIndex,
          errorCode: errorCode !== 0 ? errorCode : isKnown ? 0 : missing,
          offset: {
            topic: topic?.name ?? name,
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

function commit({ groups }: BrokerContext, groupId: string, topics: Topic[]): void {
  const accepted = topics.flatMap(({ partitions }) => partitions.filter(({ errorCode }) => errorCode === 0));
  const errorCodes = groups.commit(
    groupId,
    accepted.map(({ offset }) => offset),
  );
  accepted.forEach((partition, index) => {
    partition.errorCode = errorCodes[index]!;
  });
}
