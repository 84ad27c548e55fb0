import { ClientError } from '@headwater/client';
import { ErrorCode } from '@headwater/protocol';
import { StreamsError } from '../streams-error.ts';

/**
 * What mends a failure. `lost`: the group has gone on without this instance, which lets go of its tasks and joins anew (Kafka Streams:
 * TaskMigrated). `retry`: what was not committed is given up, and the tasks begin again from the last commit (TaskCorrupted). `fatal`: no
 * further attempt mends it.
 */
export type FailureKind = 'lost' | 'retry' | 'fatal';

/** Beside those that Kafka calls retriable: what a new producer, or a new beginning of the task, mends. */
const mendedByRetry = new Set<number>([
  ErrorCode.PRODUCER_FENCED,
  ErrorCode.INVALID_PRODUCER_EPOCH,
  ErrorCode.INVALID_PRODUCER_ID_MAPPING,
  ErrorCode.INVALID_TXN_STATE,
  ErrorCode.UNKNOWN_PRODUCER_ID,
  ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  ErrorCode.TRANSACTION_ABORTABLE,
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.INCONSISTENT_TOPIC_ID,
]);

const memberGone = new Set<number>([
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.FENCED_INSTANCE_ID,
  ErrorCode.STALE_MEMBER_EPOCH,
  ErrorCode.FENCED_MEMBER_EPOCH,
]);

export function failureKind(error: unknown): FailureKind {
  if (error instanceof StreamsError) {
    if (error.code === 'HW_STREAMS_TASK_MIGRATED') return 'lost';
    return error.code === 'HW_STREAMS_TASK_CORRUPTED' ? 'retry' : 'fatal';
  }
  if (!(error instanceof ClientError)) return 'fatal';
  const { code, kafkaCode, retriable } = error;
  if (code === 'HW_CLIENT_GROUP_FENCED' || (kafkaCode !== null && memberGone.has(kafkaCode))) return 'lost';
  if (code === 'HW_CLIENT_TRANSACTION_ABORTED' || code === 'HW_CLIENT_DELIVERY_TIMEOUT') {
    return error.cause === undefined ? 'retry' : failureKind(error.cause);
  }
  // An answer that got lost leaves a transaction that only a new producer can end.
  if (code === 'HW_CLIENT_PRODUCER_FENCED' || code === 'HW_CLIENT_TRANSACTION_STATE') return 'retry';
  return retriable || (kafkaCode !== null && mendedByRetry.has(kafkaCode)) ? 'retry' : 'fatal';
}
