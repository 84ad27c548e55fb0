import { ErrorCode } from '@headwater/protocol';
import { noPartitions, type TopicPartitions } from './topic-partitions.ts';
import {
  isEpochExhausted,
  noEpoch,
  noProducerId,
  type TransactionRecord,
  type TransactionVersion,
} from './transaction-state.ts';

/*
 * The steps of a transactional.id, as in Kafka's TransactionMetadata: each makes the record that follows another. Nothing is kept or
 * written here.
 */

/** A transactional.id that was never seen: InitProducerId makes its first epoch of it. */
export function newTransaction(producerId: number, timeoutMs: number, nowMs: number): TransactionRecord {
  return {
    state: 'Empty',
    producerId,
    previousProducerId: noProducerId,
    nextProducerId: noProducerId,
    producerEpoch: noEpoch,
    lastProducerEpoch: noEpoch,
    timeoutMs,
    partitions: noPartitions,
    startMs: -1,
    lastUpdateMs: nowMs,
    clientVersion: 0,
  };
}

/**
 * InitProducerId: the next epoch. A producer that goes on after an error says which epoch it has (KIP-360): it gets the next one, and
 * the same again when it asks twice; null is a new producer, which fences the one before it. A number is the error that is due.
 */
export function nextEpoch(
  from: TransactionRecord,
  timeoutMs: number,
  expectedEpoch: number | null,
  nowMs: number,
): TransactionRecord | number {
  const { producerEpoch, lastProducerEpoch } = from;
  const fresh = emptied(from, timeoutMs, nowMs);
  if (expectedEpoch === null) return { ...fresh, producerEpoch: producerEpoch + 1, lastProducerEpoch: noEpoch };
  if (producerEpoch === noEpoch || expectedEpoch === producerEpoch) {
    return { ...fresh, producerEpoch: producerEpoch + 1, lastProducerEpoch: producerEpoch };
  }
  if (expectedEpoch === lastProducerEpoch) return { ...fresh, producerEpoch, lastProducerEpoch };
  return ErrorCode.PRODUCER_FENCED;
}

/** InitProducerId when all epochs are used up. `isKnownEpoch`: the producer said which it had, and may ask again. */
export function nextProducer(
  from: TransactionRecord,
  producerId: number,
  timeoutMs: number,
  isKnownEpoch: boolean,
  nowMs: number,
): TransactionRecord {
  const lastProducerEpoch = isKnownEpoch ? from.producerEpoch : noEpoch;
  return { ...emptied(from, timeoutMs, nowMs), producerId, producerEpoch: 0, lastProducerEpoch };
}

function emptied(from: TransactionRecord, timeoutMs: number, nowMs: number): TransactionRecord {
  return {
    ...from,
    state: 'Empty',
    previousProducerId: from.producerId,
    nextProducerId: noProducerId,
    timeoutMs,
    partitions: noPartitions,
    startMs: -1,
    lastUpdateMs: nowMs,
  };
}

export function withPartitions(
  from: TransactionRecord,
  added: TopicPartitions,
  clientVersion: TransactionVersion,
  nowMs: number,
): TransactionRecord {
  return {
    ...from,
    state: 'Ongoing',
    previousProducerId: from.producerId,
    nextProducerId: noProducerId,
    partitions: from.partitions.with(added),
    startMs: from.state === 'Ongoing' ? from.startMs : nowMs,
    lastUpdateMs: nowMs,
    clientVersion,
  };
}

/** A newer producer, or the time-out: the epoch that the abort of the open transaction has. No producer ever gets it. */
export function fenced(from: TransactionRecord, hasFailedBefore: boolean): TransactionRecord {
  // An abort that could not be written left its epoch behind; nobody has seen it, so it serves again.
  const producerEpoch = hasFailedBefore ? from.producerEpoch : from.producerEpoch + 1;
  return { ...from, producerEpoch, lastProducerEpoch: noEpoch };
}

/** The decision. With `clientVersion` 2 the epoch is bumped along, unless `isFencing` did that already. */
export function decided(
  from: TransactionRecord,
  isCommit: boolean,
  clientVersion: TransactionVersion,
  nextProducerId: number,
  isFencing: boolean,
  nowMs: number,
): TransactionRecord {
  const isBumped = clientVersion >= 2 && !isFencing;
  return {
    ...from,
    state: isCommit ? 'PrepareCommit' : 'PrepareAbort',
    previousProducerId: from.producerId,
    nextProducerId,
    producerEpoch: isBumped ? from.producerEpoch + 1 : from.producerEpoch,
    lastProducerEpoch: isBumped ? from.producerEpoch : from.lastProducerEpoch,
    // A version 2 producer may abort before it has added anything.
    startMs: from.state === 'Ongoing' ? from.startMs : nowMs,
    lastUpdateMs: nowMs,
    clientVersion,
  };
}

/** All markers are written. */
export function completed(from: TransactionRecord, nowMs: number): TransactionRecord {
  const isNewProducer = from.clientVersion >= 2 && from.nextProducerId !== noProducerId;
  return {
    ...from,
    state: from.state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort',
    producerId: isNewProducer ? from.nextProducerId : from.producerId,
    previousProducerId: from.producerId,
    nextProducerId: noProducerId,
    producerEpoch: isNewProducer ? 0 : from.producerEpoch,
    partitions: noPartitions,
    lastUpdateMs: nowMs,
  };
}

/** Whether the next epoch of this producer is one too many for InitProducerId: then it gets a new id. */
export function needsNewProducer(from: TransactionRecord, expectedEpoch: number | null): boolean {
  return isEpochExhausted(from.producerEpoch) && (expectedEpoch === null || expectedEpoch === from.producerEpoch);
}
