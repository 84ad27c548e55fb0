import type { Consumer, ConsumerOptions, FetchedBatch, KafkaClient, Offsets } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import type { RecordView } from '@headwater/protocol';
import { LinearRegex, RegexSyntaxError } from '@headwater/regex';
import { ProxyError, unprocessable } from '../proxy-error.ts';
import type { ConsumerConfig } from './consumer-config.ts';

export interface TopicPartition {
  topic: string;
  partition: number;
}

/** A record that was fetched and not handed out yet. */
export interface WaitingRecord extends TopicPartition {
  record: RecordView;
}

/** Where a read goes on, and when it is enough. */
export interface ReadLimits {
  timeoutMs: number;
  maxBytes: number;
  signal: AbortSignal;
}

/** Of each instance; what one fetches ahead. */
const bufferedBytesMax = 2 * 1024 * 1024;
/** Calls of one instance that wait for one another. */
const callsMax = 100;
const autoCommitEveryMs = 5_000;

/**
 * A consumer that lives between requests. Its calls go one after the other; what a read fetched and could not hand out, because
 * the answer was full or its reader went away, is the beginning of the next. Only what was handed out is ever committed.
 */
export class ConsumerInstance {
  readonly group: string;
  readonly name: string;
  readonly config: ConsumerConfig;
  readonly #client: KafkaClient;
  readonly #logger: Logger;
  /** Null until it is subscribed or has partitions. */
  #consumer: Consumer | null = null;
  #mode:
    | { kind: 'topics'; topics: string[] }
    | { kind: 'pattern'; matched: Set<string> }
    | { kind: 'partitions' }
    | null = null;
  #waiting: WaitingRecord[] = [];
  /** After the last record that was handed out, by topic and partition. */
  readonly #handedOut = new Map<string, Map<number, number>>();
  #autoCommittedAtMs = Date.now();
  #calls = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #lastUsedMs = Date.now();
  #isClosed = false;

  constructor(group: string, name: string, config: ConsumerConfig, client: KafkaClient, logger: Logger) {
    this.group = group;
    this.name = name;
    this.config = config;
    this.#client = client;
    this.#logger = logger;
  }

  /** True when nobody has used it for so long. */
  isIdle(forMs: number): boolean {
    return this.#calls === 0 && Date.now() - this.#lastUsedMs >= forMs;
  }

  /** Runs alone on this instance. @throws ProxyError 404 when it was deleted meanwhile, 429 when too many calls wait */
  async #alone<T>(run: () => Promise<T>): Promise<T> {
    if (this.#calls >= callsMax) {
      throw new ProxyError(429, 42901, `${callsMax} calls of this consumer instance wait already: await their answers`);
    }
    this.#calls++;
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    try {
      await before;
      if (this.#isClosed) throw instanceNotFound();
      return await run();
    } finally {
      this.#lastUsedMs = Date.now();
      this.#calls--;
      resolve();
    }
  }

  /** Subscribes to topics by name, instead of those before. @throws ProxyError 409 when it has partitions or a pattern */
  subscribe(topics: readonly string[]): Promise<void> {
    return this.#alone(async () => {
      if (topics.length === 0) return this.#reset();
      this.#require('topics');
      const sorted = [...new Set(topics)].sort();
      if (this.#mode?.kind === 'topics' && sorted.join() === this.#mode.topics.join()) return;
      await this.#reset();
      this.#mode = { kind: 'topics', topics: sorted };
      this.#open({ topics: sorted });
    });
  }

  /** Subscribes to the topics whose whole name matches, in Java's syntax. @throws ProxyError 422 for an expression that is none */
  subscribePattern(text: string): Promise<void> {
    return this.#alone(async () => {
      let pattern: LinearRegex;
      try {
        pattern = new LinearRegex(text);
      } catch (error) {
        if (!(error instanceof RegexSyntaxError)) throw error;
        throw unprocessable(42204, `Invalid consumer configuration: topic_pattern: ${error.message}`, error);
      }
      this.#require('pattern');
      await this.#reset();
      const matched = new Set<string>();
      this.#mode = { kind: 'pattern', matched };
      this.#open({
        pattern(topic) {
          const isMatch = pattern.test(topic);
          if (isMatch) matched.add(topic);
          return isMatch;
        },
      });
    });
  }

  /** Takes partitions without the group's help. @throws ProxyError 409 when it is subscribed */
  assign(partitions: readonly TopicPartition[]): Promise<void> {
    return this.#alone(async () => {
      if (partitions.length === 0) return this.#reset();
      this.#require('partitions');
      await this.#reset();
      this.#mode = { kind: 'partitions' };
      const byTopic: Record<string, number[]> = {};
      for (const { topic, partition } of partitions) {
        byTopic[topic] = [...new Set([...(byTopic[topic] ?? []), partition])];
      }
      this.#open({ partitions: byTopic });
    });
  }

  unsubscribe(): Promise<void> {
    return this.#alone(() => this.#reset());
  }

  subscription(): string[] {
    this.#lastUsedMs = Date.now();
    if (this.#mode?.kind === 'topics') return this.#mode.topics;
    return this.#mode?.kind === 'pattern' ? [...this.#mode.matched].sort() : [];
  }

  assignment(): TopicPartition[] {
    this.#lastUsedMs = Date.now();
    return this.#consumer?.assignment().map(({ topic, partition }) => ({ topic, partition })) ?? [];
  }

  /**
   * Records until the time is up, there are more bytes than asked for, or the next would not fit; `render` makes text of each.
   * A record that cannot be rendered ends the read before it, or is its error when it is the first.
   */
  read(limits: ReadLimits, render: (waiting: WaitingRecord) => string | Promise<string>): Promise<string[]> {
    return this.#alone(async () => {
      const consumer = this.#consumer;
      if (consumer === null) {
        throw illegalState('Consumer is not subscribed to any topics or assigned any partitions');
      }
      if (this.config.autoCommit) this.#autoCommit();
      const untilMs = performance.now() + limits.timeoutMs;
      const texts: string[] = [];
      let bytes = 0;
      let failure: unknown;
      for (;;) {
        let isFull = false;
        while (texts.length < this.#waiting.length) {
          const next = this.#waiting[texts.length]!;
          const size = (next.record.key?.length ?? 0) + (next.record.value?.length ?? 0);
          isFull = texts.length > 0 && bytes + size >= limits.maxBytes;
          if (isFull) break;
          try {
            const text = render(next);
            texts.push(typeof text === 'string' ? text : await text);
          } catch (error) {
            failure = error;
            break;
          }
          bytes += size;
        }
        if (isFull || failure !== undefined) break;
        if (this.config.fetchMinBytes >= 0 && bytes > this.config.fetchMinBytes) break;
        const waitMs = untilMs - performance.now();
        // Deleted meanwhile: what is there is the end of it.
        if (waitMs <= 0 || this.#isClosed) break;
        // Aborted: what was rendered stays waiting.
        const batches = await consumer.poll({ maxWaitMs: waitMs, maxBytes: 1024 * 1024, signal: limits.signal });
        for (const batch of batches) this.#keep(batch);
      }
      if (texts.length === 0 && failure !== undefined) throw failure;
      limits.signal.throwIfAborted();
      for (const { topic, partition, record } of this.#waiting.splice(0, texts.length)) {
        this.#move(topic, partition, record.offset + 1);
      }
      return texts;
    });
  }

  #keep(batch: FetchedBatch): void {
    const { topic, partition } = batch;
    for (const record of batch.records()) this.#waiting.push({ topic, partition, record });
  }

  #move(topic: string, partition: number, offset: number): void {
    const partitions = this.#handedOut.get(topic);
    if (partitions === undefined) this.#handedOut.set(topic, new Map([[partition, offset]]));
    else partitions.set(partition, offset);
  }

  /** Commits all that was handed out. */
  commitRead(): Promise<void> {
    return this.#alone(() => this.#commitHandedOut());
  }

  async #commitHandedOut(only?: readonly TopicPartition[]): Promise<void> {
    const offsets: Offsets = {};
    for (const [topic, partitions] of this.#handedOut) {
      for (const [partition, offset] of partitions) {
        if (only !== undefined && !only.some((one) => one.topic === topic && one.partition === partition)) continue;
        (offsets[topic] ??= {})[partition] = offset;
      }
    }
    if (Object.keys(offsets).length > 0) await this.#consumer?.commit(offsets);
  }

  /** Commits the offsets given, which are those after the last record that was worked on. */
  commit(offsets: Offsets): Promise<void> {
    return this.#alone(async () => {
      if (this.#consumer !== null) return this.#consumer.commit(offsets);
      const plain: Record<string, Record<number, number>> = {};
      for (const [topic, partitions] of Object.entries(offsets)) {
        plain[topic] = {};
        for (const [partition, given] of Object.entries(partitions)) {
          plain[topic][Number(partition)] = typeof given === 'number' ? given : given.offset;
        }
      }
      await this.#client.commitOffsets(this.group, plain);
    });
  }

  /** Goes on elsewhere. @throws ProxyError 409 for a partition that it does not have */
  seek(
    places: readonly (TopicPartition & { to: number | 'earliest' | 'latest' | { timestamp: number } })[],
  ): Promise<void> {
    return this.#alone(async () => {
      const assigned = this.#consumer?.assignment() ?? [];
      for (const { topic, partition } of places) {
        if (assigned.some((one) => one.topic === topic && one.partition === partition)) continue;
        throw illegalState(`No current assignment for partition ${topic}-${partition}`);
      }
      for (const { topic, partition, to } of places) {
        this.#consumer!.seek(topic, partition, to);
        this.#drop([{ topic, partition }]);
        if (typeof to === 'number') this.#move(topic, partition, to);
      }
    });
  }

  #drop(partitions: readonly TopicPartition[]): void {
    const isDropped = (one: TopicPartition) =>
      partitions.some(({ topic, partition }) => one.topic === topic && one.partition === partition);
    this.#waiting = this.#waiting.filter((one) => !isDropped(one));
    for (const { topic, partition } of partitions) this.#handedOut.get(topic)?.delete(partition);
  }

  #require(kind: 'topics' | 'pattern' | 'partitions'): void {
    if (this.#mode === null || this.#mode.kind === kind) return;
    throw illegalState('Subscription to topics, partitions and pattern are mutually exclusive');
  }

  #open(what: Pick<ConsumerOptions, 'topics' | 'pattern' | 'partitions'>): void {
    const { autoOffsetReset, autoCommit } = this.config;
    const consumer = this.#client.consumer({
      ...what,
      groupId: this.group,
      autoOffsetReset,
      autoCommit: false,
      partitionMaxBytes: 512 * 1024,
      maxBufferedBytes: bufferedBytesMax,
      onPartitionsRevoked: async (partitions) => {
        if (autoCommit) await this.#commitHandedOut(partitions).catch((error) => this.#warn(error));
        this.#drop(partitions);
      },
      onPartitionsLost: (partitions) => this.#drop(partitions),
    });
    this.#consumer = consumer;
    // The group is joined at once, so that the first read is not in vain; what is wrong is told by the reads.
    consumer.start().catch((error) => this.#warn(error));
  }

  /** As Java's consumer: while it is read, and no more often than it says. */
  #autoCommit(): void {
    if (Date.now() - this.#autoCommittedAtMs < autoCommitEveryMs) return;
    this.#autoCommittedAtMs = Date.now();
    this.#commitHandedOut().catch((error) => this.#warn(error));
  }

  #warn(error: unknown): void {
    if (this.#isClosed) return;
    this.#logger.warn({ group: this.group, instance: this.name, error: (error as Error).message }, 'consumer instance');
  }

  async #reset(): Promise<void> {
    const consumer = this.#consumer;
    if (consumer !== null && this.config.autoCommit) {
      await this.#commitHandedOut().catch((error) => this.#warn(error));
    }
    this.#consumer = null;
    this.#mode = null;
    this.#waiting = [];
    this.#handedOut.clear();
    await consumer?.close();
  }

  /** Leaves its group. A read under way ends with what it has; calls that wait are told that it is gone. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#reset();
  }
}

export function instanceNotFound(): ProxyError {
  return new ProxyError(404, 40403, 'Consumer instance not found.');
}

function illegalState(what: string): ProxyError {
  return new ProxyError(409, 40903, `Illegal state: ${what}`);
}
