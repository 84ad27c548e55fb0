import { backoffDelayMs, delay } from '../backoff.ts';
import { abortable } from '../broker-link.ts';
import type { TopicPartition } from '../by-leader.ts';
import { ClientError, isRetriable } from '../client-error.ts';
import type { Cluster } from '../cluster.ts';
import type { FetchedBatch } from '../fetched-batch.ts';
import { ClassicMembership } from '../group/classic-membership.ts';
import {
  type CommittedPosition,
  commitAsMember,
  committedPositions,
  type OffsetToCommit,
} from '../group/group-offsets.ts';
import type { Membership, MembershipHost } from '../group/membership.ts';
import { ModernMembership } from '../group/modern-membership.ts';
import { assignorsOf, badOption, type ConsumerOptions, checkConsumerOptions } from './consumer-options.ts';
import { Fetcher } from './fetcher.ts';
import { type Offsets, toList } from './offsets.ts';
import { PartitionState, type StartSpec } from './partition-state.ts';
import { findStartOffsets, noOffset, resetSpec } from './start-offsets.ts';

export interface PollOptions {
  /** How long to wait when there is nothing. Default 1,000; 0: not at all. */
  maxWaitMs?: number;
  /** Batches are added until they have so many bytes. Default 1 MiB. */
  maxBytes?: number;
  signal?: AbortSignal | undefined;
}

/** Who a consumer is in its group: what a transaction that holds its offsets has to say. */
export interface GroupMetadata {
  groupId: string;
  memberId: string;
  /** Generation of the classic protocol or member epoch of the new one; -1 without a group's assignment. */
  epoch: number;
  groupInstanceId: string | undefined;
}

/**
 * Reads topics in batches, alone or as a member of a group. Everything happens ahead and in the background: fetching up
 * to `maxBufferedBytes`, heartbeats, rebalances; but partitions come and go only while the application waits for the
 * next batch, so that a batch in hand is always of a partition that is held.
 *
 * @example
 * const consumer = client.consumer({ groupId: 'billing', topics: ['orders'], autoOffsetReset: 'earliest' });
 * for await (const batch of consumer) {
 *   for (const record of batch.records()) console.log(record.offset, String(record.value));
 * }
 */
export class Consumer implements AsyncIterableIterator<FetchedBatch> {
  private readonly cluster: Cluster;
  private readonly options: ConsumerOptions;
  private readonly fetcher: Fetcher;
  private readonly membership: Membership | null;
  private readonly states = new Map<string, Map<number, PartitionState>>();
  private readonly stopping = new AbortController();
  private starting: Promise<void> | null = null;
  private closing: Promise<void> | null = null;
  private failure: unknown = null;
  /** Told once by the next call: the application can mend it by `seek`. */
  private readonly complaints: ClientError[] = [];
  /** Handed out since the last call: the application works on them. */
  private readonly inHand = new Set<PartitionState>();
  private isBusy = false;
  private isPolling = false;
  private rebalancing = 0;
  private readonly safeWaiters: (() => void)[] = [];
  private wake: (() => void) | null = null;
  private lastCallMs = Date.now();
  private isSuspended = false;
  private locating: Promise<void> | null = null;
  private committing: Promise<void> = Promise.resolve();
  private readonly timers: NodeJS.Timeout[] = [];

  constructor(cluster: Cluster, options: ConsumerOptions) {
    checkConsumerOptions(options);
    this.cluster = cluster;
    this.options = options;
    this.fetcher = new Fetcher(
      cluster,
      {
        maxWaitMs: options.maxWaitMs ?? 500,
        minBytes: options.minBytes ?? 1,
        maxBytes: options.maxBytes ?? 16 * 1024 * 1024,
        partitionMaxBytes: options.partitionMaxBytes ?? 1024 * 1024,
        maxBufferedBytes: options.maxBufferedBytes ?? 32 * 1024 * 1024,
        isolation: options.isolation ?? 'read_uncommitted',
        rackId: options.rackId ?? '',
      },
      {
        ready: () => this.wake?.(),
        outOfRange: (state) => this.reset(state),
        failed: (error) => this.fail(error),
      },
    );
    this.membership = this.openMembership();
    const { signal } = options;
    const onAbort = () => this.fail(signal!.reason);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true, signal: this.stopping.signal });
    const onClosed = () => this.fail(cluster.closed.reason);
    if (cluster.isClosed) onClosed();
    else cluster.closed.addEventListener('abort', onClosed, { once: true, signal: this.stopping.signal });
  }

  private openMembership(): Membership | null {
    const { groupId, partitions, maxPollIntervalMs = 300_000, groupInstanceId, rackId } = this.options;
    if (groupId === undefined || partitions !== undefined) return null;
    const host: MembershipHost = {
      owned: () => this.assignment(),
      revoke: (list) => this.atSafePoint(() => this.revoke(list)),
      assign: (list) => this.atSafePoint(() => this.assign(list)),
      lose: (error) => this.atSafePoint(() => this.lose(error)),
      fail: (error) => this.fail(error),
    };
    const common = { groupId, groupInstanceId, rackId, rebalanceTimeoutMs: maxPollIntervalMs };
    if (this.options.groupProtocol === 'consumer') {
      const { serverAssignor, serverPattern: topicRegex } = this.options;
      return new ModernMembership(this.cluster, { ...common, serverAssignor, topicRegex }, host);
    }
    const { sessionTimeoutMs, heartbeatIntervalMs } = this.options;
    const assignors = assignorsOf(this.options.assignors);
    return new ClassicMembership(this.cluster, { ...common, sessionTimeoutMs, heartbeatIntervalMs, assignors }, host);
  }

  /** Joins the group, or looks for the given partitions; `poll` and `next` do so by themselves. */
  start(): Promise<void> {
    this.starting ??= this.begin().catch((error) => {
      this.fail(error);
      throw error;
    });
    return this.starting;
  }

  private async begin(): Promise<void> {
    const { partitions, topics, pattern, autoCommit = true, groupId } = this.options;
    const every = (ms: number, run: () => void) => this.timers.push(setInterval(run, ms).unref());
    if (groupId !== undefined && autoCommit) {
      every(this.options.autoCommitIntervalMs ?? 5000, () => void this.commitDone().catch((error) => this.warn(error)));
    }
    if (partitions !== undefined) {
      await this.assign(
        Object.entries(partitions).flatMap(([topic, list]) => list.map((partition) => ({ topic, partition }))),
      );
      return;
    }
    const { membership } = this;
    if (membership === null) return;
    if (pattern !== undefined) await this.discover();
    else membership.subscribe([...(topics ?? [])].sort());
    every(this.options.discoveryIntervalMs ?? 30_000, () => void this.discover().catch((error) => this.warn(error)));
    this.lastCallMs = Date.now();
    const { maxPollIntervalMs = 300_000 } = this.options;
    every(Math.max(50, Math.min(1000, maxPollIntervalMs / 4)), () => this.watchPolls(maxPollIntervalMs));
    membership.start();
  }

  private warn(error: unknown): void {
    if (this.stopping.signal.aborted) return;
    const { groupId } = this.options;
    this.cluster.options.logger.warn({ groupId, error: (error as Error).message }, 'consumer: will be tried again');
  }

  /** Which topics there are now, and whether they are as they were. */
  private async discover(): Promise<void> {
    const { pattern } = this.options;
    if (pattern !== undefined) {
      const { topics } = await this.cluster.refresh(null, { signal: this.stopping.signal });
      const names = topics.filter(({ name, isInternal }) => !isInternal && matchesWhole(pattern, name));
      this.membership!.subscribe(names.map(({ name }) => name).sort());
    }
    this.membership!.topicsChanged();
  }

  private watchPolls(maxPollIntervalMs: number): void {
    if (this.isPolling || this.isSuspended || Date.now() - this.lastCallMs < maxPollIntervalMs) return;
    this.isSuspended = true;
    const why = `no call of poll or next in ${maxPollIntervalMs} ms (maxPollIntervalMs)`;
    this.cluster.options.logger.warn({ groupId: this.options.groupId }, `consumer: leaves its group: ${why}`);
    this.membership!.suspend(why);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next batch; the application is done with the one before. Ends when the consumer is closed. */
  async next(): Promise<IteratorResult<FetchedBatch>> {
    if (this.closing !== null) return { done: true, value: undefined };
    const batches: FetchedBatch[] = [];
    try {
      await this.take(batches, 1, Number.POSITIVE_INFINITY, undefined);
    } catch (error) {
      if (this.closing !== null) return { done: true, value: undefined };
      throw error;
    }
    const [value] = batches;
    return value === undefined ? { done: true, value } : { done: false, value };
  }

  /**
   * The batches that are there, or the first that come; none when the time is up. The application is done with those
   * of the call before. A call that is aborted loses nothing.
   */
  async poll(options: PollOptions = {}): Promise<FetchedBatch[]> {
    const { maxWaitMs = 1000, maxBytes = 1024 * 1024, signal } = options;
    const batches: FetchedBatch[] = [];
    await this.take(batches, maxBytes, maxWaitMs, signal);
    return batches;
  }

  private async take(to: FetchedBatch[], maxBytes: number, maxWaitMs: number, signal?: AbortSignal): Promise<void> {
    if (this.isPolling) throw badOption('poll or next is under way already: await it first');
    signal?.throwIfAborted();
    this.isPolling = true;
    try {
      this.settle();
      if (this.starting === null) await abortable(this.start(), signal);
      const deadlineMs = performance.now() + maxWaitMs;
      for (;;) {
        if (this.failure !== null) throw this.failure;
        const complaint = this.complaints.shift();
        if (complaint !== undefined) throw complaint;
        if (this.rebalancing === 0 && this.fill(to, maxBytes)) return;
        const waitMs = deadlineMs - performance.now();
        if (waitMs <= 0 || this.closing !== null) return;
        await this.news(waitMs, signal);
      }
    } finally {
      this.isPolling = false;
      this.lastCallMs = Date.now();
    }
  }

  private fill(to: FetchedBatch[], maxBytes: number): boolean {
    let bytes = 0;
    while (bytes < maxBytes) {
      const taken = this.fetcher.take();
      if (taken === null) break;
      this.inHand.add(taken.state);
      this.isBusy = true;
      to.push(taken.batch);
      bytes += taken.batch.sizeBytes;
    }
    return to.length > 0;
  }

  /** The application asks for more: it is done with what it had. */
  private settle(): void {
    for (const state of this.inHand) state.doneOffset = state.position;
    this.inHand.clear();
    this.isBusy = false;
    if (this.isSuspended) {
      this.isSuspended = false;
      this.membership!.resume();
    }
    for (const proceed of this.safeWaiters.splice(0)) proceed();
  }

  private news(waitMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = () => {
        this.wake = null;
        if (timer !== null) clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const onAbort = () => {
        finish();
        reject(signal!.reason);
      };
      const timer = Number.isFinite(waitMs) ? setTimeout(() => this.wake?.(), waitMs) : null;
      signal?.addEventListener('abort', onAbort, { once: true });
      this.wake = () => {
        finish();
        resolve();
      };
    });
  }

  /** Runs when the application has no batch in hand, and hands none out meanwhile. */
  private async atSafePoint(run: () => Promise<void>): Promise<void> {
    this.rebalancing++;
    try {
      while (this.isBusy && this.closing === null && !this.stopping.signal.aborted) {
        await new Promise<void>((resolve) => {
          this.safeWaiters.push(resolve);
        });
      }
      await run();
    } finally {
      this.rebalancing--;
      this.wake?.();
    }
  }

  private async assign(partitions: readonly TopicPartition[]): Promise<void> {
    const added: PartitionState[] = [];
    for (const { topic, partition } of partitions) {
      let ofTopic = this.states.get(topic);
      if (ofTopic === undefined) {
        ofTopic = new Map();
        this.states.set(topic, ofTopic);
      }
      if (ofTopic.has(partition)) continue;
      const state = new PartitionState(topic, partition);
      ofTopic.set(partition, state);
      added.push(state);
    }
    await this.options.onPartitionsAssigned?.(partitions);
    for (const state of added) if (!state.isRemoved) this.fetcher.add(state);
    this.locate();
  }

  private async revoke(partitions: readonly TopicPartition[]): Promise<void> {
    const { autoCommit = true, onPartitionsRevoked } = this.options;
    if (autoCommit) await this.commitDone().catch((error) => this.warn(error));
    await onPartitionsRevoked?.(partitions);
    this.forget(partitions);
  }

  private async lose(_error: ClientError): Promise<void> {
    const partitions = this.assignment();
    if (partitions.length === 0) return;
    this.forget(partitions);
    await (this.options.onPartitionsLost ?? this.options.onPartitionsRevoked)?.(partitions);
  }

  private forget(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) {
      const ofTopic = this.states.get(topic);
      const state = ofTopic?.get(partition);
      if (ofTopic === undefined || state === undefined) continue;
      this.fetcher.remove(state);
      this.inHand.delete(state);
      ofTopic.delete(partition);
      if (ofTopic.size === 0) this.states.delete(topic);
    }
  }

  private all(): PartitionState[] {
    return [...this.states.values()].flatMap((partitions) => [...partitions.values()]);
  }

  private state(topic: string, partition: number): PartitionState {
    const state = this.states.get(topic)?.get(partition);
    if (state === undefined) throw badOption(`${topic}-${partition} is not assigned to this consumer`);
    return state;
  }

  /** The partitions held at present. */
  assignment(): TopicPartition[] {
    return this.all().map(({ topic, partition }) => ({ topic, partition }));
  }

  /** Goes on at an offset, at an end of the log, or at the first record not older than a time. Fetched batches are dropped. */
  seek(topic: string, partition: number, to: number | StartSpec): void {
    const state = this.state(topic, partition);
    this.inHand.delete(state);
    if (typeof to === 'number') {
      if (!Number.isSafeInteger(to) || to < 0) throw badOption(`seek to ${to}: an offset is 0 or more`);
      this.fetcher.moveTo(state, to);
    } else {
      state.startAt = to;
      this.fetcher.moveTo(state, -1);
      if (this.starting !== null) this.locate();
    }
  }

  /** Hands out nothing more of the partitions until `resume`; what is fetched of them is kept. */
  pause(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) this.state(topic, partition).isPaused = true;
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) {
      const state = this.state(topic, partition);
      state.isPaused = false;
      this.fetcher.poke(state);
    }
    this.wake?.();
  }

  paused(): TopicPartition[] {
    return this.all()
      .filter(({ isPaused }) => isPaused)
      .map(({ topic, partition }) => ({ topic, partition }));
  }

  /** After the last batch that was taken, by topic and partition; partitions whose position is not known yet are left out. */
  positions(): Record<string, Record<number, number>> {
    const all: Record<string, Record<number, number>> = {};
    for (const { topic, partition, position } of this.all()) {
      if (position >= 0) (all[topic] ??= {})[partition] = position;
    }
    return all;
  }

  /** Of the partitions as last fetched: where their logs begin and end, for lag without a request. -1: not known yet. */
  watermarks(topic: string, partition: number): { low: number; high: number } {
    const { logStartOffset: low, highWatermark: high } = this.state(topic, partition);
    return { low, high };
  }

  /** Records fetched and not taken yet, in bytes. */
  get bufferedSizeBytes(): number {
    return this.fetcher.bufferedSizeBytes;
  }

  /** Aborts when the consumer has ended, for whatever reason. */
  get stopped(): AbortSignal {
    return this.stopping.signal;
  }

  /** Who this is in the group, for offsets in a transaction. Throws without a `groupId`. */
  groupMetadata(): GroupMetadata {
    const { groupId, groupInstanceId } = this.options;
    if (groupId === undefined) throw badOption('a consumer without a groupId has no offsets to commit');
    const isMember = this.membership !== null;
    const memberId = isMember && this.membership!.epoch >= 0 ? this.membership!.memberId : '';
    return {
      groupId,
      memberId,
      epoch: this.membership?.epoch ?? -1,
      groupInstanceId: isMember ? groupInstanceId : undefined,
    };
  }

  /**
   * Commits offsets: those given, or where everything that was taken ends. Commits of a consumer go one after the other.
   * Rejects with HW_CLIENT_GROUP_FENCED when the group has given the partitions to others.
   */
  commit(offsets?: Offsets, options: { signal?: AbortSignal } = {}): Promise<void> {
    const wanted = offsets === undefined ? this.taken((state) => state.position) : toList(offsets);
    return this.commitList(wanted, options.signal);
  }

  /** Background commits: what the application is done with. */
  private commitDone(): Promise<void> {
    return this.commitList(this.taken((state) => state.doneOffset));
  }

  private taken(offsetOf: (state: PartitionState) => number): OffsetToCommit[] {
    const list: OffsetToCommit[] = [];
    for (const state of this.all()) {
      const offset = offsetOf(state);
      if (offset < 0 || offset === state.committedOffset) continue;
      const { topic, partition, leaderEpoch } = state;
      list.push({ topic, partition, offset, leaderEpoch: offset === state.position ? leaderEpoch : -1 });
    }
    return list;
  }

  private commitList(offsets: readonly OffsetToCommit[], signal?: AbortSignal): Promise<void> {
    const { committing } = this;
    const run = async () => {
      await committing.catch(() => {});
      await commitAsMember(this.cluster, () => this.committer(), offsets, signal);
      for (const { topic, partition, offset } of offsets) {
        const state = this.states.get(topic)?.get(partition);
        if (state !== undefined) state.committedOffset = offset;
      }
    };
    if (offsets.length === 0) return committing.catch(() => {});
    const mine = run();
    this.committing = mine;
    return mine;
  }

  private committer() {
    const metadata = this.groupMetadata();
    if (this.membership !== null && metadata.epoch < 0) {
      const message = `this consumer is not in group ${metadata.groupId} at present: its partitions may be others' by now`;
      throw new ClientError('HW_CLIENT_GROUP_FENCED', message);
    }
    return metadata;
  }

  /** What the group has committed for partitions, by default for those assigned; those without a commit are left out. */
  committed(
    partitions?: readonly TopicPartition[],
    options: { signal?: AbortSignal } = {},
  ): Promise<CommittedPosition[]> {
    const wanted = partitions ?? this.assignment();
    return committedPositions(this.cluster, () => this.groupMetadata(), wanted, options.signal);
  }

  /** Finds positions for the partitions without one, in the background. */
  private locate(): void {
    this.locating ??= this.findPositions().finally(() => {
      this.locating = null;
    });
  }

  private async findPositions(): Promise<void> {
    const { signal } = this.stopping;
    for (let failures = 0; !signal.aborted; ) {
      const lost = this.all().filter(({ position }) => position < 0);
      const waiting = lost.filter((state) => !this.unknown.has(state));
      if (waiting.length === 0) return;
      try {
        await this.locateOnce(waiting, signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        const isMissing = error instanceof ClientError && error.kafkaName === 'UNKNOWN_TOPIC_OR_PARTITION';
        if (!isRetriable(error) && !isMissing) return this.fail(error);
        this.cluster.options.logger.debug({ error: (error as Error).message }, 'consumer: no position yet');
        await delay(backoffDelayMs(failures++), signal).catch(() => {});
      }
    }
  }

  /** Without an offset and told to fail: they wait for a seek. */
  private readonly unknown = new WeakSet<PartitionState>();

  private async locateOnce(states: readonly PartitionState[], signal: AbortSignal): Promise<void> {
    const versions = new Map(states.map((state) => [state, state.version]));
    const settle = (state: PartitionState, offset: number) => {
      if (state.isRemoved || state.version !== versions.get(state)) return;
      state.startAt = null;
      this.fetcher.moveTo(state, offset);
    };
    const fresh = states.filter(({ startAt }) => startAt === null);
    if (fresh.length > 0 && this.options.groupId !== undefined) {
      const committed = await committedPositions(this.cluster, () => this.groupMetadata(), fresh, signal);
      const found = new Map(committed.map((one) => [`${one.topic}/${one.partition}`, one]));
      for (const state of fresh) {
        const one = found.get(`${state.topic}/${state.partition}`);
        if (one === undefined) continue;
        settle(state, one.offset);
        state.committedOffset = one.offset;
        state.leaderEpoch = one.leaderEpoch;
      }
    }
    for (const state of fresh) {
      if (state.position >= 0 || state.isRemoved || state.version !== versions.get(state)) continue;
      state.startAt = resetSpec(this.options.autoOffsetReset);
      if (state.startAt === null) this.complain(state, `group ${this.options.groupId ?? ''} has no committed offset`);
    }
    const searched = states.filter((state) => state.startAt !== null && state.position < 0 && !state.isRemoved);
    if (searched.length === 0) return;
    const offsets = await findStartOffsets(this.cluster, searched, this.fetcher.settings.isolation, signal);
    for (const [state, offset] of offsets) settle(state, offset);
  }

  private complain(state: PartitionState, why: string): void {
    this.unknown.add(state);
    this.complaints.push(noOffset(state, why));
    this.wake?.();
  }

  private reset(state: PartitionState): void {
    const { topic, partition, fetchOffset: offset } = state;
    const startAt = resetSpec(this.options.autoOffsetReset);
    this.cluster.options.logger.warn(
      { topic, partition, offset, resetTo: startAt ?? 'fail' },
      'consumer: offset out of range',
    );
    this.fetcher.moveTo(state, -1);
    state.startAt = startAt;
    if (startAt === null) this.complain(state, `the log does not have offset ${offset}`);
    else this.locate();
  }

  private fail(error: unknown): void {
    this.failure ??= error;
    // Who loops over a consumer that fails has no call to close it: nobody else would have its partitions.
    void this.stop(error).then(() => this.membership?.close({ leave: this.options.leaveOnClose }));
  }

  private async stop(reason: unknown): Promise<void> {
    for (const timer of this.timers.splice(0)) clearInterval(timer);
    if (!this.stopping.signal.aborted) this.stopping.abort(reason);
    const ended = this.fetcher.close(reason);
    this.wake?.();
    for (const proceed of this.safeWaiters.splice(0)) proceed();
    await ended;
  }

  /** Ends the consumer; called by `break` in a `for await` loop. The batch in hand does not count as done. */
  async return(): Promise<IteratorResult<FetchedBatch>> {
    this.inHand.clear();
    for (const state of this.all()) state.position = state.doneOffset;
    await this.close();
    return { done: true, value: undefined };
  }

  /**
   * Commits what was taken (with `autoCommit`), calls `onPartitionsRevoked`, leaves the group and closes the connections.
   * May be called twice.
   */
  close({ timeoutMs = 5000 }: { timeoutMs?: number } = {}): Promise<void> {
    this.closing ??= this.shutDown(timeoutMs);
    return this.closing;
  }

  private async shutDown(timeoutMs: number): Promise<void> {
    // `closing` is set when this goes on.
    await Promise.resolve();
    if (this.failure === null && this.starting !== null) {
      this.settle();
      const partitions = this.assignment();
      const { signal } = this.stopping;
      const timer = setTimeout(
        () => this.stopping.abort(new ClientError('HW_CLIENT_CLOSED', 'closing took too long')),
        timeoutMs,
      );
      const revoked = this.membership === null ? this.finalCommit() : this.atSafePoint(() => this.revoke(partitions));
      await abortable(revoked, signal).catch((error) => this.warn(error));
      clearTimeout(timer);
    }
    await this.stop(new ClientError('HW_CLIENT_CLOSED', 'the consumer is closed'));
    await this.membership?.close({ leave: this.options.leaveOnClose, timeoutMs });
    await this.locating;
  }

  private async finalCommit(): Promise<void> {
    const { autoCommit = true, groupId } = this.options;
    if (autoCommit && groupId !== undefined) await this.commitDone();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function matchesWhole(pattern: RegExp | ((topic: string) => boolean), name: string): boolean {
  if (typeof pattern === 'function') return pattern(name);
  return new RegExp(`^(?:${pattern.source})$`, pattern.flags.replace(/[gy]/g, '')).test(name);
}
