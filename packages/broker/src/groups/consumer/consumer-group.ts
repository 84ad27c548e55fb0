import { ErrorCode } from '@headwater/protocol';
import type { CommitIdentity, Group } from '../group.ts';
import type { GroupChanges } from '../group-changes.ts';
import type { LogEntry } from '../offsets-log.ts';
import { type ConsumerMember, isReconciled } from './consumer-member.ts';
import {
  assignmentEntry,
  groupEntry,
  memberEntry,
  type ResolvedRegex,
  regexEntry,
  targetEntry,
  targetEpochEntry,
} from './consumer-records.ts';
import type { MemberTimers } from './member-timers.ts';
import { PartitionOwners } from './partition-owners.ts';
import { noPartitions, samePartitions, type TopicPartitions } from './topic-partitions.ts';

export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable' | 'Dead';

/**
 * A group of the consumer protocol (KIP-848): its members, what each shall have (the target, of an epoch) and what each has.
 *
 * Only the state and its records: what members may do is in `heartbeat.ts` and its neighbours. Every change is made through here with
 * its record, and can be taken back until the log has it.
 */
export class ConsumerGroup implements Group {
  readonly kind = 'consumer';
  readonly protocolType = 'consumer';
  readonly groupId: string;
  readonly members = new Map<string, ConsumerMember>();
  readonly timers = new Map<string, MemberTimers>();
  readonly owners = new PartitionOwners();
  readonly #staticMembers = new Map<string, string>();
  readonly #targets = new Map<string, TopicPartitions>();
  readonly #regexes = new Map<string, ResolvedRegex>();
  stateSinceMs = -1;
  groupEpoch = 1;
  /** Of the topics that members subscribe to: another one is a reason for a new target. */
  metadataHash = 0;
  /** The group epoch that the target was made for. */
  targetEpoch = 1;
  targetAtMs = 0;
  /** The version of the topics that the hash was computed from; -1 when it has to be computed anew. */
  checkedTopicsVersion = -1;
  #isDead = false;

  constructor(groupId: string) {
    this.groupId = groupId;
  }

  get state(): ConsumerGroupState {
    if (this.#isDead) return 'Dead';
    if (this.members.size === 0) return 'Empty';
    if (this.groupEpoch > this.targetEpoch) return 'Assigning';
    for (const member of this.members.values()) if (!isReconciled(member, this.targetEpoch)) return 'Reconciling';
    return 'Stable';
  }

  get memberCount(): number {
    return this.members.size;
  }

  get isIdle(): boolean {
    return !this.#isDead && this.members.size === 0;
  }

  get classicMemberCount(): number {
    let count = 0;
    for (const { classic } of this.members.values()) if (classic !== null) count++;
    return count;
  }

  get regexes(): ReadonlyMap<string, ResolvedRegex> {
    return this.#regexes;
  }

  staticMember(instanceId: string | null): ConsumerMember | undefined {
    const memberId = instanceId === null ? undefined : this.#staticMembers.get(instanceId);
    return memberId === undefined ? undefined : this.members.get(memberId);
  }

  target(memberId: string): TopicPartitions {
    return this.#targets.get(memberId) ?? noPartitions;
  }

  /** Topics by name and by the expressions that are resolved. */
  topicNamesOf(member: ConsumerMember): readonly string[] {
    const { subscribedTopicNames, subscribedTopicRegex } = member;
    const matched = subscribedTopicRegex ? this.#regexes.get(subscribedTopicRegex)?.topics : undefined;
    if (matched === undefined || matched.length === 0) return subscribedTopicNames;
    return subscribedTopicNames.length === 0 ? matched : [...new Set([...subscribedTopicNames, ...matched])].sort();
  }

  subscribedTopics(): Set<string> {
    const names = new Set<string>();
    for (const member of this.members.values()) for (const name of this.topicNamesOf(member)) names.add(name);
    return names;
  }

  /** Expressions with the number of their subscribers. */
  subscribedRegexes(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { subscribedTopicRegex: regex } of this.members.values()) {
      if (regex) counts.set(regex, (counts.get(regex) ?? 0) + 1);
    }
    return counts;
  }

  /** The assignor that most members ask for; null when nobody does. */
  preferredAssignor(): string | null {
    const votes = new Map<string, number>();
    for (const { serverAssignor } of this.members.values()) {
      if (serverAssignor !== null) votes.set(serverAssignor, (votes.get(serverAssignor) ?? 0) + 1);
    }
    let preferred: string | null = null;
    for (const [name, count] of votes) if (preferred === null || count > votes.get(preferred)!) preferred = name;
    return preferred;
  }

  clientIds(): Iterable<string> {
    return Array.from(this.members.values(), ({ clientId }) => clientId);
  }

  /**
   * The epoch must be the member's, or not older than that at which it got each of the partitions (KIP-1251): then the commit of a
   * member that has not heard of its new epoch yet is still its own to make.
   */
  checkCommit({
    memberId,
    groupInstanceId,
    generationId,
    apiVersion,
    isTransactional,
    partitions,
  }: CommitIdentity): number {
    if (this.#isDead) return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    if (generationId < 0 && this.members.size === 0) return 0;
    if (isTransactional && generationId < 0 && memberId === '' && groupInstanceId === null) return 0;
    const member = this.members.get(memberId);
    if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    if (!isTransactional && member.classic === null && apiVersion < 9) return ErrorCode.UNSUPPORTED_VERSION;
    if (generationId === member.memberEpoch) return 0;
    const isStale = member.classic === null && !isTransactional;
    const stale = isStale ? ErrorCode.STALE_MEMBER_EPOCH : ErrorCode.ILLEGAL_GENERATION;
    if (generationId > member.memberEpoch) return stale;
    for (const { topicId, partition } of partitions()) {
      const epoch =
        member.assigned.get(topicId)?.get(partition) ?? member.pendingRevocation.get(topicId)?.get(partition);
      if (epoch === undefined || generationId < epoch) return stale;
    }
    return 0;
  }

  /** Whether a member may read the offsets; a client that does not say who it is may. */
  checkFetch(memberId: string | null, memberEpoch: number): number {
    if (memberId === null && memberEpoch < 0) return 0;
    const member = this.members.get(memberId ?? '');
    if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    if (memberEpoch === member.memberEpoch) return 0;
    return member.classic === null ? ErrorCode.STALE_MEMBER_EPOCH : ErrorCode.ILLEGAL_GENERATION;
  }

  // --- changes -----------------------------------------------------------------------------------------------------------

  /** Writes what the member says of itself, and only in memory what it has: `putProgress` writes that. */
  putMember(changes: GroupChanges, member: ConsumerMember): void {
    this.#put(changes, member, memberEntry(this.groupId, member.memberId, member));
  }

  putProgress(changes: GroupChanges, member: ConsumerMember): void {
    this.#put(changes, member, assignmentEntry(this.groupId, member.memberId, member));
  }

  #put(changes: GroupChanges, member: ConsumerMember, entry: LogEntry): void {
    const { memberId } = member;
    const before = this.members.get(memberId);
    const beforeStatic = member.instanceId === null ? undefined : this.#staticMembers.get(member.instanceId);
    this.set(member);
    changes.made(entry, () => {
      if (before === undefined) this.#unset(member);
      else this.set(before);
      if (beforeStatic !== undefined) this.#staticMembers.set(member.instanceId!, beforeStatic);
    });
  }

  removeMember(changes: GroupChanges, memberId: string): void {
    const before = this.members.get(memberId);
    const target = this.#targets.get(memberId);
    if (before === undefined) return;
    const isCurrent = before.instanceId !== null && this.#staticMembers.get(before.instanceId) === memberId;
    this.#unset(before);
    this.#targets.delete(memberId);
    // In this order, so that a reader of the log never sees what a member has without the member.
    changes.made(assignmentEntry(this.groupId, memberId, null), () => {});
    changes.made(targetEntry(this.groupId, memberId, null), () => {});
    changes.made(memberEntry(this.groupId, memberId, null), () => {
      this.set(before);
      if (!isCurrent && before.instanceId !== null) this.#staticMembers.delete(before.instanceId);
      if (target !== undefined) this.#targets.set(memberId, target);
    });
  }

  putTarget(changes: GroupChanges, memberId: string, target: TopicPartitions): void {
    const before = this.#targets.get(memberId);
    if (before !== undefined && samePartitions(before, target)) return;
    this.#targets.set(memberId, target);
    changes.made(targetEntry(this.groupId, memberId, target), () => this.setTarget(memberId, before ?? null));
  }

  putTargetEpoch(changes: GroupChanges, epoch: number, atMs: number): void {
    const { targetEpoch, targetAtMs } = this;
    Object.assign(this, { targetEpoch: epoch, targetAtMs: atMs });
    changes.made(targetEpochEntry(this.groupId, epoch, atMs), () => Object.assign(this, { targetEpoch, targetAtMs }));
  }

  putEpoch(changes: GroupChanges, epoch: number, hash: number): void {
    const { groupEpoch, metadataHash } = this;
    Object.assign(this, { groupEpoch: epoch, metadataHash: hash });
    changes.made(groupEntry(this.groupId, epoch, hash), () => Object.assign(this, { groupEpoch, metadataHash }));
  }

  putRegex(changes: GroupChanges, regex: string, resolved: ResolvedRegex | null): void {
    const before = this.#regexes.get(regex) ?? null;
    if (before === null && resolved === null) return;
    this.setRegex(regex, resolved);
    changes.made(regexEntry(this.groupId, regex, resolved), () => this.setRegex(regex, before));
  }

  // --- the same without a record: what the log restores, and ways back -----------------------------------------------------

  set(member: ConsumerMember): void {
    const before = this.members.get(member.memberId);
    this.members.set(member.memberId, member);
    this.owners.replace(before, member);
    if (member.instanceId !== null) this.#staticMembers.set(member.instanceId, member.memberId);
  }

  unset(memberId: string): void {
    const member = this.members.get(memberId);
    if (member !== undefined) this.#unset(member);
  }

  #unset(member: ConsumerMember): void {
    const before = this.members.get(member.memberId);
    this.members.delete(member.memberId);
    this.owners.replace(before, undefined);
    const { instanceId } = member;
    if (instanceId !== null && this.#staticMembers.get(instanceId) === member.memberId) {
      this.#staticMembers.delete(instanceId);
    }
  }

  setTarget(memberId: string, target: TopicPartitions | null): void {
    if (target === null) this.#targets.delete(memberId);
    else this.#targets.set(memberId, target);
  }

  setRegex(regex: string, resolved: ResolvedRegex | null): void {
    if (resolved === null) this.#regexes.delete(regex);
    else this.#regexes.set(regex, resolved);
  }

  // --- the group as a whole --------------------------------------------------------------------------------------------------

  /** All members get new targets at their next heartbeats, as if a topic had changed. */
  forceRebalance(): boolean {
    if (this.members.size === 0 || this.#isDead) return false;
    this.metadataHash = -1;
    this.checkedTopicsVersion = -1;
    return true;
  }

  *records(): Generator<LogEntry> {
    const { groupId } = this;
    for (const [memberId, member] of this.members) yield memberEntry(groupId, memberId, member);
    yield groupEntry(groupId, this.groupEpoch, Math.max(0, this.metadataHash));
    for (const [regex, resolved] of this.#regexes) yield regexEntry(groupId, regex, resolved);
    for (const [memberId, target] of this.#targets) yield targetEntry(groupId, memberId, target);
    yield targetEpochEntry(groupId, this.targetEpoch, this.targetAtMs);
    for (const [memberId, member] of this.members) yield assignmentEntry(groupId, memberId, member);
  }

  kill(): void {
    this.#isDead = true;
    for (const timers of this.timers.values()) timers.close();
    this.timers.clear();
    this.members.clear();
  }
}
