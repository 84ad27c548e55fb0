import { type KafkaClient, OffsetSpec } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import { type EventRecord, eventRecord } from '../rules/event-record.ts';

/** How far a topic has been read. */
export interface Position {
  readonly offsets: Readonly<Record<number, number>>;
  /** Of the last record; what is before it has been seen. */
  readonly timestampMs: number;
}

export interface FollowTopicsOptions {
  readonly client: KafkaClient;
  readonly logger: Logger;
  /** Where topics begin of which no position is known, milliseconds since 1970. */
  readonly sinceMs: number;
  /** Told in order within a partition. `position` is after the last record. */
  onRecords(topic: string, records: readonly EventRecord[], position: Position): void;
}

const lookEveryMs = 1_000;
const metadataTimeoutMs = 10_000;

/** Follows a changing set of topics, those too that are made later, from the positions that are known of them. */
export class FollowTopics {
  /** Why it does not follow at present; null: it does. */
  error: string | null = null;
  readonly #options: FollowTopicsOptions;
  readonly #positions = new Map<string, Position>();
  readonly #behind = new Set<string>();
  readonly #missing = new Set<string>();
  #topics: readonly string[] = [];
  #generation = new AbortController();
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: FollowTopicsOptions) {
    this.#options = options;
  }

  restore(topic: string, position: Position): void {
    this.#positions.set(topic, position);
  }

  position(topic: string): Position | undefined {
    return this.#positions.get(topic);
  }

  /** Whether all is read that the topics hold, as of the last look. */
  isCaughtUp(topics: readonly string[]): boolean {
    return !topics.some((topic) => this.#behind.has(topic));
  }

  /** Those of the topics that Kafka did not have at the last look. */
  missing(topics: readonly string[]): string[] {
    return topics.filter((topic) => this.#missing.has(topic));
  }

  /** Finds out where topics begin that are new here. A topic that is not there yet is looked for. */
  async resolve(topics: readonly string[]): Promise<void> {
    const { client, sinceMs } = this.#options;
    if (topics.length === 0) return;
    const { topics: found } = await client.metadata(topics, { signal: AbortSignal.timeout(metadataTimeoutMs) });
    for (const { name, partitions } of found) {
      if (partitions.length === 0) {
        this.#missing.add(name);
        continue;
      }
      this.#missing.delete(name);
      const spec = (value: number) => Object.fromEntries(partitions.map(({ partition }) => [partition, value]));
      const ends = await client.listOffsets(name, spec(OffsetSpec.latest));
      let position = this.#positions.get(name);
      if (position === undefined) {
        const starts = await client.listOffsets(name, spec(sinceMs));
        const offsets: Record<number, number> = {};
        for (const { partition } of partitions) {
          const start = starts[partition]?.offset ?? -1;
          offsets[partition] = start === -1 ? (ends[partition]?.offset ?? 0) : start;
        }
        position = { offsets, timestampMs: sinceMs };
        this.#positions.set(name, position);
      }
      const { offsets } = position;
      if (partitions.some(({ partition }) => (offsets[partition] ?? 0) < (ends[partition]?.offset ?? 0)))
        this.#behind.add(name);
    }
  }

  /** Follows these from now on. */
  setTopics(topics: Iterable<string>): void {
    const next = [...new Set(topics)].sort();
    if (this.#running !== undefined && JSON.stringify(next) === JSON.stringify(this.#topics)) return;
    this.#topics = next;
    this.#generation.abort();
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#generation.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { logger } = this.#options;
    while (!this.#closing.signal.aborted) {
      this.#generation = new AbortController();
      const signal = AbortSignal.any([this.#generation.signal, this.#closing.signal]);
      try {
        await this.resolve(this.#topics.filter((topic) => !this.#positions.has(topic)));
        const there = this.#topics.filter((topic) => this.#positions.has(topic));
        const looking = this.#look(signal);
        try {
          if (there.length > 0) await this.#follow(there, signal);
          else await until(signal);
        } finally {
          this.#generation.abort();
          await looking;
        }
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        if (!this.#generation.signal.aborted || this.error === null) {
          const reason = (error as Error).message;
          if (this.error === null) logger.warn({ reason }, 'topics are not followed for alerts: tried again');
          this.error = reason;
        }
        await until(AbortSignal.any([this.#closing.signal, AbortSignal.timeout(lookEveryMs)]));
      }
    }
  }

  /** Topics that are made later end this generation: the next follows them too. */
  async #look(signal: AbortSignal): Promise<void> {
    const { client } = this.#options;
    for (;;) {
      const missing = this.#topics.filter((topic) => !this.#positions.has(topic));
      if (missing.length === 0) return;
      await until(AbortSignal.any([signal, AbortSignal.timeout(lookEveryMs)]));
      if (signal.aborted) return;
      try {
        const { topics } = await client.metadata(missing, { signal });
        if (topics.some(({ partitions }) => partitions.length > 0)) {
          this.#generation.abort();
          return;
        }
      } catch {
        // Looked for again.
      }
    }
  }

  async #follow(topics: readonly string[], signal: AbortSignal): Promise<void> {
    const { client, logger, onRecords } = this.#options;
    const offsets = Object.fromEntries(topics.map((topic) => [topic, { ...this.#positions.get(topic)!.offsets }]));
    const tail = client.tail({
      topics,
      from: { offsets, otherwise: 'earliest' },
      maxBufferedBytes: 4 * 1024 * 1024,
      signal,
    });
    try {
      for await (const batch of tail) {
        if (this.error !== null) logger.info({ topics: topics.length }, 'topics are followed for alerts again');
        this.error = null;
        const { highWatermark, nextOffset, partition, topic } = batch;
        const old = this.#positions.get(topic);
        const records = batch.records().map((record) => eventRecord(topic, partition, record));
        const position = {
          offsets: { ...old?.offsets, [partition]: nextOffset },
          timestampMs: Math.max(old?.timestampMs ?? 0, records.at(-1)?.timestampMs ?? 0),
        };
        this.#positions.set(topic, position);
        if (nextOffset >= highWatermark) this.#behind.delete(topic);
        else this.#behind.add(topic);
        onRecords(topic, records, position);
      }
    } catch (error) {
      if (!signal.aborted) {
        // A topic that was deleted: it is looked for again, from its beginning.
        for (const topic of topics) {
          const { topics: found } = await client.metadata([topic], { signal: AbortSignal.timeout(metadataTimeoutMs) });
          if (found.some(({ partitions }) => partitions.length > 0)) continue;
          this.#positions.delete(topic);
          this.#missing.add(topic);
        }
        throw error;
      }
    } finally {
      await tail.close();
    }
  }
}

function until(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
