import { ErrorCode } from '@headwater/protocol';
import type { PartitionLog } from '../storage/index.ts';

/** Whether a client knows the partition's leader epoch (KIP-320); -1 means that it does not care. */
export function checkLeaderEpoch(log: PartitionLog, currentLeaderEpoch: number): number {
  if (currentLeaderEpoch < 0 || currentLeaderEpoch === log.leaderEpoch) return 0;
  return currentLeaderEpoch < log.leaderEpoch ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH;
}

/** Where the log that a client has read parts from this one (KIP-595). */
export interface DivergingEpoch {
  readonly epoch: number;
  readonly endOffset: number;
}

/** Null when what the client fetched last, at this epoch and before this offset, is in this log. */
export function divergingEpoch(
  log: PartitionLog,
  lastFetchedEpoch: number,
  offset: number,
): DivergingEpoch | 'unknown' | null {
  if (lastFetchedEpoch > log.leaderEpoch) return 'unknown';
  const { highWatermark } = log;
  return offset > highWatermark ? { epoch: lastFetchedEpoch, endOffset: highWatermark } : null;
}
