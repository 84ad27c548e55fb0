import { randomUUID } from 'node:crypto';
import { ErrorCode } from '@headwater/protocol';
import type { ClockTimer } from '../../clock/clock.ts';
import { subscribedTopics } from '../consumer-protocol.ts';
import type { CommitIdentity, Group } from '../group.ts';
import type { LogEntry } from '../offsets-log.ts';
import {
  emptyBytes,
  type JoinedMember,
  type JoinReply,
  type JoinResult,
  Member,
  type SyncReply,
} from './classic-member.ts';
import { encodeGroupKey, encodeGroupValue } from './classic-records.ts';
import {
  type ClassicGroupContext,
  type ClassicGroupSnapshot,
  type ClassicGroupState,
  type JoinRequest,
  joinError,
  type MemberIdentity,
  type SyncRequest,
  syncError,
} from './classic-requests.ts';
import { GroupMembers } from './group-members.ts';
import { hasCommonProtocol, selectProtocol } from './protocol-votes.ts';

/**
 * A group of the classic protocol: members join, the leader assigns, all sync, heartbeats keep them in.
 *
 * A state machine with time passed in; a join or sync that has to wait is answered later through its callback. It follows Kafka's
 * own coordinator, rule by rule, because clients depend on details: which error makes them rejoin with or without their id, that
 * a static member may come back without a rebalance, that a retry of the same join gets the same answer.
 */
export class ClassicGroup implements Group {
  readonly kind = 'classic';
  readonly groupId: string;
  state: ClassicGroupState = 'Empty';
  stateSinceMs: number;
  generationId = 0;
  protocolType: string | null = null;
  protocolName: string | null = null;
  leaderId: string | null = null;
  readonly #members: GroupMembers;
  /** The value that the log has of this group: a generation that is complete, not one that is in the making. */
  #written: Buffer | null = null;
  readonly #context: ClassicGroupContext;
  /** During the first rebalance: somebody new came, so the delay starts again. */
  #newMemberAdded = false;
  #isInitialRebalance = false;
  #joinTimer: ClockTimer | null = null;
  #syncTimer: ClockTimer | null = null;

  constructor(groupId: string, context: ClassicGroupContext) {
    this.groupId = groupId;
    this.#context = context;
    this.#members = new GroupMembers(context.clock, context.memory);
    this.stateSinceMs = context.clock.now();
  }

  get members(): ReadonlyMap<string, Member> {
    return this.#members.byId;
  }

  get memberCount(): number {
    return this.members.size;
  }

  /** Ids that were given out and have not come back yet. */
  get pendingMemberCount(): number {
    return this.#members.pendingCount;
  }

  get isIdle(): boolean {
    return this.state === 'Empty' && this.#members.pendingCount === 0;
  }

  clientIds(): Iterable<string> {
    return Array.from(this.members.values(), (member) => member.clientId);
  }

  /** Not the group as it is now: in the middle of a rebalance it would come back with members that have no assignment. */
  records(): LogEntry[] {
    return this.#written === null ? [] : [{ key: encodeGroupKey(this.groupId), value: this.#written }];
  }

  /** Writes the group as it is now; an error code. */
  #persist(): number {
    const value = this.#encoded();
    const errorCode = this.#context.append(this.groupId, [{ key: encodeGroupKey(this.groupId), value }]);
    if (errorCode === 0) this.#written = value;
    return errorCode;
  }

  #encoded(): Buffer {
    return encodeGroupValue({
      protocolType: this.protocolType ?? '',
      generationId: this.generationId,
      protocolName: this.protocolName,
      leaderId: this.leaderId,
      stateSinceMs: this.stateSinceMs,
      members: [...this.members.values()],
    });
  }

  /** Topics that any member subscribes to; null when members do not speak the consumer protocol. */
  subscribedTopics(): Set<string> | null {
    if (this.protocolType !== 'consumer' || this.protocolName === null) return null;
    const topics = new Set<string>();
    for (const member of this.members.values()) {
      const subscription = subscribedTopics(member.metadata(this.protocolName));
      if (subscription === null) return null;
      for (const topic of subscription) topics.add(topic);
    }
    return topics;
  }

  restore(snapshot: ClassicGroupSnapshot): void {
    this.generationId = snapshot.generationId;
    this.protocolType = snapshot.protocolType;
    this.protocolName = snapshot.protocolName;
    this.leaderId = snapshot.leaderId;
    this.state = snapshot.members.length === 0 ? 'Empty' : 'Stable';
    this.stateSinceMs = snapshot.stateSinceMs;
    for (const member of snapshot.members) {
      this.#members.add(member);
      this.#extendSession(member, member.sessionTimeoutMs);
    }
    this.#written = this.#encoded();
  }

  // --- joining -------------------------------------------------------------------------------------------------------

  join(request: JoinRequest, reply: JoinReply): void {
    const errorCode = this.#checkJoin(request);
    if (errorCode !== 0) reply(joinError(errorCode, request.memberId));
    else if (request.memberId !== '') this.#joinKnown(request, reply);
    else this.#joinNew(request, reply);
  }

  #checkJoin(request: JoinRequest): number {
    if (this.state === 'Dead') return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    if (!this.#acceptsJoining(request.memberId)) {
      // It must not stay pending, or the rebalance would wait for a member that is not coming.
      this.#members.removePending(request.memberId);
      return ErrorCode.GROUP_MAX_SIZE_REACHED;
    }
    if (!this.#supports(request)) return ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
    return this.#members.hasMemoryFor(request) ? 0 : ErrorCode.GROUP_MAX_SIZE_REACHED;
  }

  #joinNew(request: JoinRequest, reply: JoinReply): void {
    const memberId = `${request.groupInstanceId ?? request.clientId}-${randomUUID()}`;
    if (request.groupInstanceId !== null) {
      const oldMemberId = this.#members.staticId(request.groupInstanceId);
      if (oldMemberId === undefined) this.#addAndRebalance({ ...request, memberId }, reply);
      else this.#replaceStatic(oldMemberId, { ...request, memberId }, reply);
    } else if (request.requireKnownMemberId) {
      this.#members.addPending(memberId, request.sessionTimeoutMs, () => this.#afterRemoval());
      reply(joinError(ErrorCode.MEMBER_ID_REQUIRED, memberId));
    } else this.#addAndRebalance({ ...request, memberId }, reply);
  }

  #acceptsJoining(memberId: string): boolean {
    const { maxSize } = this.#context.config;
    if (memberId === '' && this.#members.pendingCount >= maxSize) return false;
    if (this.state === 'Empty') return true;
    const member = this.members.get(memberId);
    if (this.state === 'PreparingRebalance') return !!member?.awaitingJoin || this.#members.awaitingJoinCount < maxSize;
    return member !== undefined || this.members.size < maxSize;
  }

  #supports(request: JoinRequest): boolean {
    if (request.protocolType === '' || request.protocols.length === 0) return false;
    if (this.members.size === 0) return true;
    return (
      request.protocolType === this.protocolType && hasCommonProtocol(request.protocols, [...this.members.values()])
    );
  }

  #joinKnown(request: JoinRequest, reply: JoinReply): void {
    if (this.#members.isPending(request.memberId)) {
      this.#addAndRebalance(request, reply);
      return;
    }
    const retried = this.#checkRejoin(request);
    if (retried !== null) reply(retried);
    else {
      this.#updateMember(this.members.get(request.memberId)!, request, reply);
      this.#rebalanceOrComplete();
    }
  }

  /** The answer to a member that joins again when no rebalance is needed for it; null when one is. */
  #checkRejoin(request: JoinRequest): JoinResult | null {
    const { memberId } = request;
    const errorCode = this.#members.check(request);
    if (errorCode !== 0) return joinError(errorCode, memberId);
    const member = this.members.get(memberId)!;
    const isUnchanged = member.hasProtocols(request.protocols);
    // It did not get the answer to its join; the same generation is still on offer.
    if (this.state === 'CompletingRebalance' && isUnchanged) return this.#joinedResult(member);
    if (this.state === 'Stable' && isUnchanged && this.leaderId !== memberId) return this.#joinedResult(member);
    return this.state === 'Empty' ? joinError(ErrorCode.UNKNOWN_MEMBER_ID, memberId) : null;
  }

  #addAndRebalance(request: JoinRequest, reply: JoinReply): void {
    this.#members.removePending(request.memberId);
    const member = new Member(request);
    if (this.members.size === 0) this.protocolType = request.protocolType;
    this.#members.add(member);
    this.leaderId ??= member.memberId;
    member.isNew = true;
    this.#members.awaitJoin(member, reply);
    if (this.state === 'PreparingRebalance' && this.#isInitialRebalance) this.#newMemberAdded = true;
    this.#extendSession(member, this.#context.config.newMemberJoinTimeoutMs);
    this.#rebalanceOrComplete();
  }

  #updateMember(member: Member, request: JoinRequest, reply: JoinReply): void {
    member.protocols = request.protocols;
    this.#members.charge(member);
    member.sessionTimeoutMs = request.sessionTimeoutMs;
    member.rebalanceTimeoutMs = request.rebalanceTimeoutMs;
    member.clientId = request.clientId;
    member.clientHost = request.clientHost;
    this.#members.awaitJoin(member, reply);
  }

  #replaceStatic(oldMemberId: string, request: JoinRequest, reply: JoinReply): void {
    const oldLeaderId = this.leaderId;
    const member = this.members.get(oldMemberId)!;
    // Whoever still waits under the old id has been replaced and must stop.
    this.#members.answerJoin(member, joinError(ErrorCode.FENCED_INSTANCE_ID, oldMemberId));
    this.#members.answerSync(member, ErrorCode.FENCED_INSTANCE_ID);
    this.#members.rename(member, request.memberId);
    if (oldLeaderId === oldMemberId) this.leaderId = member.memberId;
    const before = {
      protocols: member.protocols,
      sessionTimeoutMs: member.sessionTimeoutMs,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    };
    this.#updateMember(member, request, reply);
    this.#extendSession(member, member.sessionTimeoutMs);
    if (this.state !== 'Stable') {
      if (this.state === 'CompletingRebalance') this.#prepareRebalance();
      else this.#completeJoinIfAllJoined();
      return;
    }
    if (selectProtocol([...this.members.values()]) !== this.protocolName) {
      this.#prepareRebalance();
      return;
    }
    // Nothing changes for the others: the member takes over where its former self stopped, without a rebalance.
    const errorCode = this.#persist();
    if (errorCode !== 0) {
      this.#members.takeAwaitingJoin(member);
      Object.assign(member, before);
      this.#members.rename(member, oldMemberId);
      this.leaderId = oldLeaderId;
      reply(joinError(errorCode, request.memberId));
      return;
    }
    const isLeader = this.leaderId === member.memberId;
    const result = this.#joinedResult(member);
    if (isLeader && request.supportsSkippingAssignment) result.skipAssignment = true;
    // A client that cannot skip must not assign again: it is told that the old leader still leads.
    else Object.assign(result, { leader: oldLeaderId ?? '', members: [] });
    this.#members.answerJoin(member, result);
  }

  forceRebalance(): boolean {
    if (this.state !== 'Stable' && this.state !== 'CompletingRebalance') return this.state === 'PreparingRebalance';
    this.#prepareRebalance();
    return true;
  }

  #rebalanceOrComplete(): void {
    if (this.state === 'PreparingRebalance') this.#completeJoinIfAllJoined();
    else this.#prepareRebalance();
  }

  // --- rebalance -----------------------------------------------------------------------------------------------------

  /** Everybody has to join again; members learn it from their next heartbeat. */
  #prepareRebalance(): void {
    if (this.state === 'CompletingRebalance') this.#resetAssignments(ErrorCode.REBALANCE_IN_PROGRESS);
    this.#stopTimers();
    this.#isInitialRebalance = this.state === 'Empty';
    this.#setState('PreparingRebalance');
    if (!this.#isInitialRebalance) {
      this.#completeJoinIfAllJoined();
      if (this.state === 'PreparingRebalance') this.#waitForJoins(this.#members.rebalanceTimeoutMs);
      return;
    }
    this.#newMemberAdded = false;
    const delayMs = this.#context.config.initialRebalanceDelayMs;
    if (delayMs <= 0 && this.#members.pendingCount === 0) this.#completeJoin();
    else this.#waitForFirstMembers(delayMs, Math.max(0, this.#members.rebalanceTimeoutMs - delayMs));
  }

  /** A new group waits a little, so that a deployment that starts ten consumers rebalances once and not ten times. */
  #waitForFirstMembers(delayMs: number, remainingMs: number): void {
    this.#joinTimer = this.#context.clock.schedule(delayMs, () => {
      if (!this.#newMemberAdded || remainingMs <= 0) return this.#completeJoin();
      this.#newMemberAdded = false;
      const nextMs = Math.min(this.#context.config.initialRebalanceDelayMs, remainingMs);
      this.#waitForFirstMembers(nextMs, Math.max(0, remainingMs - nextMs));
    });
  }

  #waitForJoins(timeoutMs: number): void {
    this.#joinTimer?.cancel();
    this.#joinTimer = this.#context.clock.schedule(timeoutMs, () => this.#completeJoin());
  }

  #completeJoinIfAllJoined(): void {
    if (this.state !== 'PreparingRebalance' || this.#isInitialRebalance) return;
    if (this.#members.areAllJoined) this.#completeJoin();
  }

  #completeJoin(): void {
    this.#stopTimers();
    if (this.state !== 'PreparingRebalance') return;
    for (const member of [...this.members.values()]) {
      // A static member keeps its place until its session ends, also when it is late.
      if (member.awaitingJoin === null && member.groupInstanceId === null) this.#dropMember(member);
    }
    if (this.members.size > 0 && !this.#electJoinedLeader()) {
      this.#waitForJoins(this.#members.rebalanceTimeoutMs);
      return;
    }
    this.generationId++;
    this.#isInitialRebalance = false;
    if (this.members.size === 0) {
      this.protocolName = null;
      this.#setState('Empty');
      // On failure the log still shows the generation before; its members' sessions end the same way after a restart.
      this.#persist();
      return;
    }
    this.protocolName = selectProtocol([...this.members.values()]);
    this.#setState('CompletingRebalance');
    this.#context.onGeneration?.(this);
    for (const member of this.members.values()) {
      this.#members.answerJoin(member, this.#joinedResult(member));
      this.#extendSession(member, member.sessionTimeoutMs);
      member.isNew = false;
    }
    this.#members.expectSyncs();
    this.#waitForSyncs();
  }

  #electJoinedLeader(): boolean {
    const leader = this.leaderId === null ? undefined : this.members.get(this.leaderId);
    if (leader?.awaitingJoin) return true;
    for (const member of this.members.values()) {
      if (member.awaitingJoin === null) continue;
      this.leaderId = member.memberId;
      return true;
    }
    return false;
  }

  #waitForSyncs(): void {
    const { generationId } = this;
    this.#syncTimer = this.#context.clock.schedule(this.#members.rebalanceTimeoutMs, () => {
      if (this.generationId !== generationId || this.#members.pendingSync.size === 0) return;
      if (this.state !== 'CompletingRebalance' && this.state !== 'Stable') return;
      for (const memberId of [...this.#members.pendingSync]) this.#dropMember(this.members.get(memberId)!);
      this.#prepareRebalance();
    });
  }

  // --- sync ----------------------------------------------------------------------------------------------------------

  sync(request: SyncRequest, reply: SyncReply): void {
    const errorCode = this.#checkSync(request);
    if (errorCode !== 0) {
      reply(syncError(errorCode));
      return;
    }
    const member = this.members.get(request.memberId)!;
    if (this.state === 'Stable') {
      this.#members.synced(member.memberId);
      this.#extendSession(member, member.sessionTimeoutMs);
      reply(this.#syncedResult(member));
      return;
    }
    this.#members.answerSync(member, ErrorCode.REBALANCE_IN_PROGRESS);
    member.awaitingSync = reply;
    this.#members.synced(member.memberId);
    if (member.memberId === this.leaderId) this.#assign(request.assignments);
  }

  #checkSync(request: SyncRequest): number {
    if (this.state === 'Dead') return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    const errorCode = this.#members.check(request);
    if (errorCode !== 0) return errorCode;
    if (request.generationId !== this.generationId) return ErrorCode.ILLEGAL_GENERATION;
    const isOtherType = request.protocolType !== null && request.protocolType !== this.protocolType;
    const isOtherName = request.protocolName !== null && request.protocolName !== this.protocolName;
    if (isOtherType || isOtherName) return ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
    if (this.state === 'Empty') return ErrorCode.UNKNOWN_MEMBER_ID;
    return this.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : 0;
  }

  /** The leader has spoken: written first, then told to all who wait. */
  #assign(assignments: SyncRequest['assignments']): void {
    for (const member of this.members.values()) member.assignment = emptyBytes;
    for (const { memberId, assignment } of assignments) {
      const member = this.members.get(memberId);
      if (member !== undefined) member.assignment = assignment;
    }
    const sinceMs = this.stateSinceMs;
    this.stateSinceMs = this.#context.clock.now();
    const errorCode = this.#persist();
    if (errorCode !== 0) {
      this.stateSinceMs = sinceMs;
      this.#resetAssignments(errorCode);
      this.#prepareRebalance();
      return;
    }
    this.#setState('Stable');
    for (const member of this.members.values()) {
      if (member.awaitingSync === null) continue;
      const reply = member.awaitingSync;
      member.awaitingSync = null;
      this.#extendSession(member, member.sessionTimeoutMs);
      reply(this.#syncedResult(member));
    }
  }

  #resetAssignments(errorCode: number): void {
    for (const member of this.members.values()) {
      member.assignment = emptyBytes;
      this.#members.answerSync(member, errorCode);
    }
  }

  // --- heartbeats, leaving, time-outs ----------------------------------------------------------------------------------

  heartbeat(request: MemberIdentity & { generationId: number }): number {
    if (this.state === 'Dead') return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    const errorCode = this.#members.check(request);
    if (errorCode !== 0) return errorCode;
    if (request.generationId !== this.generationId) return ErrorCode.ILLEGAL_GENERATION;
    if (this.state === 'Empty') return ErrorCode.UNKNOWN_MEMBER_ID;
    const member = this.members.get(request.memberId)!;
    this.#extendSession(member, member.sessionTimeoutMs);
    return this.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : 0;
  }

  /** One error code for each of the identities. */
  leave(identities: readonly MemberIdentity[]): number[] {
    if (this.state === 'Dead') return identities.map(() => ErrorCode.COORDINATOR_NOT_AVAILABLE);
    const errorCodes = identities.map((identity) => this.#leaveOne(identity));
    if (errorCodes.includes(0)) this.#afterRemoval();
    return errorCodes;
  }

  #leaveOne(identity: MemberIdentity): number {
    if (this.#members.removePending(identity.memberId)) return 0;
    // An admin removes a static member by its instance id alone.
    const memberId =
      identity.memberId === '' && identity.groupInstanceId !== null
        ? (this.#members.staticId(identity.groupInstanceId) ?? '')
        : identity.memberId;
    const errorCode = this.#members.check({ memberId, groupInstanceId: identity.groupInstanceId });
    if (errorCode === 0) this.#dropMember(this.members.get(memberId)!);
    return errorCode;
  }

  /** Whether an offset commit with this identity may be taken (see OffsetCommit). */
  checkCommit(request: CommitIdentity): number {
    if (this.state === 'Dead') return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    // Tools and consumers that assign partitions themselves.
    if (request.generationId < 0 && this.state === 'Empty') return 0;
    if (request.generationId < 0 && request.memberId === '' && request.groupInstanceId === null) {
      return request.isTransactional ? 0 : ErrorCode.UNKNOWN_MEMBER_ID;
    }
    const errorCode = this.#members.check(request);
    if (errorCode !== 0) return errorCode;
    if (request.generationId !== this.generationId) return ErrorCode.ILLEGAL_GENERATION;
    if (request.isTransactional) return 0;
    if (this.state === 'CompletingRebalance') return ErrorCode.REBALANCE_IN_PROGRESS;
    const member = this.members.get(request.memberId)!;
    this.#extendSession(member, member.sessionTimeoutMs);
    return 0;
  }

  /** Deleted, or the coordinator goes down: whoever waits is told `errorCode`. */
  kill(errorCode: number): void {
    this.#stopTimers();
    this.#members.clear(errorCode);
    this.#setState('Dead');
  }

  #extendSession(member: Member, timeoutMs: number): void {
    this.#members.extendSession(member, timeoutMs, () => {
      this.#dropMember(member);
      this.#afterRemoval();
    });
  }

  #afterRemoval(): void {
    if (this.state === 'Stable' || this.state === 'CompletingRebalance') this.#prepareRebalance();
    else this.#completeJoinIfAllJoined();
  }

  /** A client that is still there joins again under a new id. */
  #dropMember(member: Member): void {
    this.#members.remove(member, ErrorCode.UNKNOWN_MEMBER_ID);
    if (this.leaderId === member.memberId) this.leaderId = this.members.keys().next().value ?? null;
  }

  // --- answers -------------------------------------------------------------------------------------------------------

  #joinedResult(member: Member): JoinResult {
    return {
      errorCode: 0,
      generationId: this.generationId,
      protocolType: this.protocolType,
      protocolName: this.protocolName,
      leader: this.leaderId ?? '',
      skipAssignment: false,
      memberId: member.memberId,
      members: this.leaderId === member.memberId ? this.#joinedMembers() : [],
    };
  }

  #joinedMembers(): JoinedMember[] {
    return Array.from(this.members.values(), (member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      metadata: member.metadata(this.protocolName),
    }));
  }

  #syncedResult(member: Member) {
    const { protocolType, protocolName } = this;
    return { errorCode: 0, protocolType, protocolName, assignment: member.assignment };
  }

  #setState(state: ClassicGroupState): void {
    this.state = state;
    this.stateSinceMs = this.#context.clock.now();
  }

  #stopTimers(): void {
    this.#joinTimer?.cancel();
    this.#syncTimer?.cancel();
    this.#joinTimer = null;
    this.#syncTimer = null;
  }
}
