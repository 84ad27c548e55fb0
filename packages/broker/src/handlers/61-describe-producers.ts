import { ApiKey, ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import type { Request } from '../network/request.ts';
import { AclOperation, ResourceType } from '../security/authorizer.ts';
import { storageErrorCode, storageErrorMessage } from '../storage-error-code.ts';
import { topicNameProblem } from '../topics/topic-admin.ts';
import { defineHandler } from './handler.ts';

/*
 * DescribeProducers (61), version 0: https://kafka.apache.org/protocol#The_Messages_DescribeProducers
 *
 * Who has written to a partition with sequences, and which of them have a transaction open there (KIP-664).
 */
export const describeProducers = defineHandler({
  apiKey: ApiKey.DescribeProducers,
  minVersion: 0,
  maxVersion: 0,
  handle(context, { topics }, request) {
    return {
      throttleTimeMs: 0,
      topics: topics.map(({ name, partitionIndexes }) => {
        const problem = topicProblem(context, request, name);
        return {
          name,
          partitions: partitionIndexes.map((partitionIndex) =>
            problem === null ? describe(context, name, partitionIndex) : failed(partitionIndex, ...problem),
          ),
        };
      }),
    };
  },
});

function topicProblem({ authorizer }: BrokerContext, { connection }: Request, topic: string): [number, string] | null {
  const problem = topicNameProblem(topic);
  if (problem !== null) return [ErrorCode.INVALID_TOPIC_EXCEPTION, problem];
  if (authorizer.isAllowed(connection, AclOperation.READ, ResourceType.TOPIC, topic)) return null;
  return [ErrorCode.TOPIC_AUTHORIZATION_FAILED, 'Topic authorization failed.'];
}

function describe({ logger, store }: BrokerContext, topic: string, partitionIndex: number) {
  const log = store.partition(topic, partitionIndex);
  if (log === undefined) {
    const message = store.topic(topic) === undefined ? 'This server does not host this topic-partition.' : null;
    return failed(partitionIndex, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message);
  }
  try {
    // Ids that no broker gives out cannot be told exactly.
    const known = log.producers().filter(({ producerId }) => Number.isSafeInteger(producerId));
    const activeProducers = known.map((producer) => ({
      producerId: producer.producerId,
      producerEpoch: producer.producerEpoch,
      lastSequence: producer.lastSequence,
      lastTimestamp: producer.lastTimestamp,
      coordinatorEpoch: producer.coordinatorEpoch,
      currentTxnStartOffset: producer.currentTransactionStartOffset,
    }));
    return { partitionIndex, errorCode: 0, activeProducers };
  } catch (error) {
    logger.error({ error, topic, partition: partitionIndex }, 'the producers of a partition could not be told');
    return failed(partitionIndex, storageErrorCode(error), storageErrorMessage(error));
  }
}

function failed(partitionIndex: number, errorCode: number, errorMessage: string | null) {
  return { partitionIndex, errorCode, errorMessage, activeProducers: [] };
}
