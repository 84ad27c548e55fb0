import { randomUUID } from 'node:crypto';
import { ErrorCode } from '@headwater/protocol';
import type { JoinReply, SyncReply } from '../classic/classic-member.ts';
import { type JoinRequest, joinError, type MemberIdentity, type SyncRequest } from '../classic/classic-requests.ts';
import { decodeSubscription } from '../consumer-protocol.ts';
import type { GroupChanges } from '../group-changes.ts';
import { GroupRefusal } from '../group-refusal.ts';
import type { ConsumerContext } from './consumer-context.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import { type ConsumerMember, memberState, newMember, sameSubscription, sameTopics } from './consumer-member.ts';
import type { Conversions } from './conversions.ts';
import type { Fencing } from './fencing.ts';
import type { Heartbeats } from './heartbeat.ts';
import { classicAssignment, partitionsById } from './named-partitions.ts';
import { updateEpoch, updateMember, updateTarget } from './progress.ts';
import { partitionsOf } from './topic-partitions.ts';
import type { TopicRegexes } from './topic-regexes.ts';

const mayDescribeAll = (): boolean => true;

/**
 * Members of the classic protocol in a consumer group: their joins, syncs and heartbeats are one way of being led to the target. Nobody
 * leads and nobody waits for others; a member joins again as often as it has to, as with a cooperative assignor.
 */
export class ClassicMembers {
  readonly #context: ConsumerContext;
  readonly #fencing: Fencing;
  readonly #heartbeats: Heartbeats;
  readonly #regexes: TopicRegexes;
  readonly #conversions: Conversions;

  constructor(
    context: ConsumerContext,
    fencing: Fencing,
    heartbeats: Heartbeats,
    regexes: TopicRegexes,
    conversions: Conversions,
  ) {
    this.#context = context;
    this.#fencing = fencing;
    this.#heartbeats = heartbeats;
    this.#regexes = regexes;
    this.#conversions = conversions;
  }

  /** @throws GroupRefusal INCONSISTENT_GROUP_PROTOCOL, GROUP_MAX_SIZE_REACHED, UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID */
  join(changes: GroupChanges, group: ConsumerGroup, request: JoinRequest, reply: JoinReply): void {
    const { settings } = this.#context;
    const { groupInstanceId, protocols, protocolType } = request;
    if (!settings.maySwitchToClassic && !settings.maySwitchToConsumer) {
      refuseProtocol('Members of the classic protocol may not join: the group migration is disabled.');
    }
    const memberId = request.memberId === '' ? randomUUID() : request.memberId;
    this.#heartbeats.checkSize(group, memberId, groupInstanceId);
    if (!supports(group, protocolType, protocols)) refuseProtocol("The member's protocols are not supported.");
    if (request.memberId === '' && request.requireKnownMemberId && groupInstanceId === null) {
      reply(joinError(ErrorCode.MEMBER_ID_REQUIRED, memberId));
      return;
    }
    const metadata = protocols[0]!.metadata;
    const subscription = decodeSubscription(metadata);
    if (subscription === null) refuseProtocol("The member's subscription is malformed.");
    const formerly = group.staticMember(groupInstanceId);
    const before = this.#member(changes, group, request, memberId);
    const said: ConsumerMember = {
      ...before,
      instanceId: groupInstanceId ?? before.instanceId,
      rackId: subscription.rackId ?? before.rackId,
      rebalanceTimeoutMs: request.rebalanceTimeoutMs,
      subscribedTopicNames: [...new Set(subscription.topics)].sort(),
      subscribedTopicRegex: '',
      clientId: request.clientId,
      clientHost: request.clientHost,
      classic: { sessionTimeoutMs: request.sessionTimeoutMs, protocols },
    };
    if (!sameSubscription(before, said)) this.#heartbeats.say(changes, group, said);
    const regex = this.#regexes.update(changes, group, before, said, mayDescribeAll);
    const isChanged = !sameTopics(before.subscribedTopicNames, said.subscribedTopicNames) || regex.isChanged;
    updateEpoch(this.#context, changes, group, isChanged || regex.isResolved);
    const isDowngrade = formerly?.classic === null && this.#conversions.mayDowngrade(group);
    if (!isDowngrade) updateTarget(this.#context, changes, group);
    const owned = partitionsById(subscription.owned, this.#context.topics);
    const isStale = group.targetEpoch < group.groupEpoch;
    const member = isDowngrade && isStale ? said : updateMember(this.#context, changes, group, said, owned, isChanged);
    if (isDowngrade) this.#conversions.downgrade(changes, group, isStale);
    changes.after(() => {
      if (!isDowngrade) this.#joined(group, member);
      reply({
        errorCode: 0,
        generationId: member.memberEpoch,
        protocolType: 'consumer',
        protocolName: protocols[0]!.name,
        leader: '',
        skipAssignment: false,
        memberId: member.memberId,
        members: [],
      });
    });
  }

  /** It is heard of again, and has to sync within its rebalance time-out. */
  #joined(group: ConsumerGroup, member: ConsumerMember): void {
    const { memberId, rebalanceTimeoutMs } = member;
    const timers = this.#fencing.timers(group, memberId);
    timers.stop('join');
    this.#fencing.extendSession(group, member);
    timers.start('sync', rebalanceTimeoutMs, () => this.#fencing.expire(group, memberId, 'it did not sync in time'));
  }

  #member(changes: GroupChanges, group: ConsumerGroup, request: JoinRequest, memberId: string): ConsumerMember {
    const { groupInstanceId } = request;
    if (groupInstanceId === null) return group.members.get(memberId) ?? newMember(memberId);
    const known = group.staticMember(groupInstanceId);
    if (request.memberId !== '') return this.#fencing.member(group, memberId, groupInstanceId);
    return known === undefined ? newMember(memberId) : this.#heartbeats.replaceStatic(changes, group, known, memberId);
  }

  /** @throws GroupRefusal ILLEGAL_GENERATION, INCONSISTENT_GROUP_PROTOCOL, REBALANCE_IN_PROGRESS, UNKNOWN_MEMBER_ID, … */
  sync(group: ConsumerGroup, request: SyncRequest, reply: SyncReply): void {
    const member = this.#classicMember(group, request);
    const protocol = member.classic!.protocols[0]!;
    const isOtherType = request.protocolType !== null && request.protocolType !== 'consumer';
    const isOtherName = request.protocolName !== null && request.protocolName !== protocol.name;
    if (isOtherType || isOtherName) refuseProtocol('The protocol is not the one of the join.');
    if (group.targetEpoch > member.memberEpoch && member.state !== memberState.unrevoked) {
      this.#expectJoin(group, member);
      throw new GroupRefusal(ErrorCode.REBALANCE_IN_PROGRESS, 'There is a new assignment: join again.');
    }
    this.#fencing.timers(group, member.memberId).stop('sync');
    this.#fencing.extendSession(group, member);
    const assignment = classicAssignment(protocol.metadata, partitionsOf(member.assigned), this.#context.topics);
    const { protocolName, protocolType } = request;
    reply({ errorCode: 0, protocolType, protocolName, assignment });
  }

  /**
   * 0, or REBALANCE_IN_PROGRESS when the member has to join again: there is a new target, it has to give something back, or what it
   * waits for is free.
   *
   * @throws GroupRefusal ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID
   */
  heartbeat(group: ConsumerGroup, request: MemberIdentity & { generationId: number }): number {
    const member = this.#classicMember(group, request);
    this.#fencing.extendSession(group, member);
    const mustJoin =
      member.memberEpoch < group.targetEpoch ||
      member.state === memberState.unrevoked ||
      (member.state === memberState.unreleased && !isWaitingForOthers(group, member));
    if (!mustJoin) return 0;
    this.#expectJoin(group, member);
    return ErrorCode.REBALANCE_IN_PROGRESS;
  }

  /** One error code for each of the identities; also members of the consumer protocol may be taken out so, by an administrator. */
  leave(changes: GroupChanges, group: ConsumerGroup, identities: readonly MemberIdentity[]): number[] {
    const leaving = new Set<ConsumerMember>();
    const errorCodes = identities.map(({ groupInstanceId, memberId }) => {
      try {
        const known = memberId === '' ? group.staticMember(groupInstanceId) : undefined;
        leaving.add(known ?? this.#fencing.member(group, memberId, groupInstanceId));
        return 0;
      } catch (error) {
        if (error instanceof GroupRefusal) return error.errorCode;
        throw error;
      }
    });
    this.#fencing.remove(changes, group, [...leaving]);
    return errorCodes;
  }

  #classicMember(group: ConsumerGroup, request: MemberIdentity & { generationId: number }): ConsumerMember {
    const member = this.#fencing.member(group, request.memberId, request.groupInstanceId);
    if (member.classic === null) {
      const message = `Member ${member.memberId} does not use the classic protocol.`;
      throw new GroupRefusal(ErrorCode.UNKNOWN_MEMBER_ID, message);
    }
    if (request.generationId === member.memberEpoch) return member;
    throw new GroupRefusal(ErrorCode.ILLEGAL_GENERATION, `The member is in generation ${member.memberEpoch}.`);
  }

  /** From now on it has its rebalance time-out to come. */
  #expectJoin(group: ConsumerGroup, { memberId, rebalanceTimeoutMs }: ConsumerMember): void {
    const expire = () => this.#fencing.expire(group, memberId, 'it did not join again in time');
    this.#fencing.timers(group, memberId).startIfAbsent('join', rebalanceTimeoutMs, expire);
  }
}

/** One of its protocols is known to all classic members. */
function supports(group: ConsumerGroup, protocolType: string, protocols: JoinRequest['protocols']): boolean {
  if (protocolType !== 'consumer' || protocols.length === 0) return false;
  const others = [...group.members.values()].flatMap(({ classic }) => (classic === null ? [] : [classic]));
  return protocols.some(({ name }) => others.every((other) => other.protocols.some((one) => one.name === name)));
}

function isWaitingForOthers(group: ConsumerGroup, member: ConsumerMember): boolean {
  for (const [topicId, partitions] of group.target(member.memberId)) {
    const had = member.assigned.get(topicId);
    for (const partition of partitions) {
      if (!had?.has(partition) && group.owners.ownerOf(topicId, partition) !== undefined) return true;
    }
  }
  return false;
}

function refuseProtocol(message: string): never {
  throw new GroupRefusal(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, message);
}
