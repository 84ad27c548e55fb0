import { ApiKey, ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import type { Request } from '../network/request.ts';
import { AclOperation, ResourceType } from '../security/authorizer.ts';
import { isDeciding } from '../transactions/transaction-state.ts';
import { defineHandler } from './handler.ts';

/*
 * DescribeTransactions (65), version 0: https://kafka.apache.org/protocol#The_Messages_DescribeTransactions
 *
 * Topics are those of the open transaction, or while it is ended those without a marker yet (KIP-664).
 */
export const describeTransactions = defineHandler({
  apiKey: ApiKey.DescribeTransactions,
  minVersion: 0,
  maxVersion: 0,
  handle(context, { transactionalIds }, request) {
    return { throttleTimeMs: 0, transactionStates: transactionalIds.map((id) => describe(context, request, id)) };
  },
});

function describe({ authorizer, transactions }: BrokerContext, { connection }: Request, transactionalId: string) {
  const { DESCRIBE } = AclOperation;
  if (!authorizer.isAllowed(connection, DESCRIBE, ResourceType.TRANSACTIONAL_ID, transactionalId)) {
    return failed(transactionalId, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  }
  if (transactions.isClosed) return failed(transactionalId, ErrorCode.COORDINATOR_NOT_AVAILABLE);
  if (transactionalId === '') return failed(transactionalId, ErrorCode.INVALID_REQUEST);
  const entry = transactions.find(transactionalId);
  if (entry === undefined) return failed(transactionalId, ErrorCode.TRANSACTIONAL_ID_NOT_FOUND);
  const { record, unmarked } = entry;
  const partitions = isDeciding(record.state) ? unmarked : record.partitions;
  return {
    errorCode: 0,
    transactionalId,
    transactionState: record.state,
    transactionTimeoutMs: record.timeoutMs,
    transactionStartTimeMs: record.startMs,
    producerId: record.producerId,
    producerEpoch: record.producerEpoch,
    topics: [...partitions.topics()]
      .filter(([topic]) => authorizer.isAllowed(connection, DESCRIBE, ResourceType.TOPIC, topic, false))
      .map(([topic, indexes]) => ({ topic, partitions: [...indexes] })),
  };
}

function failed(transactionalId: string, errorCode: number) {
  return {
    errorCode,
    transactionalId,
    transactionState: '',
    transactionTimeoutMs: 0,
    transactionStartTimeMs: 0,
    producerId: 0,
    producerEpoch: 0,
    topics: [],
  };
}
