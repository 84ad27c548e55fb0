import { ErrorCode } from '@headwater/protocol';
import type { PartitionLog } from '../storage/index.ts';

/** Whether a client knows the partition's leader epoch (KIP-320); -1 means that it does not care. */
export function checkLeaderEpoch(log: PartitionLog, currentLeaderEpoch: number): number {
  if (currentLeaderEpoch < 0 || currentLeaderEpoch === log.leaderEpoch) return 0;
  return currentLeaderEpoch < log.leaderEpoch ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH;
}
