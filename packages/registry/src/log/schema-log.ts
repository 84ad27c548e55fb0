import { type KafkaClient, OffsetSpec, type Producer, type Tail } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import { errors } from '../registry-error.ts';
import type { Change } from '../state/records.ts';
import { decodeChange, encodeChange, noopKey } from './record-codec.ts';

export interface SchemaLogOptions {
  client: KafkaClient;
  topic: string;
  logger: Logger;
  /** Called for each change, in the order of the log; `isNew` from the moment that `start()` has read all there was. */
  onChange: (change: Change, isNew: boolean) => void;
}

/** How long a write may take until it has been read back. */
const writeTimeoutMs = 30_000;

/**
 * The compacted topic that holds all there is to know, with one partition. What is written counts when it has been read back: so that a
 * registry shows nothing that the log does not have, and several of them tell the same.
 */
export class SchemaLog {
  readonly #options: SchemaLogOptions;
  readonly #producer: Producer;
  readonly #stopping = new AbortController();
  #tail: Tail | null = null;
  #running: Promise<void> | null = null;
  #isStarted = false;
  #nextOffset = 0;
  #failure: unknown = null;
  #waiting: { offset: number; resolve: () => void; reject: (error: unknown) => void }[] = [];

  constructor(options: SchemaLogOptions) {
    this.#options = options;
    this.#producer = options.client.producer({ lingerMs: 0, allowAutoTopicCreation: false });
  }

  /** Makes the topic when there is none, and reads all that it has. */
  async start(): Promise<void> {
    const { client, topic } = this.#options;
    const configs = { 'cleanup.policy': 'compact' };
    const [created] = await client.createTopics([{ name: topic, partitions: 1, configs }]);
    const isThere =
      created === undefined || created.error === null || created.error.kafkaName === 'TOPIC_ALREADY_EXISTS';
    if (!isThere) throw created.error;
    this.#tail = client.tail({ topics: [topic], from: 'earliest', partitions: [0], signal: this.#stopping.signal });
    this.#running = this.#read(this.#tail);
    await this.catchUp();
    this.#isStarted = true;
  }

  /** Resolves when all has been read that anyone has written before: a record of its own tells. */
  async catchUp(): Promise<void> {
    await this.#append([{ key: noopKey, value: null }]);
  }

  /** Resolves when all has been read that the log has now. */
  async readToEnd(): Promise<void> {
    const { client, topic } = this.#options;
    const found = await client.listOffsets(topic, { 0: OffsetSpec.latest });
    await this.#readUpTo((found[0]?.offset ?? 0) - 1);
  }

  /** Resolves when the changes are in the log, and have been read back from it. */
  async write(changes: readonly Change[]): Promise<void> {
    await this.#append(changes.map(encodeChange));
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    this.#fail(errors.store('The registry stops.'));
    await this.#running;
    await this.#producer.close();
  }

  async #append(entries: readonly { key: string; value: string | null }[]): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    const records = entries.map(({ key, value }) => ({
      key: Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
    }));
    const results = await this.#producer.send({ topic: this.#options.topic, partition: 0, records });
    await this.#readUpTo(results.at(-1)!.offset);
  }

  #readUpTo(offset: number): Promise<void> {
    if (this.#nextOffset > offset) return Promise.resolve();
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const late = () => reject(errors.timeout(`The write was not read back within ${writeTimeoutMs} ms.`));
      const timer = setTimeout(late, writeTimeoutMs);
      const done = (settle: () => void) => () => {
        clearTimeout(timer);
        settle();
      };
      this.#waiting.push({
        offset,
        resolve: done(resolve),
        reject: (error) => done(() => reject(error))(),
      });
    });
  }

  async #read(tail: Tail): Promise<void> {
    try {
      for await (const batch of tail) {
        for (const record of batch.records()) {
          this.#apply(record.key, record.value, record.timestamp, record.offset);
        }
        this.#nextOffset = batch.nextOffset;
        this.#waiting = this.#waiting.filter(({ offset, resolve }) => {
          if (offset < this.#nextOffset) resolve();
          return offset >= this.#nextOffset;
        });
      }
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.#options.logger.error({ error, topic: this.#options.topic }, 'the log of schemas cannot be read');
      const reason = error instanceof Error ? error.message : String(error);
      this.#fail(errors.store(`The log of schemas cannot be read: ${reason}`));
    }
  }

  /** A record that nobody understands must not keep the others from being read. */
  #apply(key: Buffer | null, value: Buffer | null, timestamp: number, offset: number): void {
    try {
      const change =
        key === null ? undefined : decodeChange(String(key), value === null ? null : String(value), timestamp);
      if (change !== undefined) this.#options.onChange(change, this.#isStarted);
    } catch (error) {
      this.#options.logger.warn(
        { error, offset, topic: this.#options.topic },
        'a record of the schema log was skipped',
      );
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
