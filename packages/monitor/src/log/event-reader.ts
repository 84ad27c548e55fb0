import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type FetchedBatch, type KafkaClient, OffsetSpec } from '@headwater/client';
import type { Logger } from '@headwater/logger';

export type Offsets = Record<string, Record<number, number>>;

export interface ReadRecord {
  topic: string;
  partition: number;
  offset: number;
  timestamp: number;
  value: Buffer;
  headers: readonly { key: string; value: Buffer | null }[];
}

export interface ReadTopic {
  topic: string;
  /** Where it is made. */
  partitions: number;
  /** How far back a first start reads. */
  sinceMs: number;
}

export interface EventReaderOptions {
  bootstrap: string;
  topics: readonly ReadTopic[];
  /** Where to go on; a partition that is not named starts at its topic's `sinceMs`. */
  offsets: Offsets;
  /** In the order of each partition. */
  onRecord: (record: ReadRecord, isCaughtUp: boolean) => void;
  /** Everything that was there at the start has been read. */
  onCaughtUp: () => void;
  logger: Logger;
}

const retryMinMs = 100;
const retryMaxMs = 5_000;
/** Records of one turn: what is read must not hold up what else this thread does. */
const recordsOfTurn = 500;
const weekMs = 7 * 86_400_000;

/** Follows topics from where it was left, for as long as it takes: an event store that is away is waited for. */
export class EventReader {
  readonly #options: EventReaderOptions;
  readonly #client: KafkaClient;
  readonly #stopping = new AbortController();
  readonly #next: Offsets = {};
  readonly #ends = new Map<string, number>();
  #reading: Promise<void> | undefined;
  #isCaughtUp = false;
  isReading = false;

  constructor(options: EventReaderOptions) {
    this.#options = options;
    const { bootstrap, logger } = options;
    this.#client = createClient({ bootstrap, clientId: 'headwater-monitor', logger, signal: this.#stopping.signal });
    for (const [topic, partitions] of Object.entries(options.offsets)) this.#next[topic] = { ...partitions };
  }

  get isCaughtUp(): boolean {
    return this.#isCaughtUp;
  }

  /** Where to go on after what was given so far. */
  get offsets(): Offsets {
    return structuredClone(this.#next);
  }

  start(): void {
    this.#reading ??= this.#read();
  }

  /** May be called twice. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#client.close();
    await this.#reading;
  }

  async #read(): Promise<void> {
    const { logger, topics } = this.#options;
    const { signal } = this.#stopping;
    let delayMs = retryMinMs;
    let isTold = false;
    while (!signal.aborted) {
      try {
        await this.#prepare();
        this.isReading = true;
        const from = { offsets: this.#next, otherwise: 'earliest' as const };
        const tail = this.#client.tail({ topics: topics.map(({ topic }) => topic), from, maxWaitMs: 1_000, signal });
        this.#lookCaughtUp();
        for await (const batch of tail) {
          delayMs = retryMinMs;
          isTold = false;
          await this.#take(batch);
          this.#lookCaughtUp();
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!isTold)
          logger.warn({ reason: (error as Error).message }, 'the topics of events cannot be read now: trying again');
        isTold = true;
      }
      this.isReading = false;
      await sleep(delayMs, undefined, { signal }).catch(() => {});
      delayMs = Math.min(delayMs * 2, retryMaxMs);
    }
  }

  /** Has the topics made, and finds where to begin in each partition, and where its end is now. */
  async #prepare(): Promise<void> {
    const { topics } = this.#options;
    const made = await this.#client.createTopics(
      topics.map(({ partitions, topic }) => ({ name: topic, partitions, configs: { 'retention.ms': weekMs } })),
    );
    for (const { error } of made)
      if (
        error !== null &&
        error.kafkaName !== 'TOPIC_ALREADY_EXISTS' &&
        error.kafkaName !== 'TOPIC_AUTHORIZATION_FAILED'
      )
        throw error;
    const metadata = await this.#client.metadata(topics.map(({ topic }) => topic));
    const begins: Offsets = {};
    const ends: Offsets = {};
    for (const { name, partitions } of metadata.topics) {
      const { sinceMs } = topics.find(({ topic }) => topic === name)!;
      this.#next[name] ??= {};
      for (const { partition } of partitions) {
        (ends[name] ??= {})[partition] = OffsetSpec.latest;
        if (this.#next[name][partition] === undefined) (begins[name] ??= {})[partition] = Date.now() - sinceMs;
      }
    }
    const [foundEnds, foundBegins] = await Promise.all([
      this.#client.listOffsetsOf(ends),
      Object.keys(begins).length === 0 ? {} : this.#client.listOffsetsOf(begins),
    ]);
    for (const [topic, partitions] of Object.entries(foundEnds)) {
      for (const [partition, { offset: end }] of Object.entries(partitions)) {
        const number = Number(partition);
        const begin = foundBegins[topic as keyof typeof foundBegins]?.[number] as { offset: number } | undefined;
        // -1: no record is that new.
        if (begin !== undefined) this.#next[topic]![number] = begin.offset === -1 ? end : begin.offset;
        // A log that is shorter than it was is another log.
        if (this.#next[topic]![number]! > end) this.#next[topic]![number] = 0;
        if (!this.#isCaughtUp) this.#ends.set(`${topic}\n${number}`, end);
      }
    }
  }

  async #take(batch: FetchedBatch): Promise<void> {
    const { onRecord } = this.#options;
    const { nextOffset, partition, topic } = batch;
    let taken = 0;
    for (const { headers, offset, timestamp, value } of batch.records()) {
      if (value !== null) onRecord({ topic, partition, offset, timestamp, value, headers }, this.#isCaughtUp);
      (this.#next[topic] ??= {})[partition] = offset + 1;
      taken += 1;
      if (taken % recordsOfTurn === 0) await sleep(0, undefined, { signal: this.#stopping.signal });
    }
    (this.#next[topic] ??= {})[partition] = nextOffset;
  }

  #lookCaughtUp(): void {
    if (this.#isCaughtUp) return;
    for (const [key, end] of this.#ends) {
      const [topic, partition] = key.split('\n') as [string, string];
      if ((this.#next[topic]?.[Number(partition)] ?? 0) < end) return;
    }
    this.#isCaughtUp = true;
    this.#ends.clear();
    this.#options.onCaughtUp();
  }
}
