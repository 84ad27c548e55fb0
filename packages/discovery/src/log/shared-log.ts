import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type KafkaClient, OffsetSpec, type Producer } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import type { EncodedEntry } from './lease-codec.ts';

const retryMs = 500;
const sendTimeoutMs = 5_000;

export interface LogRecord {
  topic: string;
  key: string;
  value: string | null;
  headers: readonly { key: unknown; value: unknown }[];
}

export interface SharedLogOptions {
  bootstrap: string;
  /** One record a key: what there is. Compacted. */
  stateTopic: string;
  /** Signs of life of servers, and the heartbeats that they have heard. Kept for minutes. */
  pulseTopic: string;
  logger: Logger;
  onRecord: (record: LogRecord) => void;
  /** All that the log had when it was opened has been read. */
  onCaughtUp: () => void;
}

/** The two topics that discovery servers share. It goes on trying for as long as the event store is away. */
export class SharedLog {
  readonly #options: SharedLogOptions;
  readonly #client: KafkaClient;
  readonly #producer: Producer;
  readonly #stop = new AbortController();
  #running: Promise<void> | null = null;
  #nextOffset = 0;
  #caughtUpAt = Infinity;

  constructor(options: SharedLogOptions) {
    this.#options = options;
    this.#client = createClient({
      bootstrap: options.bootstrap,
      clientId: 'headwater-discovery',
      retryTimeoutMs: sendTimeoutMs,
      connectTimeoutMs: 2_000,
      logger: options.logger,
    });
    this.#producer = this.#client.producer({
      lingerMs: 0,
      deliveryTimeoutMs: sendTimeoutMs,
      allowAutoTopicCreation: false,
    });
  }

  get client(): KafkaClient {
    return this.#client;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Rejects when the records are not known to be written. */
  async append(topic: string, entries: readonly EncodedEntry[]): Promise<void> {
    await this.#producer.send({ topic, partition: 0, records: entries, signal: this.#stop.signal });
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error('discovery is closing'));
    await this.#running;
    await this.#producer.close();
    await this.#client.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let isComplaining = false;
    while (!signal.aborted) {
      try {
        await this.#createTopics(signal);
        isComplaining = false;
        await this.#read(signal);
      } catch (error) {
        if (signal.aborted) return;
        const { logger } = this.#options;
        const reason = error instanceof Error ? error.message : String(error);
        if (!isComplaining) logger.warn({ reason }, 'the event store is away: what changes is kept here for now');
        isComplaining = true;
        await sleep(retryMs, undefined, { signal }).catch(() => {});
      }
    }
  }

  async #createTopics(signal: AbortSignal): Promise<void> {
    const { stateTopic, pulseTopic } = this.#options;
    const results = await this.#client.createTopics(
      [
        { name: stateTopic, partitions: 1, configs: { 'cleanup.policy': 'compact' } },
        { name: pulseTopic, partitions: 1, configs: { 'retention.ms': 600_000, 'segment.ms': 600_000 } },
      ],
      { signal },
    );
    for (const { error } of results) {
      if (error !== null && error.kafkaName !== 'TOPIC_ALREADY_EXISTS') throw error;
    }
    const latest = await this.#client.listOffsets(stateTopic, { 0: OffsetSpec.latest });
    this.#caughtUpAt = latest[0]!.offset;
  }

  async #read(signal: AbortSignal): Promise<void> {
    this.#checkCaughtUp();
    const { stateTopic, pulseTopic } = this.#options;
    const tail = this.#client.tail({
      topics: [stateTopic, pulseTopic],
      partitions: [0],
      from: { offsets: { [stateTopic]: { 0: this.#nextOffset } }, otherwise: 'latest' },
      signal,
    });
    try {
      for await (const batch of tail) {
        for (const { key, value, headers } of batch.records()) {
          if (key === null) continue;
          this.#options.onRecord({
            topic: batch.topic,
            key: String(key),
            value: value === null ? null : String(value),
            headers,
          });
        }
        if (batch.topic !== stateTopic) continue;
        this.#nextOffset = batch.nextOffset;
        this.#checkCaughtUp();
      }
    } finally {
      await tail.close();
    }
  }

  #checkCaughtUp(): void {
    if (this.#nextOffset < this.#caughtUpAt) return;
    this.#caughtUpAt = Infinity;
    this.#options.onCaughtUp();
  }
}
