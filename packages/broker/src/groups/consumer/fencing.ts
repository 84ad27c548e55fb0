import { ErrorCode } from '@headwater/protocol';
import { GroupChanges } from '../group-changes.ts';
import { GroupRefusal } from '../group-refusal.ts';
import type { ConsumerContext } from './consumer-context.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import { type ConsumerMember, memberState, staticMemberAway } from './consumer-member.ts';
import type { Conversions } from './conversions.ts';
import { MemberTimers } from './member-timers.ts';
import { metadataHash } from './subscribed-topics.ts';
import { noPartitionEpochs, type PartitionEpochs } from './topic-partitions.ts';

/** How members go: by themselves, for a while, or because a deadline of theirs has passed. */
export class Fencing {
  readonly #context: ConsumerContext;

  readonly #conversions: Conversions;

  constructor(context: ConsumerContext, conversions: Conversions) {
    this.#context = context;
    this.#conversions = conversions;
  }

  /** Takes members out of the group; the others get what they had at their next heartbeats. */
  remove(changes: GroupChanges, group: ConsumerGroup, members: readonly ConsumerMember[]): void {
    if (members.length === 0) return;
    const { topics } = this.#context;
    for (const { memberId } of members) {
      group.removeMember(changes, memberId);
      changes.after(() => this.forget(group, memberId));
    }
    const used = group.subscribedRegexes();
    for (const regex of group.regexes.keys()) if (!used.has(regex)) group.putRegex(changes, regex, null);
    if (this.#conversions.mayDowngrade(group)) {
      this.#conversions.downgrade(changes, group, true);
      return;
    }
    group.putEpoch(changes, group.groupEpoch + 1, metadataHash(group, topics));
    if (group.members.size > 0) changes.after(() => this.#context.onRebalance(group));
  }

  /** A static member says that it will be back within its session: it keeps its place and its partitions. */
  suspend(changes: GroupChanges, group: ConsumerGroup, member: ConsumerMember): void {
    group.putProgress(changes, {
      ...member,
      memberEpoch: staticMemberAway,
      previousMemberEpoch: member.previousMemberEpoch,
      assigned: withEpochZero(member.assigned),
      pendingRevocation: noPartitionEpochs,
    });
  }

  /** @throws GroupRefusal UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID */
  member(group: ConsumerGroup, memberId: string, instanceId: string | null): ConsumerMember {
    if (instanceId === null) {
      const member = group.members.get(memberId);
      if (member !== undefined) return member;
      const message = `Member ${memberId} is not a member of group ${group.groupId}.`;
      throw new GroupRefusal(ErrorCode.UNKNOWN_MEMBER_ID, message);
    }
    const member = group.staticMember(instanceId);
    if (member === undefined) {
      throw new GroupRefusal(ErrorCode.UNKNOWN_MEMBER_ID, `Instance id ${instanceId} is unknown.`);
    }
    if (member.memberId === memberId) return member;
    const message = `Static member ${memberId} with instance id ${instanceId} was fenced by member ${member.memberId}.`;
    throw new GroupRefusal(ErrorCode.FENCED_INSTANCE_ID, message);
  }

  // --- deadlines ---------------------------------------------------------------------------------------------------------

  timers(group: ConsumerGroup, memberId: string): MemberTimers {
    let timers = group.timers.get(memberId);
    if (timers === undefined) {
      timers = new MemberTimers(this.#context.clock, this.#context.memory);
      group.timers.set(memberId, timers);
    }
    return timers;
  }

  forget(group: ConsumerGroup, memberId: string): void {
    group.timers.get(memberId)?.close();
    group.timers.delete(memberId);
  }

  extendSession(group: ConsumerGroup, member: ConsumerMember): void {
    const timeoutMs = member.classic?.sessionTimeoutMs ?? this.#context.settings.sessionTimeoutMs(group.groupId);
    const { memberId } = member;
    this.timers(group, memberId).extendSession(timeoutMs, () => this.expire(group, memberId, 'its session ended'));
  }

  /** A member that has to give back partitions has its own rebalance time-out for it. */
  watchRevocation(group: ConsumerGroup, { classic, memberEpoch, memberId, rebalanceTimeoutMs, state }: ConsumerMember) {
    if (classic !== null) return;
    const timers = this.timers(group, memberId);
    if (state !== memberState.unrevoked) timers.stop('revocation');
    else {
      timers.start('revocation', rebalanceTimeoutMs, () => {
        if (group.members.get(memberId)?.memberEpoch !== memberEpoch) return;
        this.expire(group, memberId, `it did not give back its partitions within ${rebalanceTimeoutMs} ms`);
      });
    }
  }

  expire(group: ConsumerGroup, memberId: string, reason: string): void {
    const { append, directory, logger } = this.#context;
    const { groupId } = group;
    const member = group.members.get(memberId);
    if (member === undefined || directory.get(groupId) !== group) return;
    logger.debug({ groupId, memberId, reason }, 'a member is taken out of its group');
    const changes = new GroupChanges();
    this.remove(changes, group, [member]);
    // When the log cannot be written the member stays, and is looked at again after another session.
    if (changes.commit((entries) => append(groupId, entries)) !== 0) this.extendSession(group, member);
  }
}

/** Whoever comes back as this instance had the partitions all the time. */
function withEpochZero(epochs: PartitionEpochs): PartitionEpochs {
  return new Map(
    Array.from(epochs, ([topicId, partitions]) => [topicId, new Map(Array.from(partitions.keys(), (one) => [one, 0]))]),
  );
}
