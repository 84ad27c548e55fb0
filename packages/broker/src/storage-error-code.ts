import { ErrorCode } from '@headwater/protocol';
import { StorageError } from './storage/index.ts';

/** The Kafka error of whatever storage threw. */
export function storageErrorCode(error: unknown): number {
  return error instanceof StorageError ? ErrorCode[error.kafkaError] : ErrorCode.UNKNOWN_SERVER_ERROR;
}

/** The text for clients that show one: storage writes its messages for them. */
export function storageErrorMessage(error: unknown): string | null {
  return error instanceof StorageError ? error.message : null;
}
