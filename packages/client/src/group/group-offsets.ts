import { ApiKey, ErrorCode } from '@headwater/protocol';
import { groupByTopic, type TopicPartition } from '../by-leader.ts';
import { brokerError, ClientError } from '../client-error.ts';
import type { Cluster } from '../cluster.ts';
import { askCoordinator } from './group-coordinator.ts';

/** Who commits: a member in its generation (or member epoch), or nobody in particular with '' and -1. */
export interface Committer {
  groupId: string;
  memberId: string;
  epoch: number;
  groupInstanceId?: string | undefined;
}

export interface OffsetToCommit extends TopicPartition {
  offset: number;
  leaderEpoch?: number;
  metadata?: string | null;
}

/** Errors with which a group says that the partitions are not this member's any more. */
const FENCED = new Set<number>([
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.FENCED_INSTANCE_ID,
  ErrorCode.FENCED_MEMBER_EPOCH,
]);

/**
 * Commits offsets, and again while errors pass. `committer` is asked before each attempt: the epoch of a member of the
 * new protocol moves on without a loss. Rejects with HW_CLIENT_GROUP_FENCED when others have the partitions by now.
 */
export async function commitAsMember(
  cluster: Cluster,
  committer: () => Committer,
  offsets: readonly OffsetToCommit[],
  signal?: AbortSignal,
): Promise<void> {
  if (offsets.length === 0) return;
  await cluster.retrying(async () => {
    const { groupId, memberId, epoch, groupInstanceId = null } = committer();
    const answer = await askCoordinator(
      cluster,
      cluster.pool,
      groupId,
      ApiKey.OffsetCommit,
      (version) => ({
        groupId,
        generationIdOrMemberEpoch: epoch,
        memberId,
        ...(version >= 7 ? { groupInstanceId } : {}),
        topics: [...groupByTopic(offsets)].map(([name, partitions]) => ({
          name,
          partitions: partitions.map(({ partition, offset, leaderEpoch = -1, metadata = '' }) => ({
            partitionIndex: partition,
            committedOffset: offset,
            ...(version >= 6 ? { committedLeaderEpoch: leaderEpoch } : {}),
            committedMetadata: metadata,
          })),
        })),
      }),
      ({ topics }) => topics[0]?.partitions[0]?.errorCode ?? 0,
      { signal },
    );
    for (const { name, partitions } of answer.topics) {
      for (const { partitionIndex, errorCode } of partitions) {
        if (errorCode === ErrorCode.NONE) continue;
        const about = `committing ${name}-${partitionIndex} for group ${groupId}`;
        if (FENCED.has(errorCode)) {
          const cause = brokerError(errorCode, about);
          const message = `${cause.message}; what was read since the last commit is read again by others`;
          throw new ClientError('HW_CLIENT_GROUP_FENCED', message, { cause, kafkaCode: errorCode, retriable: false });
        }
        // The member has a newer epoch by now, or will have at its next heartbeat.
        const isStale = errorCode === ErrorCode.STALE_MEMBER_EPOCH;
        throw brokerError(errorCode, about, null, isStale ? { retriable: true } : {});
      }
    }
  }, signal);
}

export interface CommittedPosition extends TopicPartition {
  offset: number;
  leaderEpoch: number;
  metadata: string | null;
}

/** What the group has committed for partitions; waits for transactions that are about to commit (KIP-447). */
export function committedPositions(
  cluster: Cluster,
  committer: () => Committer,
  partitions: readonly TopicPartition[],
  signal?: AbortSignal,
): Promise<CommittedPosition[]> {
  return cluster.retrying(async () => {
    const { groupId, memberId, epoch } = committer();
    const topics = [...groupByTopic(partitions)].map(([name, list]) => ({
      name,
      partitionIndexes: list.map(({ partition }) => partition),
    }));
    const answer = await askCoordinator(
      cluster,
      cluster.pool,
      groupId,
      ApiKey.OffsetFetch,
      (version) => ({
        ...(version >= 8
          ? {
              groups: [
                { groupId, topics, ...(version >= 9 && memberId !== '' ? { memberId, memberEpoch: epoch } : {}) },
              ],
            }
          : { groupId, topics }),
        ...(version >= 7 ? { requireStable: true } : {}),
      }),
      (body) => (body.groups[0] ?? body).errorCode,
      { signal },
    );
    const group = answer.groups[0] ?? answer;
    if (group.errorCode !== ErrorCode.NONE) {
      const isStale = group.errorCode === ErrorCode.STALE_MEMBER_EPOCH;
      throw brokerError(group.errorCode, `offsets of group ${groupId}`, null, isStale ? { retriable: true } : {});
    }
    const found: CommittedPosition[] = [];
    for (const { name: topic, partitions: answered } of group.topics) {
      for (const {
        partitionIndex: partition,
        committedOffset,
        committedLeaderEpoch,
        metadata,
        errorCode,
      } of answered) {
        if (errorCode !== ErrorCode.NONE) {
          throw brokerError(errorCode, `offset of group ${groupId} in ${topic}-${partition}`);
        }
        if (committedOffset < 0) continue;
        found.push({ topic, partition, offset: committedOffset, leaderEpoch: committedLeaderEpoch, metadata });
      }
    }
    return found;
  }, signal);
}
