import { type ConsumerMember, isReconciled, memberState, sameProgress } from './consumer-member.ts';
import { noPartitionEpochs, type PartitionEpochs, type TopicPartitions } from './topic-partitions.ts';

export interface ReconcileInput {
  readonly targetEpoch: number;
  readonly target: TopicPartitions;
  /** What the client says that it has; null when it did not say. */
  readonly owned: TopicPartitions | null;
  /** Topics that exist and that the member subscribes to. */
  readonly topicIds: ReadonlySet<string>;
  /** Its subscription is another since its last heartbeat: topics that it left go at once, before a new target is made. */
  readonly isSubscriptionChanged: boolean;
  /** A member other than this one still has the partition, or has not given it back yet. */
  isHeldByOther(topicId: string, partition: number): boolean;
}

/**
 * One step of a member towards its target: what it may not keep is given back first, and only then it gets what is new, as far as
 * others have given that back. The same object when there is nothing to do.
 */
export function reconcile(member: ConsumerMember, input: ReconcileInput): ConsumerMember {
  if (!input.isSubscriptionChanged && isReconciled(member, input.targetEpoch)) return member;
  const next = step(member, input);
  return sameProgress(member, next) ? member : next;
}

function step(member: ConsumerMember, input: ReconcileInput): ConsumerMember {
  switch (member.state) {
    case memberState.stable:
      if (member.memberEpoch !== input.targetEpoch) return towardsTarget(member, input);
      return dropUnsubscribed(member, input);
    case memberState.unrevoked:
      if (!stillOwns(input.owned, member.pendingRevocation)) return towardsTarget(member, input);
      return input.isSubscriptionChanged ? dropUnsubscribed(member, input) : member;
    case memberState.unreleased:
      return towardsTarget(member, input);
  }
}

/** Only the topics that the member has left since: a step that does not wait for a new target. */
function dropUnsubscribed(member: ConsumerMember, { owned, topicIds }: ReconcileInput): ConsumerMember {
  const assigned = new Map(member.assigned);
  const pending = new Map(member.pendingRevocation);
  for (const [topicId, epochs] of member.assigned) {
    if (topicIds.has(topicId)) continue;
    assigned.delete(topicId);
    pending.set(topicId, new Map([...(pending.get(topicId) ?? []), ...epochs]));
  }
  if (assigned.size === member.assigned.size) return member;
  const changed = { ...member, previousMemberEpoch: member.memberEpoch, assigned };
  if (!stillOwns(owned, pending)) return changed;
  return { ...changed, state: memberState.unrevoked, pendingRevocation: pending };
}

function towardsTarget(member: ConsumerMember, input: ReconcileInput): ConsumerMember {
  const { owned, target, targetEpoch, topicIds } = input;
  const kept = new Map<string, Map<number, number>>();
  const revoked = new Map<string, Map<number, number>>();
  for (const [topicId, epochs] of member.assigned) {
    const wanted = new Set(topicIds.has(topicId) ? target.get(topicId) : []);
    for (const [partition, epoch] of epochs) set(wanted.has(partition) ? kept : revoked, topicId, partition, epoch);
  }
  if (revoked.size > 0 && stillOwns(owned, revoked)) {
    const previousMemberEpoch = member.memberEpoch;
    return { ...member, previousMemberEpoch, state: memberState.unrevoked, assigned: kept, pendingRevocation: revoked };
  }
  let isWaiting = false;
  for (const [topicId, partitions] of target) {
    if (!topicIds.has(topicId)) continue;
    const had = member.assigned.get(topicId);
    for (const partition of partitions) {
      if (had?.has(partition)) continue;
      if (input.isHeldByOther(topicId, partition)) isWaiting = true;
      else set(kept, topicId, partition, targetEpoch);
    }
  }
  return {
    ...member,
    memberEpoch: targetEpoch,
    previousMemberEpoch: member.memberEpoch,
    state: isWaiting ? memberState.unreleased : memberState.stable,
    assigned: kept,
    pendingRevocation: noPartitionEpochs,
  };
}

/** A client that does not say what it has may still have all of it. */
function stillOwns(owned: TopicPartitions | null, partitions: PartitionEpochs): boolean {
  if (owned === null) return true;
  for (const [topicId, list] of owned) {
    const epochs = partitions.get(topicId);
    if (epochs !== undefined && list.some((partition) => epochs.has(partition))) return true;
  }
  return false;
}

function set(to: Map<string, Map<number, number>>, topicId: string, partition: number, epoch: number): void {
  const epochs = to.get(topicId);
  if (epochs === undefined) to.set(topicId, new Map([[partition, epoch]]));
  else epochs.set(partition, epoch);
}
