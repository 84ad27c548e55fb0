import { type AddPartitionsToTxnRequest, ApiKey, ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import type { Request } from '../network/request.ts';
import { AclOperation, isAllowedOnCluster, ResourceType } from '../security/authorizer.ts';
import type { Later } from '../transactions/coordinator.ts';
import { errorInVersion } from '../transactions/error-in-version.ts';
import { TopicPartitions } from '../transactions/topic-partitions.ts';
import { defineHandler } from './handler.ts';

/*
 * AddPartitionsToTxn (24), versions 0-5: https://kafka.apache.org/protocol#The_Messages_AddPartitionsToTxn
 *
 * All partitions of a transaction are added, or none. Version 2 knows PRODUCER_FENCED; 3 is flexible; 4 is for brokers: several
 * transactions at once, and verifyOnly; 5 knows TRANSACTION_ABORTABLE.
 */
export const addPartitionsToTxn = defineHandler({
  apiKey: ApiKey.AddPartitionsToTxn,
  minVersion: 0,
  maxVersion: 5,
  handle(context, body, request) {
    const { authorizer } = context;
    if (request.apiVersion < 4) {
      const results = addAll(context, request, {
        transactionalId: body.v3AndBelowTransactionalId,
        producerId: body.v3AndBelowProducerId,
        producerEpoch: body.v3AndBelowProducerEpoch,
        verifyOnly: false,
        topics: body.v3AndBelowTopics,
      });
      const answer = (resultsByTopicV3AndBelow: TopicResult[]) => ({ throttleTimeMs: 0, resultsByTopicV3AndBelow });
      return results instanceof Promise ? results.then(answer) : answer(results);
    }
    const mayAct = isAllowedOnCluster(authorizer, request.connection, AclOperation.CLUSTER_ACTION);
    if (!mayAct)
      return { throttleTimeMs: 0, errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED, resultsByTransaction: [] };
    const results = body.transactions.map((transaction) => addAll(context, request, transaction));
    const answer = (known: TopicResult[][]) => ({
      throttleTimeMs: 0,
      errorCode: 0,
      resultsByTransaction: body.transactions.map(({ transactionalId }, index) => ({
        transactionalId,
        topicResults: known[index]!,
      })),
    });
    return results.some((result) => result instanceof Promise)
      ? Promise.all(results).then(answer)
      : answer(results as TopicResult[][]);
  },
});

type Transaction = AddPartitionsToTxnRequest['transactions'][number];

interface TopicResult {
  name: string;
  resultsByPartition: { partitionIndex: number; partitionErrorCode: number }[];
}

function addAll(context: BrokerContext, request: Request, transaction: Transaction): Later<TopicResult[]> {
  const { authorizer, transactions } = context;
  const { producerEpoch, producerId, transactionalId } = transaction;
  const same = (errorCode: number) => results(transaction, () => errorInVersion(errorCode, request.apiVersion));
  // Brokers were let in as such.
  const isAllowed =
    request.apiVersion >= 4 ||
    authorizer.isAllowed(request.connection, AclOperation.WRITE, ResourceType.TRANSACTIONAL_ID, transactionalId);
  if (!isAllowed) {
    return same(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  }
  const problems = findProblems(context, request, transaction);
  if (problems !== null) return problems;
  if (transaction.verifyOnly) {
    const errorCode = transactions.verify(transactionalId, producerId, producerEpoch);
    if (errorCode !== 0) return same(errorCode);
    const missing = request.apiVersion >= 5 ? ErrorCode.TRANSACTION_ABORTABLE : ErrorCode.INVALID_TXN_STATE;
    return results(transaction, (topic, partition) =>
      transactions.isAdded(transactionalId, topic, partition) ? 0 : missing,
    );
  }
  const partitions = new TopicPartitions();
  for (const { name, partitions: indexes } of transaction.topics)
    for (const each of indexes) partitions.add(name, each);
  const version = request.apiVersion >= 4 ? 2 : 0;
  const added = transactions.addPartitions(transactionalId, producerId, producerEpoch, partitions, version);
  return added instanceof Promise ? added.then(same) : same(added);
}

/** Partitions that are not there, or not for this client; the others are then not tried. Null when all is well. */
function findProblems(
  { authorizer, store }: BrokerContext,
  { apiVersion, connection }: Request,
  transaction: Transaction,
): TopicResult[] | null {
  let hasProblem = false;
  const found = results(transaction, (topic, partition) => {
    const mayWrite = apiVersion >= 4 || authorizer.isAllowed(connection, AclOperation.WRITE, ResourceType.TOPIC, topic);
    if (mayWrite && store.partition(topic, partition) !== undefined) return ErrorCode.OPERATION_NOT_ATTEMPTED;
    hasProblem = true;
    return mayWrite ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.TOPIC_AUTHORIZATION_FAILED;
  });
  return hasProblem ? found : null;
}

function results({ topics }: Transaction, errorOf: (topic: string, partition: number) => number): TopicResult[] {
  return topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({
      partitionIndex,
      partitionErrorCode: errorOf(name, partitionIndex),
    })),
  }));
}
