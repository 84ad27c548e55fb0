import { ErrorCode } from '@headwater/protocol';
import type { Clock, ClockTimer } from '../../clock/clock.ts';
import type { MemoryBudget } from '../../network/memory-budget.ts';
import type { JoinReply, JoinResult, Member, MemberProtocol } from './classic-member.ts';
import { type JoinRequest, joinError, type MemberIdentity, syncError } from './classic-requests.ts';

/**
 * Who is in a classic group, who may come, and who waits for an answer: kept together, because a member that goes has to be taken out of
 * all of it. What members do to the state of the group is the group's.
 */
export class GroupMembers {
  readonly byId = new Map<string, Member>();
  readonly #clock: Clock;
  readonly #memory: MemoryBudget;
  readonly #static = new Map<string, string>();
  /** Ids given out with MEMBER_ID_REQUIRED, until the member comes back with them. */
  readonly #pending = new Map<string, ClockTimer>();
  readonly #pendingSync = new Set<string>();
  #awaitingJoin = 0;

  constructor(clock: Clock, memory: MemoryBudget) {
    this.#clock = clock;
    this.#memory = memory;
  }

  /** How many wait for the end of the join phase. */
  get awaitingJoinCount(): number {
    return this.#awaitingJoin;
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  get areAllJoined(): boolean {
    return this.#awaitingJoin === this.byId.size && this.#pending.size === 0;
  }

  /** The longest that a member may take to rejoin. */
  get rebalanceTimeoutMs(): number {
    let longest = 0;
    for (const member of this.byId.values()) longest = Math.max(longest, member.rebalanceTimeoutMs);
    return longest;
  }

  staticId(groupInstanceId: string): string | undefined {
    return this.#static.get(groupInstanceId);
  }

  /** UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID or 0. */
  check({ memberId, groupInstanceId }: MemberIdentity): number {
    if (groupInstanceId !== null) {
      const currentId = this.#static.get(groupInstanceId);
      if (currentId === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
      return currentId === memberId ? 0 : ErrorCode.FENCED_INSTANCE_ID;
    }
    return this.byId.has(memberId) ? 0 : ErrorCode.UNKNOWN_MEMBER_ID;
  }

  add(member: Member): void {
    this.byId.set(member.memberId, member);
    if (member.groupInstanceId !== null) this.#static.set(member.groupInstanceId, member.memberId);
    this.charge(member);
  }

  /** A static member goes on under another id. */
  rename(member: Member, memberId: string): void {
    this.byId.delete(member.memberId);
    if (this.#pendingSync.delete(member.memberId)) this.#pendingSync.add(memberId);
    member.memberId = memberId;
    this.byId.set(memberId, member);
    this.#static.set(member.groupInstanceId!, memberId);
  }

  /** Whoever waits for an answer under this id is told `errorCode`. */
  remove(member: Member, errorCode: number): void {
    this.byId.delete(member.memberId);
    this.#pendingSync.delete(member.memberId);
    if (member.groupInstanceId !== null && this.#static.get(member.groupInstanceId) === member.memberId) {
      this.#static.delete(member.groupInstanceId);
    }
    member.sessionTimer?.cancel();
    member.sessionTimer = null;
    this.#memory.release(member.reservedBytes);
    member.reservedBytes = 0;
    this.answerJoin(member, joinError(errorCode, member.memberId));
    this.answerSync(member, errorCode);
  }

  clear(errorCode: number): void {
    for (const member of [...this.byId.values()]) this.remove(member, errorCode);
    for (const timer of this.#pending.values()) timer.cancel();
    this.#pending.clear();
  }

  // --- memory ----------------------------------------------------------------------------------------------------------

  hasMemoryFor({ memberId, protocols }: JoinRequest): boolean {
    const added = Math.max(0, protocolsBytes(protocols) - (this.byId.get(memberId)?.reservedBytes ?? 0));
    if (!this.#memory.reserve(added)) return false;
    this.#memory.release(added);
    return true;
  }

  /** After its protocols have changed. */
  charge(member: Member): void {
    const sizeBytes = protocolsBytes(member.protocols);
    this.#memory.release(member.reservedBytes);
    member.reservedBytes = this.#memory.reserve(sizeBytes) ? sizeBytes : 0;
  }

  // --- ids that were given out -------------------------------------------------------------------------------------------

  isPending(memberId: string): boolean {
    return this.#pending.has(memberId);
  }

  addPending(memberId: string, timeoutMs: number, onEnd: () => void): void {
    const timer = this.#clock.schedule(timeoutMs, () => {
      this.removePending(memberId);
      onEnd();
    });
    this.#pending.set(memberId, timer);
  }

  removePending(memberId: string): boolean {
    this.#pending.get(memberId)?.cancel();
    return this.#pending.delete(memberId);
  }

  // --- who has to sync ---------------------------------------------------------------------------------------------------

  get pendingSync(): ReadonlySet<string> {
    return this.#pendingSync;
  }

  /** All members have a new generation. */
  expectSyncs(): void {
    this.#pendingSync.clear();
    for (const memberId of this.byId.keys()) this.#pendingSync.add(memberId);
  }

  synced(memberId: string): void {
    this.#pendingSync.delete(memberId);
  }

  // --- answers -----------------------------------------------------------------------------------------------------------

  awaitJoin(member: Member, reply: JoinReply): void {
    // A second join of the same member: its client has given up on the first, which still needs an answer.
    this.answerJoin(member, joinError(ErrorCode.REBALANCE_IN_PROGRESS, member.memberId));
    member.awaitingJoin = reply;
    this.#awaitingJoin++;
  }

  takeAwaitingJoin(member: Member): JoinReply | null {
    const reply = member.awaitingJoin;
    if (reply !== null) this.#awaitingJoin--;
    member.awaitingJoin = null;
    return reply;
  }

  answerJoin(member: Member, result: JoinResult): void {
    this.takeAwaitingJoin(member)?.(result);
  }

  answerSync(member: Member, errorCode: number): void {
    const reply = member.awaitingSync;
    member.awaitingSync = null;
    reply?.(syncError(errorCode));
  }

  // --- sessions ----------------------------------------------------------------------------------------------------------

  /** Heartbeats only move a number; the timer looks at it when it fires. */
  extendSession(member: Member, timeoutMs: number, onEnd: (member: Member) => void): void {
    member.sessionEndMs = this.#clock.monotonicMs() + timeoutMs;
    if (member.sessionTimer !== null && member.sessionTimerAtMs <= member.sessionEndMs) return;
    member.sessionTimer?.cancel();
    member.sessionTimerAtMs = member.sessionEndMs;
    member.sessionTimer = this.#clock.schedule(timeoutMs, () => {
      member.sessionTimer = null;
      if (this.byId.get(member.memberId) !== member) return;
      const leftMs = member.sessionEndMs - this.#clock.monotonicMs();
      // Who waits for an answer of ours cannot send heartbeats meanwhile.
      const isWaiting = member.awaitingJoin !== null || member.awaitingSync !== null;
      if (leftMs > 0) this.extendSession(member, leftMs, onEnd);
      else if (isWaiting && !member.isNew) this.extendSession(member, member.sessionTimeoutMs, onEnd);
      else onEnd(member);
    });
  }
}

function protocolsBytes(protocols: readonly MemberProtocol[]): number {
  return protocols.reduce((sum, { name, metadata }) => sum + name.length + metadata.length, 0);
}
