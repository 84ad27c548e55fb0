import { ErrorCode } from '@headwater/protocol';
import { lastClientEpoch, type TransactionRecord, type TransactionVersion } from './transaction-state.ts';

/** What EndTxn asks for. */
export interface EndRequest {
  producerId: number;
  producerEpoch: number;
  isCommit: boolean;
  /** 2 when the request is of version 5 or above. */
  clientVersion: TransactionVersion;
}

/** Decide now, answer as before (`done`), or an error code. */
export type EndVerdict = 'decide' | 'done' | number;

/** What Kafka does with an EndTxn request in each state. */
export function endVerdict(record: TransactionRecord, request: EndRequest): EndVerdict {
  const isRepeat = isRepeated(record, request);
  if (record.producerId !== request.producerId && !isRepeat) return ErrorCode.INVALID_PRODUCER_ID_MAPPING;
  if (!isEpochValid(record, request, isRepeat)) return ErrorCode.PRODUCER_FENCED;
  const { isCommit } = request;
  const isV2 = request.clientVersion >= 2;
  switch (record.state) {
    case 'Ongoing':
      return 'decide';
    case 'PrepareCommit':
      return isCommit ? ErrorCode.CONCURRENT_TRANSACTIONS : ErrorCode.INVALID_TXN_STATE;
    case 'PrepareAbort':
      return isCommit ? ErrorCode.INVALID_TXN_STATE : ErrorCode.CONCURRENT_TRANSACTIONS;
    case 'CompleteCommit':
      // An epoch belongs to one transaction in version 2, so that this is another one, with nothing in it.
      if (isV2 && !isRepeat) return isCommit ? ErrorCode.INVALID_TXN_STATE : 'decide';
      return isCommit ? 'done' : ErrorCode.INVALID_TXN_STATE;
    case 'CompleteAbort':
      if (isV2 && !isRepeat) return isCommit ? ErrorCode.INVALID_TXN_STATE : 'decide';
      return isCommit ? ErrorCode.INVALID_TXN_STATE : 'done';
    case 'Empty':
      return isV2 && !isCommit ? 'decide' : ErrorCode.INVALID_TXN_STATE;
    default:
      return ErrorCode.INVALID_TXN_STATE;
  }
}

/** A version 2 request that was carried out before: the epoch is one further by now, or a new producer id began. */
function isRepeated(record: TransactionRecord, { clientVersion, producerEpoch, producerId }: EndRequest): boolean {
  if (clientVersion < 2 || record.clientVersion < 2) return false;
  if (record.producerId === producerId) return record.producerEpoch === producerEpoch + 1;
  return record.previousProducerId === producerId && producerEpoch === lastClientEpoch && record.producerEpoch === 0;
}

function isEpochValid(record: TransactionRecord, { clientVersion, producerEpoch }: EndRequest, isRepeat: boolean) {
  const isCurrent = producerEpoch === record.producerEpoch;
  if (clientVersion < 2 || record.clientVersion < 2) return isCurrent;
  switch (record.state) {
    case 'PrepareCommit':
    case 'PrepareAbort':
      return isRepeat;
    case 'CompleteCommit':
    case 'CompleteAbort':
      return isRepeat || isCurrent;
    default:
      return isCurrent;
  }
}
