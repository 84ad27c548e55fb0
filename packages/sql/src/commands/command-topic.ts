import { setTimeout as delay } from 'node:timers/promises';
import { type KafkaClient, OffsetSpec, type Producer } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import { ErrorCode } from '@headwater/protocol';
import { SqlError } from '../sql-error.ts';

export interface CommandTopicOptions {
  readonly client: KafkaClient;
  readonly name: string;
  /** Default -1: the broker's. */
  readonly replicas?: number;
  /** Of the topic, when it is made: by Kafka's names. */
  readonly configs?: Readonly<Record<string, string>>;
  readonly logger: Logger;
}

export interface CommandRecord {
  readonly offset: number;
  readonly key: string;
  /** Null: the command of this key is not needed any more. */
  readonly value: Buffer | null;
}

/** Small segments, compacted early: what is superseded goes, and the log stays as long as the catalogue is large. */
const ownConfigs = {
  'cleanup.policy': 'compact',
  'segment.bytes': '1048576',
  'min.cleanable.dirty.ratio': '0.2',
};

const partition = 0;
/** A set of tombstones has to be one batch: all of it is there or nothing. */
const batchBytes = 900 * 1024;

export function commandTopicName(serviceId: string): string {
  return `_headwater-sql-${serviceId}-commands`;
}

/** The compacted topic of one partition that a service keeps its statements in. */
export class CommandTopic {
  readonly name: string;
  readonly #options: CommandTopicOptions;
  #producer: Producer | null = null;

  constructor(options: CommandTopicOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Makes it where there is none. @throws SqlError HW_SQL_COMMAND for a topic that would lose statements */
  async ensure(): Promise<void> {
    const { client, configs, replicas = -1 } = this.#options;
    const { topics } = await client.metadata([this.name]);
    if (topics[0]?.errorCode === ErrorCode.NONE) return this.#check();
    const topic = {
      name: this.name,
      partitions: 1,
      replicationFactor: replicas,
      configs: { ...ownConfigs, ...configs },
    };
    const [result] = await client.createTopics([topic]);
    if (result?.error && result.error.kafkaCode !== ErrorCode.TOPIC_ALREADY_EXISTS) throw result.error;
  }

  async #check(): Promise<void> {
    const { client } = this.#options;
    const [result] = await client.describeConfigs([{ type: 'topic', name: this.name }], { keys: ['cleanup.policy'] });
    const policy = result?.configs.find(({ name }) => name === 'cleanup.policy')?.value;
    if (policy === undefined || policy === null || policy === 'compact') return;
    throw new SqlError(
      'HW_SQL_COMMAND',
      `The topic ${this.name} has cleanup.policy=${policy}, and would lose statements: set it to compact`,
    );
  }

  /** Whether there is nothing to be done again. */
  async isEmpty(): Promise<boolean> {
    const { client } = this.#options;
    const { topics } = await client.metadata([this.name]);
    if (topics[0]?.errorCode !== ErrorCode.NONE) return true;
    for (let offset = (await this.#bound(OffsetSpec.earliest)).offset; ; ) {
      const [found] = await client.fetch([{ topic: this.name, partition, offset }]);
      if (found === undefined || found.batches.length === 0) return true;
      if (found.batches.some((batch) => batch.records().some(({ value }) => value !== null))) return false;
      offset = found.nextOffset;
    }
  }

  async #bound(spec: number): Promise<{ offset: number }> {
    const offsets = await this.#options.client.listOffsets(this.name, { [partition]: spec });
    return { offset: offsets[partition]?.offset ?? 0 };
  }

  /** @returns when it was written; whoever follows the log sees whether it counts */
  async append(records: readonly { readonly key: string; readonly value: Buffer | null }[]): Promise<void> {
    this.#producer ??= this.#options.client.producer({
      lingerMs: 0,
      batchBytes,
      allowAutoTopicCreation: false,
      // Longer than a statement waits, shorter than a person does.
      deliveryTimeoutMs: 15_000,
    });
    await this.#producer.send({ topic: this.name, partition, records });
  }

  /**
   * All records from an offset on, batch by batch, without an end: what breaks is tried again.
   *
   * @throws SqlError HW_SQL_COMMAND where the log does not have the offset any more
   */
  async *follow(from: number, signal: AbortSignal): AsyncGenerator<readonly CommandRecord[], void> {
    const { client, logger } = this.#options;
    let offset = from;
    for (let pauseMs = 100; !signal.aborted; ) {
      const tail = client.tail({
        topics: [this.name],
        from: { offsets: { [this.name]: { [partition]: offset } } },
        onOutOfRange: 'fail',
        // Swaps are written in transactions.
        isolation: 'read_committed',
        signal,
      });
      try {
        for await (const batch of tail) {
          const records = batch
            .records()
            .filter((record) => record.offset >= offset)
            .map(({ key, offset: at, value }) => ({
              offset: at,
              key: String(key),
              value: value === null ? null : Buffer.from(value),
            }));
          offset = batch.nextOffset;
          pauseMs = 100;
          if (records.length > 0) yield records;
        }
      } catch (error) {
        if (signal.aborted) return;
        if ((error as { kafkaCode?: number }).kafkaCode === ErrorCode.OFFSET_OUT_OF_RANGE) {
          throw new SqlError(
            'HW_SQL_COMMAND',
            `The topic ${this.name} does not have its offset ${offset}: it was deleted, or truncated. Start the server again to take what it has now`,
            { cause: error },
          );
        }
        logger.warn({ error, topic: this.name }, 'the command topic cannot be read; trying on');
        await delay(pauseMs, undefined, { signal }).catch(() => {});
        pauseMs = Math.min(5_000, pauseMs * 2);
      }
    }
  }

  /** The offset of the next record, and of the first that there is. */
  async bounds(): Promise<{ readonly first: number; readonly next: number }> {
    const [first, next] = [await this.#bound(OffsetSpec.earliest), await this.#bound(OffsetSpec.latest)];
    return { first: first.offset, next: next.offset };
  }

  async delete(): Promise<void> {
    const [result] = await this.#options.client.deleteTopics([this.name]);
    if (result?.error && result.error.kafkaCode !== ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) throw result.error;
  }

  /** May be called twice. */
  async close(): Promise<void> {
    await this.#producer?.close();
  }
}
