import { ErrorCode } from '@headwater/protocol';
import { brokerError, ClientError } from '../client-error.ts';

const FENCED = new Set<number>([ErrorCode.PRODUCER_FENCED, ErrorCode.INVALID_PRODUCER_EPOCH]);
/** A coordinator that has moved, or is busy with the end of the transaction before. */
const PASSING = new Set<number>([
  ErrorCode.CONCURRENT_TRANSACTIONS,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
]);
const MEMBER_GONE = new Set<number>([
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.FENCED_INSTANCE_ID,
  ErrorCode.FENCED_MEMBER_EPOCH,
  ErrorCode.STALE_MEMBER_EPOCH,
]);
/** After these no other transaction can be begun. */
const FATAL = new Set<number>([
  ErrorCode.INVALID_PRODUCER_ID_MAPPING,
  ErrorCode.INVALID_TXN_STATE,
  ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
  ErrorCode.UNSUPPORTED_VERSION,
]);

/** What a coordinator's error code means to a transaction. */
export function transactionError(errorCode: number, about: string): ClientError {
  const cause = brokerError(errorCode, about);
  if (FENCED.has(errorCode)) {
    const message = `${cause.message}. Another producer with this transactionalId has taken over, or the transaction took longer than transactionTimeoutMs: close this one`;
    return new ClientError('HW_CLIENT_PRODUCER_FENCED', message, { cause, kafkaCode: errorCode, retriable: false });
  }
  if (MEMBER_GONE.has(errorCode)) {
    const message = `${cause.message}. The group has given the partitions to others: abort the transaction`;
    return new ClientError('HW_CLIENT_GROUP_FENCED', message, { cause, kafkaCode: errorCode, retriable: false });
  }
  if (PASSING.has(errorCode)) return brokerError(errorCode, about, null, { retriable: true });
  return cause;
}

/** Whether the producer can go on after an abort; else it has to be closed. */
export function isAbortable(error: unknown): boolean {
  if (!(error instanceof ClientError)) return true;
  if (error.code === 'HW_CLIENT_PRODUCER_FENCED' || error.code === 'HW_CLIENT_CLOSED') return false;
  return error.kafkaCode === null || !FATAL.has(error.kafkaCode);
}
