import type { GroupChanges } from '../group-changes.ts';
import type { ConsumerContext } from './consumer-context.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import { type ConsumerMember, isReconciled } from './consumer-member.ts';
import { reconcile } from './reconcile.ts';
import { metadataHash, topicIdsOf } from './subscribed-topics.ts';
import { assignTarget } from './target-assignment.ts';
import type { TopicPartitions } from './topic-partitions.ts';

/** A new epoch when `mustBump`, or when the topics that the group subscribes to are not what they were. */
export function updateEpoch(
  { topics, onRebalance }: ConsumerContext,
  changes: GroupChanges,
  group: ConsumerGroup,
  mustBump: boolean,
): void {
  const { checkedTopicsVersion } = group;
  if (!mustBump && checkedTopicsVersion === topics.topicsVersion) return;
  const hash = metadataHash(group, topics);
  if (mustBump || hash !== group.metadataHash) {
    group.putEpoch(changes, group.groupEpoch + 1, hash);
    changes.after(() => onRebalance(group));
  }
  group.checkedTopicsVersion = topics.topicsVersion;
  changes.made(null, () => {
    group.checkedTopicsVersion = checkedTopicsVersion;
  });
}

/** A new target when the group has a new epoch, unless there was one a moment ago. */
export function updateTarget(
  { clock, settings, topics }: ConsumerContext,
  changes: GroupChanges,
  group: ConsumerGroup,
): void {
  if (group.targetEpoch >= group.groupEpoch) return;
  const nowMs = clock.now();
  const intervalMs = settings.assignmentIntervalMs(group.groupId);
  const isTooSoon = group.targetAtMs !== 0 && intervalMs !== 0 && nowMs < group.targetAtMs + intervalMs;
  if (!isTooSoon) assignTarget(changes, group, topics, settings.assignorNames[0]!, nowMs);
}

/** One step of a member towards the target; what it is afterwards. */
export function updateMember(
  { topics }: ConsumerContext,
  changes: GroupChanges,
  group: ConsumerGroup,
  member: ConsumerMember,
  owned: TopicPartitions | null,
  isSubscriptionChanged: boolean,
): ConsumerMember {
  if (!isSubscriptionChanged && isReconciled(member, group.targetEpoch)) return member;
  const next = reconcile(member, {
    targetEpoch: group.targetEpoch,
    target: group.target(member.memberId),
    owned,
    topicIds: topicIdsOf(group, member, topics),
    isSubscriptionChanged,
    isHeldByOther(topicId, partition) {
      const owner = group.owners.ownerOf(topicId, partition);
      return owner !== undefined && owner !== member.memberId;
    },
  });
  if (next !== member) group.putProgress(changes, next);
  return next;
}
