import { createClient, type KafkaClient, type Producer } from '@headwater/client';
import { TopicSchema } from '@headwater/events';
import { HttpError } from '@headwater/http';
import type { Logger } from '@headwater/logger';

export interface TopicWriterOptions {
  bootstrap: string;
  topic: string;
  /** Partitions of the topic where it is made. */
  partitions: number;
  /** How long the topic keeps records, where it is made. */
  retentionMs: number;
  /** Bytes that a partition keeps, where the topic is made. Default: the broker's. */
  retentionBytes?: number;
  /** JSON Schema of the values, and where it is registered. */
  schema?: object;
  registryUrl?: string | undefined;
  logger: Logger;
  signal?: AbortSignal;
}

export interface KeyedValue {
  key: string | null;
  value: string;
  /** Milliseconds since 1970. Default: when it is written. */
  timestamp?: number;
}

const writeTimeoutMs = 10_000;

/** Writes what services tell to a topic, which is made when it is needed: resolved when all of it is on the log. */
export class TopicWriter {
  readonly client: KafkaClient;
  readonly #options: TopicWriterOptions;
  readonly #producer: Producer;
  readonly #schema: TopicSchema | undefined;
  #topic: Promise<void> | undefined;

  constructor(options: TopicWriterOptions) {
    this.#options = options;
    const { bootstrap, logger, registryUrl, schema, signal, topic } = options;
    this.client = createClient({ bootstrap, clientId: 'headwater-telemetry', logger, ...(signal && { signal }) });
    this.#producer = this.client.producer({
      lingerMs: 5,
      compression: 'lz4',
      deliveryTimeoutMs: writeTimeoutMs,
      allowAutoTopicCreation: false,
    });
    if (schema !== undefined) this.#schema = new TopicSchema({ topic, schema, registryUrl, logger });
  }

  /** Rejects when it takes too long. */
  async write(records: readonly KeyedValue[]): Promise<void> {
    if (records.length === 0) return;
    await this.ensureTopic();
    const headers = this.#schema?.headers ?? [];
    try {
      await this.#producer.send({
        topic: this.#options.topic,
        records: headers.length === 0 ? records : records.map((record) => ({ ...record, headers })),
      });
    } catch (error) {
      // Somebody took it away: the next one makes it again.
      if ((error as { kafkaName?: unknown }).kafkaName === 'UNKNOWN_TOPIC_OR_PARTITION') this.#topic = undefined;
      throw error;
    }
  }

  /** Writes for a request: it is answered when they are safe, or told to come again. @throws HttpError 503 */
  async writeOrRefuse(records: readonly KeyedValue[], what: string): Promise<void> {
    try {
      await this.write(records);
    } catch (cause) {
      throw new HttpError(
        503,
        'HW_TELEMETRY_LOG',
        `the event store does not take ${records.length} ${what} now, so they are not kept: send them again`,
        {},
        cause,
        { 'retry-after': '1' },
      );
    }
  }

  /** Once; a topic that is taken away while this runs is a mistake that is told. */
  ensureTopic(): Promise<void> {
    this.#topic ??= this.#makeTopic().catch((error: unknown) => {
      this.#topic = undefined;
      throw error;
    });
    return this.#topic;
  }

  /** May be called twice. */
  async close(): Promise<void> {
    this.#schema?.close();
    await this.client.close();
  }

  async #makeTopic(): Promise<void> {
    const { partitions, retentionBytes, retentionMs, topic } = this.#options;
    const [made] = await this.client.createTopics([
      {
        name: topic,
        partitions,
        configs: {
          'retention.ms': retentionMs,
          ...(retentionBytes !== undefined && { 'retention.bytes': retentionBytes }),
        },
      },
    ]);
    const error = made?.error ?? null;
    if (error !== null && error.kafkaName !== 'TOPIC_ALREADY_EXISTS') throw error;
  }
}
