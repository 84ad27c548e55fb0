import { ApiKey, ErrorCode } from '@headwater/protocol';
import { ensureOffsetsTopic } from '../groups/ensure-offsets-topic.ts';
import { offsetsTopic } from '../groups/offsets-log.ts';
import { AclOperation, ResourceType } from '../security/authorizer.ts';
import { errorInVersion } from '../transactions/error-in-version.ts';
import { TopicPartitions } from '../transactions/topic-partitions.ts';
import { defineHandler } from './handler.ts';

/*
 * AddOffsetsToTxn (25), versions 0-4: https://kafka.apache.org/protocol#The_Messages_AddOffsetsToTxn
 *
 * Makes the partition of `__consumer_offsets` that a group lives in part of the transaction. Version 2 knows PRODUCER_FENCED; 3 is
 * flexible; 4 knows TRANSACTION_ABORTABLE.
 */
export const addOffsetsToTxn = defineHandler({
  apiKey: ApiKey.AddOffsetsToTxn,
  minVersion: 0,
  maxVersion: 4,
  handle(context, body, request) {
    const { authorizer, offsetsLog, transactions } = context;
    const { groupId, producerEpoch, producerId, transactionalId } = body;
    const { connection } = request;
    if (!authorizer.isAllowed(connection, AclOperation.WRITE, ResourceType.TRANSACTIONAL_ID, transactionalId)) {
      return { throttleTimeMs: 0, errorCode: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED };
    }
    if (!authorizer.isAllowed(connection, AclOperation.READ, ResourceType.GROUP, groupId)) {
      return { throttleTimeMs: 0, errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED };
    }
    try {
      ensureOffsetsTopic(context);
    } catch (error) {
      context.logger.error({ error }, 'the topic of committed offsets could not be made');
      return { throttleTimeMs: 0, errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE };
    }
    const partitions = TopicPartitions.of([offsetsTopic, offsetsLog.partitionOf(groupId)]);
    const added = transactions.addPartitions(transactionalId, producerId, producerEpoch, partitions, 0);
    const answer = (errorCode: number) => ({
      throttleTimeMs: 0,
      errorCode: errorInVersion(errorCode, request.apiVersion),
    });
    return added instanceof Promise ? added.then(answer) : answer(added);
  },
});
