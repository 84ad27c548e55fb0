import { randomUUID } from 'node:crypto';
import { ErrorCode } from '@headwater/protocol';
import type { GroupChanges } from '../group-changes.ts';
import { GroupRefusal } from '../group-refusal.ts';
import type { ConsumerContext } from './consumer-context.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import { type ConsumerMember, newMember, sameSubscription, sameTopics, staticMemberAway } from './consumer-member.ts';
import type { Fencing } from './fencing.ts';
import { type HeartbeatAnswer, type HeartbeatRequest, joinEpoch } from './heartbeat-request.ts';
import { updateEpoch, updateMember, updateTarget } from './progress.ts';
import { partitionsOf, samePartitions, type TopicPartitions } from './topic-partitions.ts';
import type { TopicRegexes } from './topic-regexes.ts';

/** How far a member may be behind or ahead, and what it becomes, for each regular heartbeat of a member. */
export class Heartbeats {
  readonly #context: ConsumerContext;
  readonly #fencing: Fencing;
  readonly #regexes: TopicRegexes;

  constructor(context: ConsumerContext, fencing: Fencing, regexes: TopicRegexes) {
    this.#context = context;
    this.#fencing = fencing;
    this.#regexes = regexes;
  }

  /** @throws GroupRefusal FENCED_MEMBER_EPOCH, UNKNOWN_MEMBER_ID, UNRELEASED_INSTANCE_ID, GROUP_MAX_SIZE_REACHED, … */
  heartbeat(changes: GroupChanges, group: ConsumerGroup, request: HeartbeatRequest): HeartbeatAnswer {
    this.checkSize(group, request.memberId, request.instanceId);
    const before = this.#member(changes, group, request);
    const said = whatItSays(before, request);
    if (!sameSubscription(before, said)) this.say(changes, group, said);
    const isRenamed = !sameTopics(before.subscribedTopicNames, said.subscribedTopicNames);
    const regex = this.#regexes.update(changes, group, before, said, request.mayDescribe);
    updateEpoch(this.#context, changes, group, isRenamed || regex.isResolved);
    updateTarget(this.#context, changes, group);
    const isChanged = isRenamed || regex.isChanged;
    const member = updateMember(this.#context, changes, group, said, request.owned, isChanged);
    changes.after(() => {
      this.#fencing.extendSession(group, member);
      if (member !== said) this.#fencing.watchRevocation(group, member);
    });
    return {
      memberId: member.memberId,
      memberEpoch: member.memberEpoch,
      heartbeatIntervalMs: this.#context.settings.heartbeatIntervalMs(group.groupId),
      assignment: this.#assignment(request, before, member),
    };
  }

  /** A member joins, or says something new of itself. */
  say(changes: GroupChanges, group: ConsumerGroup, member: ConsumerMember): void {
    const sizeBytes = memberBytes(member);
    if (!this.#context.memory.reserve(sizeBytes)) {
      throw new GroupRefusal(
        ErrorCode.GROUP_MAX_SIZE_REACHED,
        'There is no memory left for what members of groups say.',
      );
    }
    this.#context.memory.release(sizeBytes);
    group.putMember(changes, member);
    changes.after(() => this.#fencing.timers(group, member.memberId).reserve(sizeBytes));
  }

  /** Told when the client asks in full, and when it is another than the client has been told. */
  #assignment(request: HeartbeatRequest, before: ConsumerMember, member: ConsumerMember): TopicPartitions | null {
    const isSubscribing = request.subscribedTopicNames !== null || request.subscribedTopicRegex !== null;
    const isFull = request.rebalanceTimeoutMs !== -1 && isSubscribing && request.owned !== null;
    if (request.memberEpoch !== joinEpoch && !isFull && before.assigned === member.assigned) return null;
    const assigned = partitionsOf(member.assigned);
    const isTold = request.memberEpoch === joinEpoch || isFull;
    return isTold || !samePartitions(assigned, partitionsOf(before.assigned)) ? assigned : null;
  }

  /** @throws GroupRefusal GROUP_MAX_SIZE_REACHED */
  checkSize(group: ConsumerGroup, memberId: string, instanceId: string | null): void {
    const { maxSize } = this.#context.settings;
    if (group.members.size < maxSize || group.members.has(memberId)) return;
    if (group.staticMember(instanceId) !== undefined) return;
    const message = `The consumer group has reached its maximum capacity of ${maxSize} members.`;
    throw new GroupRefusal(ErrorCode.GROUP_MAX_SIZE_REACHED, message);
  }

  #member(changes: GroupChanges, group: ConsumerGroup, request: HeartbeatRequest): ConsumerMember {
    const { instanceId, memberEpoch } = request;
    const memberId = request.memberId === '' ? randomUUID() : request.memberId;
    if (memberEpoch !== joinEpoch) {
      const member = this.#fencing.member(group, memberId, instanceId);
      checkEpoch(member, memberEpoch, request.owned);
      return member;
    }
    const known = instanceId === null ? undefined : group.staticMember(instanceId);
    if (known === undefined) {
      return group.members.get(memberId) ?? newMember(memberId);
    }
    if (known.classic === null && known.memberEpoch !== staticMemberAway) {
      const message =
        `Static member ${memberId} with instance id ${instanceId} cannot join the group because the instance id is ` +
        `owned by ${known.memberId} member.`;
      throw new GroupRefusal(ErrorCode.UNRELEASED_INSTANCE_ID, message);
    }
    return this.replaceStatic(changes, group, known, memberId);
  }

  /** Another process takes over where a static member stopped: same target, same partitions, no rebalance. */
  replaceStatic(changes: GroupChanges, group: ConsumerGroup, known: ConsumerMember, memberId: string): ConsumerMember {
    const target = group.target(known.memberId);
    const member = { ...known, memberId, memberEpoch: 0, previousMemberEpoch: 0 };
    group.removeMember(changes, known.memberId);
    group.putMember(changes, member);
    group.putTarget(changes, memberId, target);
    group.putProgress(changes, member);
    if (known.memberId !== memberId) changes.after(() => this.#fencing.forget(group, known.memberId));
    return member;
  }
}

/** The member with what the request says of it; the same object when that is nothing new. */
function whatItSays(member: ConsumerMember, request: HeartbeatRequest): ConsumerMember {
  const names = request.subscribedTopicNames;
  const said: ConsumerMember = {
    ...member,
    instanceId: request.instanceId ?? member.instanceId,
    rackId: request.rackId ?? member.rackId,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs === -1 ? member.rebalanceTimeoutMs : request.rebalanceTimeoutMs,
    serverAssignor: request.serverAssignor ?? member.serverAssignor,
    subscribedTopicNames: names === null ? member.subscribedTopicNames : [...new Set(names)].sort(),
    subscribedTopicRegex: request.subscribedTopicRegex ?? member.subscribedTopicRegex,
    clientId: request.clientId,
    clientHost: request.clientHost,
    classic: null,
  };
  return sameSubscription(member, said) ? member : said;
}

/** @throws GroupRefusal FENCED_MEMBER_EPOCH */
function checkEpoch(member: ConsumerMember, memberEpoch: number, owned: TopicPartitions | null): void {
  if (memberEpoch === member.memberEpoch) return;
  // The answer with the new epoch may have been lost: the client still has what it had, if it has no more than it may.
  const isPrevious = memberEpoch < member.memberEpoch && memberEpoch === member.previousMemberEpoch;
  if (isPrevious && isSubset(owned, member)) return;
  const relation = memberEpoch > member.memberEpoch ? 'greater' : 'smaller';
  const message =
    `The consumer group member has a ${relation} member epoch (${memberEpoch}) than the one known by the group coordinator ` +
    `(${member.memberEpoch}). The member must abandon all its partitions and rejoin.`;
  throw new GroupRefusal(ErrorCode.FENCED_MEMBER_EPOCH, message);
}

function isSubset(owned: TopicPartitions | null, { assigned }: ConsumerMember): boolean {
  if (owned === null) return false;
  for (const [topicId, partitions] of owned) {
    const epochs = assigned.get(topicId);
    if (epochs === undefined || !partitions.every((partition) => epochs.has(partition))) return false;
  }
  return true;
}

/** About what a member takes in memory for what it says, with its objects. */
export function memberBytes(member: ConsumerMember): number {
  let bytes = 500 + member.memberId.length + member.clientId.length + member.subscribedTopicRegex.length;
  for (const name of member.subscribedTopicNames) bytes += 24 + name.length;
  for (const { metadata, name } of member.classic?.protocols ?? []) bytes += name.length + metadata.length;
  return bytes;
}
