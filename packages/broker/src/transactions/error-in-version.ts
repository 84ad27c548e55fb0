import { ErrorCode } from '@headwater/protocol';

/** PRODUCER_FENCED is of version 2 of the requests of a transaction; before it there was one error for all old epochs. */
export function errorInVersion(errorCode: number, apiVersion: number): number {
  const isUnknown = errorCode === ErrorCode.PRODUCER_FENCED && apiVersion < 2;
  return isUnknown ? ErrorCode.INVALID_PRODUCER_EPOCH : errorCode;
}
