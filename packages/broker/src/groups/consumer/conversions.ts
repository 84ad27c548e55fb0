import { ErrorCode } from '@headwater/protocol';
import type { ClassicGroup } from '../classic/classic-group.ts';
import { emptyBytes, Member } from '../classic/classic-member.ts';
import { selectProtocol } from '../classic/protocol-votes.ts';
import { decodeAssignment, decodeSubscription } from '../consumer-protocol.ts';
import type { GroupChanges } from '../group-changes.ts';
import { GroupRefusal } from '../group-refusal.ts';
import type { ConsumerContext } from './consumer-context.ts';
import { ConsumerGroup } from './consumer-group.ts';
import { type ConsumerMember, newMember } from './consumer-member.ts';
import { classicAssignment, partitionsById } from './named-partitions.ts';
import { metadataHash } from './subscribed-topics.ts';
import { noPartitions, withEpoch } from './topic-partitions.ts';

/**
 * Groups with members that change their protocol (`group.consumer.migration.policy`): a classic group becomes a consumer group when the
 * first member of the new protocol joins, and a classic one again when the last of them has gone.
 */
export class Conversions {
  readonly #context: ConsumerContext;

  constructor(context: ConsumerContext) {
    this.#context = context;
  }

  /** @throws GroupRefusal GROUP_ID_NOT_FOUND when the group may or can not become a consumer group */
  upgrade(changes: GroupChanges, classic: ClassicGroup): ConsumerGroup {
    const { directory, logger, settings, topics } = this.#context;
    const { groupId } = classic;
    if (!settings.maySwitchToConsumer) refuse(groupId, 'online upgrade is disabled');
    if (classic.protocolType !== 'consumer') refuse(groupId, 'the group does not use the consumer embedded protocol');
    if (classic.members.size > settings.maxSize)
      refuse(groupId, 'the group size exceeds the consumer group maximum size');
    const group = new ConsumerGroup(groupId);
    group.groupEpoch = Math.max(1, classic.generationId);
    group.targetEpoch = group.groupEpoch;
    for (const member of classic.members.values()) this.#adopt(group, classic, member);
    group.metadataHash = metadataHash(group, topics);
    for (const { key } of classic.records()) changes.made({ key, value: null }, () => {});
    for (const entry of group.records()) changes.made(entry, () => {});
    directory.put(groupId, group);
    changes.made(null, () => directory.put(groupId, classic));
    changes.after(() => {
      // Whoever waits for the old kind of rebalance takes part in the new one.
      classic.kill(ErrorCode.REBALANCE_IN_PROGRESS);
      logger.info({ groupId, members: group.memberCount }, 'a classic group is a consumer group from now on');
    });
    return group;
  }

  #adopt(group: ConsumerGroup, { generationId, protocolName }: ClassicGroup, member: Member): void {
    const { topics } = this.#context;
    const metadata = protocolName === null ? member.protocols[0]?.metadata : member.metadata(protocolName);
    const subscription = decodeSubscription(metadata ?? emptyBytes);
    const isAssigned = member.assignment.length > 0;
    const assignment = isAssigned ? decodeAssignment(member.assignment) : null;
    if (subscription === null || (isAssigned && assignment === null)) {
      refuse(group.groupId, 'the embedded consumer protocol is malformed');
    }
    if (assignment?.hasUserData) {
      refuse(
        group.groupId,
        'an unsupported custom assignor is in use. Switch to a default assignor before the upgrade',
      );
    }
    const target = assignment === null ? noPartitions : partitionsById(assignment.partitions, topics);
    group.set({
      ...newMember(member.memberId),
      instanceId: member.groupInstanceId,
      rackId: subscription.rackId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      subscribedTopicNames: [...new Set(subscription.topics)].sort(),
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      classic: { sessionTimeoutMs: member.sessionTimeoutMs, protocols: member.protocols },
      memberEpoch: Math.max(1, generationId),
      previousMemberEpoch: Math.max(1, generationId),
      assigned: withEpoch(target, Math.max(1, generationId)),
    });
    group.setTarget(member.memberId, target);
  }

  /** Whether only members of the classic protocol are in the group, and it may be a group of theirs. */
  mayDowngrade(group: ConsumerGroup): boolean {
    const { settings } = this.#context;
    const { size } = group.members;
    if (size === 0 || group.classicMemberCount < size) return false;
    return settings.maySwitchToClassic && size <= settings.classicMaxSize;
  }

  /** The group without its last member of the new protocol; members keep what the target gives them. */
  downgrade(changes: GroupChanges, group: ConsumerGroup, mustRebalance: boolean): void {
    const { directory, logger, newClassicGroup, topics } = this.#context;
    const { groupId } = group;
    for (const { key } of group.records()) changes.made({ key, value: null }, () => {});
    const members = Array.from(group.members.values(), classicMember);
    const protocolName = selectProtocol(members);
    for (const member of members) {
      member.assignment = classicAssignment(member.metadata(protocolName), group.target(member.memberId), topics);
    }
    const classic = newClassicGroup(groupId);
    classic.restore({
      protocolType: 'consumer',
      generationId: group.groupEpoch,
      protocolName,
      leaderId: members[0]?.memberId ?? null,
      stateSinceMs: this.#context.clock.now(),
      members,
    });
    for (const entry of classic.records()) changes.made(entry, () => {});
    directory.put(groupId, classic);
    changes.made(null, () => {
      directory.put(groupId, group);
      classic.kill(ErrorCode.UNKNOWN_SERVER_ERROR);
    });
    changes.after(() => {
      for (const timers of group.timers.values()) timers.close();
      group.timers.clear();
      if (mustRebalance) classic.forceRebalance();
      logger.info({ groupId, members: members.length }, 'a consumer group is a classic group from now on');
    });
  }
}

function classicMember(member: ConsumerMember): Member {
  return new Member({
    memberId: member.memberId,
    groupInstanceId: member.instanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    sessionTimeoutMs: member.classic!.sessionTimeoutMs,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    protocols: [...member.classic!.protocols],
  });
}

function refuse(groupId: string, reason: string): never {
  const message = `Cannot upgrade classic group ${groupId} to consumer group because ${reason}.`;
  throw new GroupRefusal(ErrorCode.GROUP_ID_NOT_FOUND, message);
}
