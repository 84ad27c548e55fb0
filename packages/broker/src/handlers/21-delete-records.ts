import { ApiKey, ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import { AclOperation, ResourceType } from '../security/authorizer.ts';
import { storageErrorCode } from '../storage-error-code.ts';
import { isInternal } from '../topics/topic-admin.ts';
import { defineHandler } from './handler.ts';

/*
 * DeleteRecords (21), versions 0-2: https://kafka.apache.org/protocol#The_Messages_DeleteRecords
 *
 * Differences from Kafka: refused with POLICY_VIOLATION for __consumer_offsets, also if it is not compacted. Version 2 is flexible.
 */
export const deleteRecords = defineHandler({
  apiKey: ApiKey.DeleteRecords,
  minVersion: 0,
  maxVersion: 2,
  handle(context, body, request) {
    const topics = body.topics.map(({ name, partitions }) => {
      const mayDelete = context.authorizer.isAllowed(request.connection, AclOperation.DELETE, ResourceType.TOPIC, name);
      return {
        name,
        partitions: partitions.map(({ partitionIndex, offset }) => ({
          partitionIndex,
          ...(mayDelete
            ? deleteBefore(context, name, partitionIndex, offset)
            : { lowWatermark: -1, errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED }),
        })),
      };
    });
    return { throttleTimeMs: 0, topics };
  },
});

function deleteBefore({ logger, store }: BrokerContext, topic: string, partition: number, offset: number) {
  const log = store.partition(topic, partition);
  if (log === undefined) return { lowWatermark: -1, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
  // Only what retention may delete: a compacted topic promises the last record of each key.
  if (!log.config.isDeleted || isInternal(topic)) return { lowWatermark: -1, errorCode: ErrorCode.POLICY_VIOLATION };
  try {
    const lowWatermark = log.deleteRecords(offset);
    logger.info({ topic, partition, logStartOffset: lowWatermark }, 'records deleted');
    return { lowWatermark, errorCode: 0 };
  } catch (error) {
    return { lowWatermark: -1, errorCode: storageErrorCode(error) };
  }
}
