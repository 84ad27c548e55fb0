import { ErrorCode, type FetchResponsePartitionData, zeroUuid } from '@headwater/protocol';
import { withoutAborted } from '../aborted-transactions.ts';
import { backoffDelayMs, delay } from '../backoff.ts';
import { brokerError } from '../client-error.ts';
import type { Cluster } from '../cluster.ts';
import { type FetchedBatch, splitBatches } from '../fetched-batch.ts';
import type { LinkPool } from '../link-pool.ts';
import { BrokerFetcher, type FetchOwner, type FetchSettings } from './broker-fetcher.ts';
import type { Asked } from './fetch-session.ts';
import type { PartitionState } from './partition-state.ts';

export interface FetcherEvents {
  /** There is something to take. */
  ready(): void;
  /** A broker has answered, with records or without: ends of partitions are known anew. */
  answered?(): void;
  /** The log does not have the offset. */
  outOfRange(state: PartitionState): void;
  /** What no further attempt mends. */
  failed(error: unknown): void;
}

/** Fetches ahead for the partitions that it is given, from whichever brokers lead them, as far as there is room. */
export class Fetcher implements FetchOwner {
  readonly settings: FetchSettings;
  private readonly cluster: Cluster;
  private readonly pool: LinkPool;
  private readonly events: FetcherEvents;
  private readonly brokers = new Map<number, BrokerFetcher>();
  private readonly states = new Set<PartitionState>();
  /** With batches to take, in turn. */
  private readonly ready: PartitionState[] = [];
  private queuedBytes = 0;
  private leaders: Promise<void> | null = null;
  private readonly stopping = new AbortController();

  constructor(cluster: Cluster, settings: FetchSettings, events: FetcherEvents) {
    this.cluster = cluster;
    this.settings = settings;
    this.events = events;
    // A fetch is answered when there is something: no other request may wait behind it.
    this.pool = cluster.openPool();
  }

  /** Bytes fetched and not taken yet. */
  get bufferedSizeBytes(): number {
    return this.queuedBytes;
  }

  add(state: PartitionState): void {
    this.states.add(state);
    this.findLeaders();
  }

  remove(state: PartitionState): void {
    this.drop(state);
    state.isRemoved = true;
    state.moveTo(-1);
    this.states.delete(state);
    if (state.leaderId !== null) this.brokers.get(state.leaderId)?.states.delete(state);
  }

  /** Moves the position; what was fetched is dropped. -1: not fetched until it is known. */
  moveTo(state: PartitionState, offset: number): void {
    this.drop(state);
    state.moveTo(offset);
    this.poke(state);
  }

  /** After a pause has begun or ended. */
  poke(state: PartitionState): void {
    if (state.hasBatches && !state.isPaused) this.list(state);
    if (state.leaderId !== null) this.brokers.get(state.leaderId)?.poke();
  }

  private drop(state: PartitionState): void {
    this.queuedBytes -= state.queuedBytes;
  }

  /** The next batch, of each partition with some in turn; null: there is none. */
  take(): { state: PartitionState; batch: FetchedBatch } | null {
    for (;;) {
      const state = this.ready.shift();
      if (state === undefined) return null;
      state.isListed = false;
      if (state.isPaused || !state.hasBatches) continue;
      const before = state.queuedBytes;
      const batch = state.take();
      this.queuedBytes -= batch.sizeBytes;
      if (state.hasBatches) this.list(state);
      const { partitionMaxBytes, maxBufferedBytes } = this.settings;
      const hasPassed =
        (before >= partitionMaxBytes && state.queuedBytes < partitionMaxBytes) ||
        this.queuedBytes + batch.sizeBytes >= maxBufferedBytes;
      if (hasPassed) for (const broker of this.brokers.values()) broker.poke();
      return { state, batch };
    }
  }

  private list(state: PartitionState): void {
    if (state.isListed) return;
    state.isListed = true;
    this.ready.push(state);
  }

  get hasReady(): boolean {
    return this.ready.some((state) => !state.isPaused && state.hasBatches);
  }

  room(): number {
    return this.settings.maxBufferedBytes - this.queuedBytes;
  }

  received(asked: Asked, answer: FetchResponsePartitionData): void {
    const { state } = asked;
    const { topic, partition } = state;
    if (answer.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) {
      this.events.outOfRange(state);
      return;
    }
    if (answer.errorCode !== ErrorCode.NONE) {
      const error = brokerError(answer.errorCode, `reading ${topic}-${partition}`);
      if (!error.retriable) this.events.failed(error);
      else this.loseLeader(state, error);
      return;
    }
    const { highWatermark, lastStableOffset, logStartOffset } = answer;
    state.highWatermark = highWatermark;
    state.endOffset = this.settings.isolation === 'read_committed' ? lastStableOffset : highWatermark;
    state.logStartOffset = logStartOffset;
    const from = { topic, partition, highWatermark, logStartOffset, fromOffset: asked.offset };
    let batches = splitBatches(answer.records, from);
    const last = batches.at(-1);
    if (last === undefined) return;
    state.fetchOffset = last.nextOffset;
    const isCommittedOnly = this.settings.isolation === 'read_committed';
    const all = batches;
    if (isCommittedOnly) batches = withoutAborted(all, answer.abortedTransactions ?? []);
    let at = 0;
    for (const batch of all) {
      const isKept = batches[at] === batch;
      if (isKept) at++;
      if (!isKept || batch.header.isControl || batch.header.recordsCount === 0) state.skip(batch.nextOffset);
      else {
        state.push(batch);
        this.queuedBytes += batch.sizeBytes;
      }
    }
    if (state.hasBatches && !state.isPaused) this.list(state);
  }

  delivered(): void {
    if (this.ready.length > 0) this.events.ready();
    this.events.answered?.();
  }

  unreachable(brokerId: number, error: unknown): void {
    const broker = this.brokers.get(brokerId);
    if (broker !== undefined) for (const state of [...broker.states]) this.loseLeader(state, error);
  }

  private loseLeader(state: PartitionState, error: unknown): void {
    const { topic, partition } = state;
    const message = error instanceof Error ? error.message : String(error);
    this.cluster.options.logger.debug({ topic, partition, error: message }, 'consumer: looking for the leader again');
    if (state.leaderId !== null) this.brokers.get(state.leaderId)?.states.delete(state);
    state.leaderId = null;
    this.cluster.forgetTopic(topic);
    this.findLeaders();
  }

  /** Finds out who leads the partitions that no broker is asked for. */
  private findLeaders(): void {
    this.leaders ??= this.lookForLeaders().finally(() => {
      this.leaders = null;
    });
  }

  private async lookForLeaders(): Promise<void> {
    const { signal } = this.stopping;
    for (let failures = 0; !signal.aborted; failures++) {
      // What is added in this turn is looked for together.
      await Promise.resolve();
      const lost = [...this.states].filter(({ leaderId }) => leaderId === null);
      if (lost.length === 0) return;
      const unknown = [...new Set(lost.map(({ topic }) => topic))].filter((topic) => !this.cluster.knownTopic(topic));
      try {
        if (unknown.length > 0) await this.cluster.refresh(unknown, { signal });
        for (const state of lost) this.follow(state);
      } catch (error) {
        if (signal.aborted) return;
        this.cluster.options.logger.debug({ error: String(error) }, 'consumer: no leaders yet');
      }
      if (![...this.states].some(({ leaderId }) => leaderId === null)) return;
      for (const { topic, leaderId } of this.states) if (leaderId === null) this.cluster.forgetTopic(topic);
      await delay(backoffDelayMs(failures), signal).catch(() => {});
    }
  }

  private follow(state: PartitionState): void {
    const metadata = this.cluster.knownTopic(state.topic);
    const leader = metadata?.partitions.find(({ partition }) => partition === state.partition)?.leader ?? -1;
    if (this.cluster.broker(leader) === undefined || state.isRemoved) return;
    state.leaderId = leader;
    state.topicId = metadata!.topicId === zeroUuid ? '' : metadata!.topicId;
    let broker = this.brokers.get(leader);
    if (broker === undefined) {
      broker = new BrokerFetcher(leader, this.cluster, this.pool, this, this.stopping.signal);
      this.brokers.set(leader, broker);
    }
    broker.states.add(state);
    broker.poke();
  }

  /** Stops fetching; what is fetched can still be taken. May be called twice. */
  async close(reason: unknown): Promise<void> {
    if (!this.stopping.signal.aborted) this.stopping.abort(reason);
    this.pool.close();
    await Promise.all([...this.brokers.values()].map((broker) => broker.ended()));
    await this.leaders;
  }
}
