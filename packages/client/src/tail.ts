import type { Logger } from '@headwater/logger';
import { ErrorCode } from '@headwater/protocol';
import { backoffDelayMs, delay } from './backoff.ts';
import { groupByLeader } from './by-leader.ts';
import { brokerError, ClientError, isRetriable } from './client-error.ts';
import type { BrokerInfo, Cluster } from './cluster.ts';
import { type FetchedPartition, type FetchPosition, fetchFrom } from './fetch.ts';
import type { FetchedBatch } from './fetched-batch.ts';
import type { LinkPool } from './link-pool.ts';
import { listOffsets, OffsetSpec } from './list-offsets.ts';

export interface TailOptions {
  topics: readonly string[];
  /**
   * Where to start: all that the log has, only what is new, the first record not older than a time in milliseconds, or
   * offsets by topic and partition (partitions that are left out start at `otherwise`, default 'latest').
   */
  from:
    | 'earliest'
    | 'latest'
    | { timestamp: number }
    | { offsets: Record<string, Record<number, number>>; otherwise?: 'earliest' | 'latest' };
  /** Only these partitions, of every topic or by topic; default all, with those that are added later. */
  partitions?: readonly number[] | Record<string, readonly number[]>;
  /** Most bytes of an answer from one partition. Default 1 MiB. */
  maxBytes?: number;
  /** How long a broker waits for new records before it answers with none. Default 500. */
  maxWaitMs?: number;
  /** Fetched and not yet taken; no more is fetched while this is passed. Default 16 MiB. */
  maxBufferedBytes?: number;
  /** Where to go on when the log no longer has an offset, or does not have it yet. Default 'earliest'; 'fail' rejects. */
  onOutOfRange?: 'earliest' | 'latest' | 'fail';
  isolation?: 'read_uncommitted' | 'read_committed';
  signal?: AbortSignal | undefined;
}

interface Position extends FetchPosition {
  /** Since when the broker has said that there is no such partition; 0: it is there. */
  missingSinceMs: number;
}

/** How long a topic may be gone (a broker that starts, a leader that moves) before the tail fails. */
const MISSING_MAX_MS = 5000;
/** How often to look for partitions that were added. */
const DISCOVERY_INTERVAL_MS = 30_000;

/**
 * Follows topics without a group: an endless iterator of record batches, in order within a partition. It has
 * connections of its own, and stops when it is left (`break`), aborted, or closed. It hands over no markers of transactions and no aborted
 * records: the last offset of a topic may be one that never comes. Who reads up to an offset asks `positions()` of a consumer.
 */
export class Tail implements AsyncIterableIterator<FetchedBatch> {
  private readonly cluster: Cluster;
  private readonly options: TailOptions;
  private readonly logger: Logger;
  private readonly pool: LinkPool;
  private readonly positions = new Map<string, Position>();
  private readonly queue: FetchedBatch[] = [];
  private queuedBytes = 0;
  private readonly stopping = new AbortController();
  private running: Promise<void> | null = null;
  private failure: unknown = null;
  private isEnded = false;
  private wakeReader: (() => void) | null = null;
  private readonly wakeFetchers = new Set<() => void>();

  constructor(cluster: Cluster, options: TailOptions) {
    this.cluster = cluster;
    this.options = options;
    this.logger = cluster.options.logger;
    this.pool = cluster.openPool();
    const { signal } = options;
    const onAbort = () => this.stop(signal!.reason);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true, signal: this.stopping.signal });
    const onClosed = () => this.stop(cluster.closed.reason);
    if (cluster.isClosed) onClosed();
    else cluster.closed.addEventListener('abort', onClosed, { once: true, signal: this.stopping.signal });
  }

  /** Bytes fetched and not taken yet. */
  get bufferedSizeBytes(): number {
    return this.queuedBytes;
  }

  /** Aborts when the tail ends, for whatever reason. */
  get stopped(): AbortSignal {
    return this.stopping.signal;
  }

  /** Offsets that the next batches start from, by topic and partition: what has been taken, not what was fetched. */
  private readonly taken = new Map<string, Map<number, number>>();

  /** Where to go on to miss nothing and repeat nothing of what was taken so far. */
  offsets(): Record<string, Record<number, number>> {
    const all: Record<string, Record<number, number>> = {};
    for (const [topic, partitions] of this.taken) all[topic] = Object.fromEntries(partitions);
    return all;
  }

  /** Finds out where to start; `next()` does so by itself. Rejects when a topic does not exist. */
  async start(): Promise<void> {
    this.running ??= this.run();
    await this.started;
  }

  private readonly startedSignal = Promise.withResolvers<void>();

  private get started(): Promise<void> {
    return this.startedSignal.promise;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<FetchedBatch>> {
    this.running ??= this.run();
    for (;;) {
      const batch = this.queue.shift();
      if (batch !== undefined) {
        this.queuedBytes -= batch.sizeBytes;
        this.taken.get(batch.topic)?.set(batch.partition, batch.nextOffset);
        for (const wake of this.wakeFetchers) wake();
        return { done: false, value: batch };
      }
      if (this.failure !== null) throw this.failure;
      if (this.isEnded) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.wakeReader = resolve;
      });
      this.wakeReader = null;
    }
  }

  /** Ends the tail; called by `break` in a `for await` loop. */
  async return(): Promise<IteratorResult<FetchedBatch>> {
    await this.close();
    return { done: true, value: undefined };
  }

  /** Stops fetching and closes the connections. May be called twice. */
  async close(): Promise<void> {
    this.isEnded = true;
    this.queue.length = 0;
    this.queuedBytes = 0;
    this.stop(null);
    await this.running?.catch(() => {});
  }

  private stop(reason: unknown): void {
    if (this.stopping.signal.aborted) return;
    if (reason !== null) this.failure ??= reason;
    this.isEnded = true;
    this.stopping.abort(reason ?? new ClientError('HW_CLIENT_CLOSED', 'the tail was closed'));
    this.pool.close();
    this.wakeReader?.();
    for (const wake of this.wakeFetchers) wake();
  }

  private get isStopped(): boolean {
    return this.stopping.signal.aborted;
  }

  private async run(): Promise<void> {
    this.started.catch(() => {});
    try {
      await this.locate(this.options.topics, this.options.from);
      this.startedSignal.resolve();
      await this.fetchLoop();
    } catch (error) {
      if (!this.isStopped) this.stop(error);
      this.startedSignal.reject(error as Error);
    }
  }

  /** Adds the partitions of the topics that are not followed yet, from where `from` says. */
  private async locate(topics: readonly string[], from: TailOptions['from']): Promise<void> {
    const { signal } = this.stopping;
    const given = typeof from === 'object' && 'offsets' in from ? from.offsets : {};
    const wanted: Record<string, Record<number, number>> = {};
    for (const topic of topics) {
      const { partitions } = await this.cluster.topic(topic, { signal });
      if (!this.taken.has(topic)) this.taken.set(topic, new Map());
      for (const partition of this.chosen(topic, partitions.length)) {
        if (this.positions.has(`${topic}-${partition}`)) continue;
        const offset = given[topic]?.[partition];
        if (offset !== undefined) this.add(topic, partition, offset);
        else (wanted[topic] ??= {})[partition] = offsetSpec(from);
      }
    }
    const found = await listOffsets(this.cluster, wanted, { signal });
    const missing: Record<string, Record<number, number>> = {};
    for (const [topic, partitions] of Object.entries(found)) {
      for (const [partition, { offset }] of Object.entries(partitions)) {
        // No record is as late as the time that was asked for: only what is still to come is.
        if (offset < 0) (missing[topic] ??= {})[Number(partition)] = OffsetSpec.latest;
        else this.add(topic, Number(partition), offset);
      }
    }
    const latest = await listOffsets(this.cluster, missing, { signal });
    for (const [topic, partitions] of Object.entries(latest)) {
      for (const [partition, { offset }] of Object.entries(partitions)) this.add(topic, Number(partition), offset);
    }
  }

  private chosen(topic: string, partitionCount: number): readonly number[] {
    const { partitions } = this.options;
    const chosen = isList(partitions) ? partitions : partitions?.[topic];
    return chosen ?? Array.from({ length: partitionCount }, (_, partition) => partition);
  }

  private add(topic: string, partition: number, offset: number): void {
    const maxBytes = this.options.maxBytes ?? 1024 * 1024;
    this.positions.set(`${topic}-${partition}`, { topic, partition, offset, maxBytes, missingSinceMs: 0 });
    this.taken.get(topic)!.set(partition, offset);
  }

  /** One round asks every leader at once, each for its partitions; a leader with nothing new holds up no other. */
  private async fetchLoop(): Promise<void> {
    const polling = new Map<number, Promise<void>>();
    let failures = 0;
    let discoveredAtMs = Date.now();
    while (!this.isStopped) {
      await this.roomInQueue();
      if (this.isStopped) break;
      try {
        if (Date.now() - discoveredAtMs > DISCOVERY_INTERVAL_MS) {
          await this.discover();
          discoveredAtMs = Date.now();
        }
        const groups = await groupByLeader(this.cluster, [...this.positions.values()], this.stopping.signal);
        for (const { broker, items } of groups) {
          if (polling.has(broker.id)) continue;
          polling.set(
            broker.id,
            this.poll(broker, items).finally(() => polling.delete(broker.id)),
          );
        }
        if (polling.size > 0) await Promise.race(polling.values());
        else await delay(DISCOVERY_INTERVAL_MS, this.stopping.signal);
        failures = 0;
      } catch (error) {
        if (this.isStopped) break;
        if (!isRetriable(error) && !this.isMissingTopic(error)) throw error;
        this.logger.debug({ error: (error as Error).message }, 'tail: trying again');
        for (const topic of this.options.topics) this.cluster.forgetTopic(topic);
        await delay(backoffDelayMs(failures++), this.stopping.signal).catch(() => {});
      }
    }
    await Promise.allSettled(polling.values());
  }

  /** A topic that was there at the start may be away for a while before the tail gives up. */
  private isMissingTopic(error: unknown): boolean {
    if (!(error instanceof ClientError) || error.kafkaCode !== ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) return false;
    let longestMs = 0;
    for (const position of this.positions.values()) {
      position.missingSinceMs ||= Date.now();
      longestMs = Math.max(longestMs, Date.now() - position.missingSinceMs);
    }
    return longestMs < MISSING_MAX_MS;
  }

  private async discover(): Promise<void> {
    for (const topic of this.options.topics) this.cluster.forgetTopic(topic);
    await this.locate(this.options.topics, 'earliest');
  }

  private async roomInQueue(): Promise<void> {
    const max = this.options.maxBufferedBytes ?? 16 * 1024 * 1024;
    while (this.queuedBytes >= max && !this.isStopped) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.wakeFetchers.delete(wake);
          resolve();
        };
        this.wakeFetchers.add(wake);
      });
    }
  }

  private async poll(broker: BrokerInfo, positions: readonly Position[]): Promise<void> {
    const { isolation, maxWaitMs = 500 } = this.options;
    const results = await fetchFrom(this.cluster, this.pool, broker, positions, {
      maxWaitMs,
      maxBytes: this.options.maxBufferedBytes ?? 16 * 1024 * 1024,
      ...(isolation === undefined ? {} : { isolation }),
      signal: this.stopping.signal,
    });
    for (const result of results) await this.take(result);
    if (this.queue.length > 0) this.wakeReader?.();
  }

  private async take(result: FetchedPartition): Promise<void> {
    const position = this.positions.get(`${result.topic}-${result.partition}`);
    if (position === undefined || this.isStopped) return;
    // The answer of a former leader, after the new one's: what it holds has been taken already.
    if (result.fromOffset !== position.offset) return;
    if (result.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) return this.reset(position);
    if (result.errorCode !== ErrorCode.NONE) {
      throw brokerError(result.errorCode, `following ${result.topic}-${result.partition}`);
    }
    position.missingSinceMs = 0;
    position.offset = result.nextOffset;
    for (const batch of result.batches) {
      if (batch.header.isControl || batch.header.recordsCount === 0) continue;
      this.queue.push(batch);
      this.queuedBytes += batch.sizeBytes;
    }
  }

  private async reset(position: Position): Promise<void> {
    const { topic, partition, offset } = position;
    const where = this.options.onOutOfRange ?? 'earliest';
    if (where === 'fail') {
      throw brokerError(ErrorCode.OFFSET_OUT_OF_RANGE, `${topic}-${partition} at offset ${offset}`);
    }
    const wanted = { [topic]: { [partition]: OffsetSpec[where] } };
    const found = await listOffsets(this.cluster, wanted, { signal: this.stopping.signal });
    position.offset = found[topic]![partition]!.offset;
    this.logger.warn(
      { topic, partition, offset, resetTo: position.offset },
      `tail: offset out of range, ${where} taken`,
    );
  }
}

function isList(partitions: TailOptions['partitions']): partitions is readonly number[] {
  return Array.isArray(partitions);
}

function offsetSpec(from: TailOptions['from']): number {
  if (typeof from === 'string') return OffsetSpec[from];
  return 'timestamp' in from ? from.timestamp : OffsetSpec[from.otherwise ?? 'latest'];
}
