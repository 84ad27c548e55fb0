import { ApiKey, ErrorCode } from '@headwater/protocol';
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
  handle({ groups, store }, body) {
    const known: { topic: string; partition: number }[] = [];
    const topics = body.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => {
        const topic = store.topic(name);
        const isKnown = topic !== undefined && partitionIndex >= 0 && partitionIndex < topic.partitions;
        if (isKnown) known.push({ topic: name, partition: partitionIndex });
        return { partitionIndex, errorCode: isKnown ? 0 : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, isKnown };
      }),
    }));
    const deleted = groups.deleteOffsets(body.groupId, known);
    if (typeof deleted === 'number') return { errorCode: deleted, topics: [] };
    let next = 0;
    for (const { partitions } of topics) {
      for (const partition of partitions) if (partition.isKnown) partition.errorCode = deleted[next++]!;
    }
    return { errorCode: 0, topics };
  },
});
