import { ApiKey, ErrorCode } from '@headwater/protocol';
import { AclOperation, ResourceType } from '../security/authorizer.ts';
import { defineHandler } from './handler.ts';

/*
 * OffsetDelete (47), version 0: https://kafka.apache.org/protocol#The_Messages_OffsetDelete
 *
 * No known differences from Kafka: offsets of topics that a live group reads are refused with GROUP_SUBSCRIBED_TO_TOPIC.
 */
export const offsetDelete = defineHandler({
  apiKey: ApiKey.OffsetDelete,
  minVersion: 0,
  maxVersion: 0,
  handle({ authorizer, groups, offsetsLog, store }, body, request) {
    const { connection } = request;
    if (!authorizer.isAllowed(connection, AclOperation.DELETE, ResourceType.GROUP, body.groupId)) {
      return { errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED, topics: [] };
    }
    const known: { topic: string; partition: number }[] = [];
    const topics = body.topics.map(({ name, partitions }) => {
      const mayRead = authorizer.isAllowed(connection, AclOperation.READ, ResourceType.TOPIC, name);
      const missing = mayRead ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.TOPIC_AUTHORIZATION_FAILED;
      const topic = mayRead ? store.topic(name) : undefined;
      return {
        name,
        partitions: partitions.map(({ partitionIndex }) => {
          const isKnown = topic !== undefined && partitionIndex >= 0 && partitionIndex < topic.partitions;
          if (isKnown) known.push({ topic: name, partition: partitionIndex });
          return { partitionIndex, errorCode: isKnown ? 0 : missing, isKnown };
        }),
      };
    });
    const deleted = groups.deleteOffsets(body.groupId, known);
    if (typeof deleted === 'number') return { errorCode: deleted, topics: [] };
    let next = 0;
    for (const { partitions } of topics) {
      for (const partition of partitions) if (partition.isKnown) partition.errorCode = deleted[next++]!;
    }
    const settled = offsetsLog.settled(body.groupId);
    const answer = { errorCode: 0, topics };
    if (settled === null) return answer;
    return settled.then(
      () => answer,
      () => ({ errorCode: ErrorCode.NOT_COORDINATOR, topics: [] }),
    );
  },
});
