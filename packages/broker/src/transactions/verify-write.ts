import { ErrorCode } from '@headwater/protocol';
import type { Later, TransactionCoordinator } from './coordinator.ts';
import type { TopicPartitions } from './topic-partitions.ts';

/** Who writes in a transaction, and how much its protocol knows. */
export interface TransactionalWrite {
  transactionalId: string;
  producerId: number;
  producerEpoch: number;
  /** Partitions that have nothing of this transaction yet. */
  partitions: TopicPartitions;
  /** Writing makes them part of the transaction (Produce 12, TxnOffsetCommit 5). */
  isAdding: boolean;
  /** The client knows TRANSACTION_ABORTABLE (Produce 11, TxnOffsetCommit 4). */
  knowsAbortable: boolean;
}

export interface WriteVerdict {
  /** For all partitions; 0 when each has its own answer in `notAdded`. */
  errorCode: number;
  notAdded: (topic: string, partition: number) => number;
}

/**
 * Asks the coordinator whether a partition may be written to in a transaction (KIP-890), so that no record is left behind in one that
 * nobody will end.
 */
export function verifyWrite(transactions: TransactionCoordinator, write: TransactionalWrite): Later<WriteVerdict> {
  const { isAdding, knowsAbortable, partitions, producerEpoch, producerId, transactionalId } = write;
  if (isAdding) {
    const added = transactions.addPartitions(transactionalId, producerId, producerEpoch, partitions, 2);
    return added instanceof Promise ? added.then(verdictOf) : verdictOf(added);
  }
  const errorCode = transactions.verify(transactionalId, producerId, producerEpoch);
  if (errorCode !== 0) return verdictOf(errorCode);
  const notAdded = knowsAbortable ? ErrorCode.TRANSACTION_ABORTABLE : ErrorCode.INVALID_TXN_STATE;
  return {
    errorCode: 0,
    notAdded: (topic, partition) => (transactions.isAdded(transactionalId, topic, partition) ? 0 : notAdded),
  };
}

/** Producers expect the error of their partition where the coordinator has its own. */
function verdictOf(errorCode: number): WriteVerdict {
  const isFenced = errorCode === ErrorCode.PRODUCER_FENCED;
  return { errorCode: isFenced ? ErrorCode.INVALID_PRODUCER_EPOCH : errorCode, notAdded: () => 0 };
}
