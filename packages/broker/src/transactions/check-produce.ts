import { ErrorCode, errorInfo, type ProduceRequest } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import type { Request } from '../network/request.ts';
import { AclOperation, ResourceType } from '../security/authorizer.ts';
import type { PartitionLog } from '../storage/index.ts';
import type { Later } from './coordinator.ts';
import { TopicPartitions } from './topic-partitions.ts';
import { isTransactionalBatch, producerOf } from './transactional-batch.ts';
import { verifyWrite, type WriteVerdict } from './verify-write.ts';

export interface TransactionRefusal {
  errorCode: number;
  errorMessage: string | null;
}

/** Partitions of a request that may not be written to, and why. */
export type TransactionRefusals = ReadonlyMap<PartitionLog, TransactionRefusal>;

const noRefusals: TransactionRefusals = new Map();

/**
 * Whether the transactional batches of a Produce request may be written. A number is the error of the whole request.
 *
 * Requests without any, most of them, cost a look at each batch.
 */
export function checkProduce(
  context: BrokerContext,
  body: ProduceRequest,
  request: Request,
): Later<TransactionRefusals | number> {
  const logs: PartitionLog[] = [];
  let first: { producerId: number; producerEpoch: number } | null = null;
  for (const { name, topicId, partitionData } of body.topicData) {
    for (const { index, records } of partitionData) {
      if (records === null || !isTransactionalBatch(records)) continue;
      const { transactionalId } = body;
      if (transactionalId === null || !mayWrite(context, request, transactionalId)) {
        return ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
      }
      const producer = producerOf(records);
      if (producer === null) continue;
      first ??= producer;
      if (producer.producerId !== first.producerId || producer.producerEpoch !== first.producerEpoch) {
        return ErrorCode.INVALID_PRODUCER_ID_MAPPING;
      }
      const topic = request.apiVersion >= 13 ? context.store.topicById(topicId)?.name : name;
      const log = topic === undefined ? undefined : context.store.partition(topic, index);
      if (log !== undefined && isNew(log, producer)) logs.push(log);
    }
  }
  if (first === null || logs.length === 0) return noRefusals;
  const partitions = new TopicPartitions();
  for (const log of logs) partitions.add(log.topic, log.partition);
  const verdict = verifyWrite(context.transactions, {
    transactionalId: body.transactionalId ?? '',
    ...first,
    partitions,
    isAdding: request.apiVersion >= 12,
    knowsAbortable: request.apiVersion >= 11,
  });
  if (verdict instanceof Promise) return verdict.then((known) => refusalsOf(logs, known, request.apiVersion));
  return refusalsOf(logs, verdict, request.apiVersion);
}

function mayWrite({ authorizer }: BrokerContext, { connection }: Request, transactionalId: string): boolean {
  return authorizer.isAllowed(connection, AclOperation.WRITE, ResourceType.TRANSACTIONAL_ID, transactionalId);
}

/** Not if it was asked for before, nor if the partition refuses it anyhow: it knows a later epoch, or cannot be opened. */
function isNew(log: PartitionLog, { producerEpoch, producerId }: { producerId: number; producerEpoch: number }) {
  try {
    return !log.hasOpenTransaction(producerId, producerEpoch) && log.producerEpoch(producerId) <= producerEpoch;
  } catch {
    return false;
  }
}

function refusalsOf(logs: readonly PartitionLog[], { errorCode, notAdded }: WriteVerdict, version: number) {
  const refusals = new Map<PartitionLog, TransactionRefusal>();
  for (const log of logs) {
    const code = errorCode === 0 ? notAdded(log.topic, log.partition) : errorCode;
    if (code !== 0) refusals.set(log, refusal(code, version));
  }
  return refusals;
}

/** Errors that producers do not know in an answer to Produce become one that they try again after. */
function refusal(errorCode: number, version: number): TransactionRefusal {
  const isKnown = version >= 12 && errorCode === ErrorCode.CONCURRENT_TRANSACTIONS;
  if (!retriedAsOther.has(errorCode) || isKnown) return { errorCode, errorMessage: null };
  const { name } = errorInfo(errorCode);
  const errorMessage = `Unable to verify the partition has been added to the transaction. Underlying error: ${name}`;
  return { errorCode: ErrorCode.NOT_ENOUGH_REPLICAS, errorMessage };
}

const retriedAsOther: ReadonlySet<number> = new Set([
  ErrorCode.CONCURRENT_TRANSACTIONS,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
]);
