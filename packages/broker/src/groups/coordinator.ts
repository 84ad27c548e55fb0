import type { Logger } from '@headwater/logger';
import { ErrorCode } from '@headwater/protocol';
import type { Clock, ClockTimer } from '../clock/clock.ts';
import type { EntriesTransaction } from '../coordinator-topic/coordinator-topic.ts';
import { MemoryBudget } from '../network/memory-budget.ts';
import { ClassicGroup } from './classic/classic-group.ts';
import type { JoinReply, SyncReply } from './classic/classic-member.ts';
import { decodeGroupValue } from './classic/classic-records.ts';
import {
  type ClassicGroupConfig,
  type ClassicGroupContext,
  type JoinRequest,
  joinError,
  type MemberIdentity,
  type SyncRequest,
  syncError,
} from './classic/classic-requests.ts';
import type { ConsumerSettings } from './consumer/consumer-context.ts';
import { ConsumerGroup } from './consumer/consumer-group.ts';
import { ConsumerGroups } from './consumer/consumer-groups.ts';
import { consumerKey } from './consumer/consumer-records.ts';
import { restoreRecord } from './consumer/restore.ts';
import { collectExpired } from './expiry.ts';
import type { CommitIdentity, Group, GroupKind } from './group.ts';
import { GroupDirectory, type GroupEntry } from './group-directory.ts';
import { type CommittedOffset, encodeOffsetKey, encodeOffsetValue, type LogKey } from './log-records.ts';
import type { GroupSink, LogEntry, OffsetsLog } from './offsets-log.ts';
import { type PendingOffset, PendingOffsets } from './pending-offsets.ts';
import type { TopicsView } from './topics-view.ts';

export interface CoordinatorConfig extends ClassicGroupConfig {
  /** Kinds of groups that are served. */
  protocols: readonly string[];
  minSessionTimeoutMs: number;
  maxSessionTimeoutMs: number;
  maxGroups: number;
  maxCommittedOffsets: number;
  memoryBytes: number;
  offsetMetadataMaxBytes: number;
  offsetsRetentionMs: number;
  retentionCheckIntervalMs: number;
}

export interface CoordinatorOptions {
  clock: Clock;
  logger: Logger;
  config: CoordinatorConfig;
  consumerSettings: ConsumerSettings;
  topics: TopicsView;
  log: OffsetsLog;
}

export interface OffsetToCommit {
  topic: string;
  partition: number;
  offset: number;
  leaderEpoch: number;
  metadata: string;
}

/** All consumer groups of the broker: finds the group, checks what is the same for all, keeps the log of offsets. */
export class GroupCoordinator implements GroupSink {
  readonly #options: CoordinatorOptions;
  readonly #context: ClassicGroupContext;
  readonly #groups: GroupDirectory;
  /** The protocol of consumer groups (KIP-848). */
  readonly consumers: ConsumerGroups;
  /** Offsets of transactions that are not decided. */
  readonly pendingOffsets = new PendingOffsets();
  #timer: ClockTimer | null = null;
  #isClosed = false;
  #committedOffsets = 0;
  #isRestored = false;
  /** Completed generations since the start. */
  rebalances = 0;

  constructor(options: CoordinatorOptions) {
    this.#options = options;
    const { clock, config, consumerSettings, log, logger, topics } = options;
    const memory = new MemoryBudget(config.memoryBytes);
    const append = (groupId: string, entries: readonly LogEntry[]) => log.append(groupId, entries);
    const onGeneration = ({ groupId, memberCount }: Group): void => {
      this.rebalances++;
      logger.debug({ groupId, members: memberCount }, 'group rebalances');
    };
    this.#context = { clock, config, memory, append, onGeneration };
    this.#groups = new GroupDirectory(
      () => config.maxGroups,
      (groupId) => new ClassicGroup(groupId, this.#context),
    );
    this.consumers = new ConsumerGroups({
      clock,
      logger,
      settings: consumerSettings,
      topics,
      directory: this.#groups,
      memory,
      append,
      onRebalance: onGeneration,
      newClassicGroup: (groupId) => new ClassicGroup(groupId, this.#context),
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** `group.coordinator.rebalance.protocols`. */
  isServed(kind: GroupKind): boolean {
    return this.#options.config.protocols.includes(kind);
  }

  get groupCount(): number {
    return this.#groups.size;
  }

  entries(): IterableIterator<[string, GroupEntry]> {
    return this.#groups.entries();
  }

  find(groupId: string): GroupEntry | undefined {
    return this.#groups.entry(groupId);
  }

  /** Reads the log of offsets; members that it names may go on where they were. */
  async start(): Promise<void> {
    await this.#options.log.load(this);
    this.#scheduleExpiry();
  }

  // --- what the log restores (GroupSink) -------------------------------------------------------------------------------

  restoreOffset(groupId: string, topic: string, partition: number, value: CommittedOffset | null): void {
    if (value !== null) this.#groups.ensure(groupId).offsets.set(topic, partition, value);
    else this.#groups.entry(groupId)?.offsets.delete(topic, partition);
    if (value !== null) this.pendingOffsets.supersede(groupId, topic, partition);
    else this.pendingOffsets.drop(groupId, topic, partition);
  }

  restorePendingOffset(producerId: number, offset: PendingOffset): void {
    this.#groups.ensure(offset.groupId);
    this.pendingOffsets.add(producerId, offset);
  }

  /** A marker was written to (or found in) a partition of the log: the offsets that it decides count from now on, or are gone. */
  endTransaction(producerId: number, logPartition: number, isCommit: boolean): void {
    for (const { groupId, topic, partition, value } of this.pendingOffsets.end(producerId, logPartition, isCommit)) {
      const { offsets } = this.#groups.ensure(groupId);
      const before = offsets.count;
      offsets.set(topic, partition, value);
      if (this.#isRestored) this.#committedOffsets += offsets.count - before;
    }
  }

  restoreGroup(key: LogKey, value: Buffer | null): void {
    if (key.kind === 'group') this.#restoreClassic(key.groupId, value);
    else if (key.kind === 'consumer') this.#restoreConsumer(key, value);
  }

  #restoreClassic(groupId: string, value: Buffer | null): void {
    const before = this.#groups.get(groupId);
    // What a classic group left behind when it became another kind.
    if (value === null && before?.kind !== 'classic') return;
    before?.kill(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    const group = new ClassicGroup(groupId, this.#context);
    if (value !== null) group.restore(decodeGroupValue(value));
    this.#groups.put(groupId, group);
  }

  #restoreConsumer(key: LogKey & { kind: 'consumer' }, value: Buffer | null): void {
    const before = this.#groups.get(key.groupId);
    if (before instanceof ConsumerGroup) {
      if (value === null && key.type === consumerKey.group) this.#groups.put(key.groupId, null);
      else restoreRecord(before, key.type, key.name, value);
    } else if (value !== null) {
      before?.kill(ErrorCode.COORDINATOR_NOT_AVAILABLE);
      const group = new ConsumerGroup(key.groupId);
      this.#groups.put(key.groupId, group);
      restoreRecord(group, key.type, key.name, value);
    }
  }

  restored(): void {
    for (const [groupId, entry] of this.#groups.entries()) {
      const { group, offsets } = entry;
      if (group.protocolType === null && this.#hasNoOffsets(groupId, entry)) this.#groups.delete(groupId);
      this.#committedOffsets += offsets.count;
      if (group instanceof ConsumerGroup) this.consumers.restored(group);
    }
    this.#isRestored = true;
  }

  /** Everything that a new copy of the log must hold, for one of its partitions. */
  *snapshot(isMine: (groupId: string) => boolean): Generator<LogEntry> {
    for (const [groupId, { group, offsets }] of this.#groups.entries()) {
      if (!isMine(groupId)) continue;
      for (const topic of offsets.topics()) {
        for (const [partition, value] of offsets.partitions(topic)) {
          yield { key: encodeOffsetKey(groupId, topic, partition), value: encodeOffsetValue(value) };
        }
      }
      yield* group.records();
    }
  }

  // --- membership ------------------------------------------------------------------------------------------------------

  join(groupId: string, request: JoinRequest, reply: JoinReply): void {
    const errorCode = this.#checkJoin(groupId, request);
    if (errorCode !== 0) {
      reply(joinError(errorCode, request.memberId));
      return;
    }
    const { group } = this.#groups.ensure(groupId);
    if (group instanceof ClassicGroup) group.join(request, reply);
    else if (group instanceof ConsumerGroup && !group.isIdle) this.consumers.join(group, request, reply);
    else this.#joinInsteadOf(group, request, reply);
  }

  /** A classic member joins where an empty group of another kind was: it is a classic group from now on, with the same offsets. */
  #joinInsteadOf(empty: Group, request: JoinRequest, reply: JoinReply): void {
    const { groupId } = empty;
    const tombstones = Array.from(empty.records(), ({ key }) => ({ key, value: null }));
    const errorCode = tombstones.length === 0 ? 0 : this.#options.log.append(groupId, tombstones);
    if (errorCode !== 0) {
      reply(joinError(errorCode, request.memberId));
      return;
    }
    empty.kill(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    const group = new ClassicGroup(groupId, this.#context);
    this.#groups.put(groupId, group);
    group.join(request, reply);
  }

  #checkJoin(groupId: string, { memberId, sessionTimeoutMs }: JoinRequest): number {
    const { maxSessionTimeoutMs, minSessionTimeoutMs } = this.#options.config;
    if (this.#isClosed) return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    if (groupId === '') return ErrorCode.INVALID_GROUP_ID;
    if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs) {
      return ErrorCode.INVALID_SESSION_TIMEOUT;
    }
    if (this.#groups.get(groupId) !== undefined) return 0;
    if (memberId !== '') return ErrorCode.UNKNOWN_MEMBER_ID;
    return this.#groups.isFull ? ErrorCode.COORDINATOR_NOT_AVAILABLE : 0;
  }

  sync(groupId: string, request: SyncRequest, reply: SyncReply): void {
    const group = this.#groups.get(groupId);
    if (group instanceof ClassicGroup) group.sync(request, reply);
    else if (group instanceof ConsumerGroup) this.consumers.sync(group, request, reply);
    else reply(syncError(this.#missing(groupId)));
  }

  heartbeat(groupId: string, request: MemberIdentity & { generationId: number }): number {
    const group = this.#groups.get(groupId);
    if (group instanceof ClassicGroup) return group.heartbeat(request);
    return group instanceof ConsumerGroup ? this.consumers.classicHeartbeat(group, request) : this.#missing(groupId);
  }

  leave(groupId: string, identities: readonly MemberIdentity[]): number[] {
    const group = this.#groups.get(groupId);
    if (group instanceof ClassicGroup) return group.leave(identities);
    if (group instanceof ConsumerGroup) return this.consumers.leave(group, identities);
    return identities.map(() => this.#missing(groupId));
  }

  /** Members rebalance although nothing has changed: for tests. False when there is no such group, or nobody in it. */
  forceRebalance(groupId: string): boolean {
    return this.#groups.get(groupId)?.forceRebalance() ?? false;
  }

  /**
   * Whether a member may read the committed offsets (OffsetFetch 9 and later); a client that does not say who it is may.
   */
  checkFetch(groupId: string, memberId: string | null, memberEpoch: number): number {
    const group = this.#groups.get(groupId);
    return group instanceof ConsumerGroup ? group.checkFetch(memberId, memberEpoch) : 0;
  }

  #missing(groupId: string): number {
    if (this.#isClosed) return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    return groupId === '' ? ErrorCode.INVALID_GROUP_ID : ErrorCode.UNKNOWN_MEMBER_ID;
  }

  // --- offsets ---------------------------------------------------------------------------------------------------------

  /** Whether the group takes commits of this member at all; 0 or what to tell it for each partition. */
  checkCommit(groupId: string, commit: CommitIdentity): number {
    if (this.#isClosed) return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    const group = this.#groups.get(groupId);
    if (group !== undefined) return group.checkCommit(commit);
    if (commit.generationId >= 0) {
      // Before version 9 members of unknown groups are told to join again, as old clients expect it.
      const isOld = commit.isTransactional || commit.apiVersion < 9;
      return isOld ? ErrorCode.ILLEGAL_GENERATION : ErrorCode.GROUP_ID_NOT_FOUND;
    }
    return this.#groups.isFull ? ErrorCode.COORDINATOR_NOT_AVAILABLE : 0;
  }

  /**
   * Writes the offsets in one batch, then shows them, or keeps them until their transaction ends; returns an error code for each of
   * them. Call `checkCommit` first.
   */
  commit(groupId: string, offsets: readonly OffsetToCommit[], transaction: EntriesTransaction | null = null): number[] {
    const { clock, config, log } = this.#options;
    const commitTimestamp = clock.now();
    const errorCodes: number[] = [];
    const entries: LogEntry[] = [];
    const accepted: { topic: string; partition: number; value: CommittedOffset }[] = [];
    let left = config.maxCommittedOffsets - this.#committedOffsets - this.pendingOffsets.count;
    const known = this.#groups.entry(groupId)?.offsets;
    for (const { topic, partition, offset, leaderEpoch, metadata } of offsets) {
      if (Buffer.byteLength(metadata) > config.offsetMetadataMaxBytes) {
        errorCodes.push(ErrorCode.OFFSET_METADATA_TOO_LARGE);
        continue;
      }
      if (!Number.isSafeInteger(offset)) {
        // No log gets there, and it could not be given back.
        errorCodes.push(ErrorCode.OFFSET_OUT_OF_RANGE);
        continue;
      }
      if (known?.get(topic, partition) === undefined && left-- <= 0) {
        errorCodes.push(ErrorCode.INVALID_COMMIT_OFFSET_SIZE);
        continue;
      }
      errorCodes.push(0);
      const value = { offset, leaderEpoch, metadata, commitTimestamp, expireTimestamp: -1 };
      accepted.push({ topic, partition, value });
      entries.push({ key: encodeOffsetKey(groupId, topic, partition), value: encodeOffsetValue(value) });
    }
    if (entries.length === 0) return errorCodes;
    const errorCode = log.append(groupId, entries, transaction);
    if (errorCode !== 0) return errorCodes.map((code) => (code === 0 ? errorCode : code));
    if (transaction !== null) {
      this.#groups.ensure(groupId);
      const logPartition = log.partitionOf(groupId);
      for (const each of accepted) this.pendingOffsets.add(transaction.producerId, { groupId, logPartition, ...each });
      return errorCodes;
    }
    const committed = this.#groups.ensure(groupId).offsets;
    const before = committed.count;
    for (const { topic, partition, value } of accepted) {
      committed.set(topic, partition, value);
      this.pendingOffsets.supersede(groupId, topic, partition);
    }
    this.#committedOffsets += committed.count - before;
    return errorCodes;
  }

  /** Drops single offsets of a group without active subscriptions on them; an error code for the group, or one for each. */
  deleteOffsets(groupId: string, partitions: readonly { topic: string; partition: number }[]): number | number[] {
    const entry = this.#groups.entry(groupId);
    if (entry === undefined || entry.group.state === 'Dead') return ErrorCode.GROUP_ID_NOT_FOUND;
    const subscribed = entry.group.subscribedTopics();
    const isActive = entry.group.state !== 'Empty';
    if (isActive && subscribed === null) return ErrorCode.NON_EMPTY_GROUP;
    const errorCodes = partitions.map(({ topic }) =>
      isActive && subscribed?.has(topic) ? ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC : 0,
    );
    const removable = partitions.filter(
      ({ topic, partition }, index) => errorCodes[index] === 0 && entry.offsets.get(topic, partition) !== undefined,
    );
    const errorCode = this.#removeOffsets(groupId, entry, removable);
    return errorCode === 0 ? errorCodes : errorCodes.map((code) => (code === 0 ? errorCode : code));
  }

  /** A deleted topic takes its offsets along: a new topic of the same name starts without them. */
  topicDeleted(topic: string): void {
    for (const [groupId, entry] of this.#groups.entries()) {
      const partitions = [...entry.offsets.partitions(topic).keys()].map((partition) => ({ topic, partition }));
      partitions.push(...this.pendingOffsets.find(groupId, topic));
      this.#removeOffsets(groupId, entry, partitions);
    }
  }

  // --- administration --------------------------------------------------------------------------------------------------

  deleteGroup(groupId: string): number {
    const entry = this.#groups.entry(groupId);
    if (entry === undefined || entry.group.state === 'Dead') return ErrorCode.GROUP_ID_NOT_FOUND;
    if (entry.group.state !== 'Empty') return ErrorCode.NON_EMPTY_GROUP;
    return this.#removeGroup(groupId, entry);
  }

  /** One round of `offsets.retention.minutes`; the timer calls it. */
  expireOffsets(): void {
    const { clock, config } = this.#options;
    for (const [groupId, entry] of this.#groups.entries()) {
      const expired = collectExpired(entry, clock.now(), config.offsetsRetentionMs).filter(
        ({ topic, partition }) => !this.pendingOffsets.has(groupId, topic, partition),
      );
      if (expired.length > 0) this.#removeOffsets(groupId, entry, expired);
      if (entry.group.isIdle && this.#hasNoOffsets(groupId, entry)) this.#removeGroup(groupId, entry);
    }
  }

  /** Whoever waits for a rebalance is told to look for another coordinator. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#options.log.close();
    for (const [, { group }] of this.#groups.entries()) group.kill(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    this.#groups.clear();
  }

  #scheduleExpiry(): void {
    this.#timer = this.#options.clock.schedule(this.#options.config.retentionCheckIntervalMs, () => {
      this.expireOffsets();
      this.#scheduleExpiry();
    });
  }

  #removeOffsets(groupId: string, entry: GroupEntry, partitions: { topic: string; partition: number }[]): number {
    if (partitions.length === 0) return 0;
    const tombstones = partitions.map(({ topic, partition }) => ({
      key: encodeOffsetKey(groupId, topic, partition),
      value: null,
    }));
    const errorCode = this.#options.log.append(groupId, tombstones);
    if (errorCode !== 0) return errorCode;
    const before = entry.offsets.count;
    for (const { topic, partition } of partitions) {
      entry.offsets.delete(topic, partition);
      this.pendingOffsets.drop(groupId, topic, partition);
    }
    this.#committedOffsets -= before - entry.offsets.count;
    return 0;
  }

  #removeGroup(groupId: string, { group, offsets }: GroupEntry): number {
    const tombstones: LogEntry[] = [];
    for (const topic of offsets.topics()) {
      for (const partition of offsets.partitions(topic).keys()) {
        tombstones.push({ key: encodeOffsetKey(groupId, topic, partition), value: null });
      }
    }
    const pending = this.pendingOffsets.find(groupId);
    for (const { topic, partition } of pending) {
      tombstones.push({ key: encodeOffsetKey(groupId, topic, partition), value: null });
    }
    for (const { key } of group.records()) tombstones.push({ key, value: null });
    const errorCode = tombstones.length === 0 ? 0 : this.#options.log.append(groupId, tombstones);
    if (errorCode !== 0) return errorCode;
    for (const { topic, partition } of pending) this.pendingOffsets.drop(groupId, topic, partition);
    group.kill(ErrorCode.UNKNOWN_MEMBER_ID);
    this.#groups.delete(groupId);
    this.#committedOffsets -= offsets.count;
    return 0;
  }

  #hasNoOffsets(groupId: string, { offsets }: GroupEntry): boolean {
    return offsets.count === 0 && this.pendingOffsets.find(groupId).length === 0;
  }
}
