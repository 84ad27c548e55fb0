import type { TopicPartitions } from './topic-partitions.ts';

/** Kafka's names, as DescribeTransactions tells them, in the order of their numbers in `__transaction_state`. */
export const transactionStates = [
  /** A producer is registered, and has not begun anything. */
  'Empty',
  'Ongoing',
  /** Decided and on record; the markers are being written. From here on the outcome never changes. */
  'PrepareCommit',
  'PrepareAbort',
  /** All partitions have their marker. */
  'CompleteCommit',
  'CompleteAbort',
  /** Expired: only ever on the way out. */
  'Dead',
  /** A newer producer came while a transaction was open: its abort, before that is on record. Never written. */
  'PrepareEpochFence',
] as const;

export type TransactionState = (typeof transactionStates)[number];

/** All that the coordinator knows of a transactional.id, as it is on record. A change makes a new one. */
export interface TransactionRecord {
  readonly state: TransactionState;
  readonly producerId: number;
  /** The id before an exhausted epoch made a new one necessary; -1 when none. */
  readonly previousProducerId: number;
  /** The id that follows when the transaction that exhausted the epoch is complete; -1 when none. */
  readonly nextProducerId: number;
  /** -1 before the first InitProducerId was answered. */
  readonly producerEpoch: number;
  /** The epoch before the last bump that the producer itself asked for, so that it may ask again; -1 when none. Not on record. */
  readonly lastProducerEpoch: number;
  readonly timeoutMs: number;
  readonly partitions: TopicPartitions;
  /** When the first partition was added, epoch milliseconds; -1 outside of a transaction. */
  readonly startMs: number;
  readonly lastUpdateMs: number;
  /** Protocol of the client that made the last change: 2 is KIP-890, which bumps the epoch with each transaction. */
  readonly clientVersion: TransactionVersion;
}

/** `transaction.version` of KIP-890: 0 and 1 are one to a client. */
export type TransactionVersion = 0 | 1 | 2;

export const noProducerId = -1;
export const noEpoch = -1;
/** The last epoch that a client gets; one more is left for fencing it. */
export const lastClientEpoch = 0x7fff - 1;

export function isEpochExhausted(epoch: number): boolean {
  return epoch >= lastClientEpoch;
}

export function isDeciding(state: TransactionState): boolean {
  return state === 'PrepareCommit' || state === 'PrepareAbort';
}
