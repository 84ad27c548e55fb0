import type { KafkaClient } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import { readLog } from './read-log.ts';

const recordMaxBytes = 900_000;
const batchMaxBytes = 700_000;
const retryMinMs = 100;
const retryMaxMs = 5_000;

export interface StateLogOptions {
  readonly client: KafkaClient;
  readonly topic: string;
  readonly logger: Logger;
  /** Changes that are of no use to anybody by themselves wait so long for others. Default 1,000 ms. */
  readonly lazyMs?: number;
}

/**
 * Plain values by key on a compacted topic of one partition: what has to be known after a restart. Changes are written in the order in which they were
 * made, all that wait in one batch, so that what was decided at one time is there as a whole or not at all. While Kafka is away the newest value
 * of each key waits.
 */
export class StateLog {
  /** Why the last attempt failed; null: it did not. */
  error: string | null = null;
  readonly #options: StateLogOptions;
  #dirty = new Map<string, object | null>();
  #waiters: (() => void)[] = [];
  #flushing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isUrgent = false;
  #retryMs = retryMinMs;
  #isClosing = false;
  #closed: Promise<void> | undefined;

  constructor(options: StateLogOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#dirty.size;
  }

  /** Makes the topic where it is missing, and tells what it holds. Rejects when Kafka is away. */
  async open(onValue: (key: string, value: unknown) => void): Promise<void> {
    const { client, logger, topic } = this.#options;
    const [made] = await client.createTopics([
      { name: topic, partitions: 1, configs: { 'cleanup.policy': 'compact' } },
    ]);
    if (made?.error && made.error.kafkaName !== 'TOPIC_ALREADY_EXISTS')
      logger.warn({ topic, reason: made.error.message }, 'the topic of alerting was not made');
    const latest = new Map<string, Buffer | null>();
    await readLog({ client, topic, from: 'earliest' }, ({ key, value }) => {
      if (key === null) return;
      // Views into an answer: what is kept is copied.
      if (value === null) latest.delete(key.toString('utf8'));
      else latest.set(key.toString('utf8'), Buffer.from(value));
    });
    for (const [key, value] of latest) {
      try {
        onValue(key, JSON.parse(value!.toString('utf8')));
      } catch (error) {
        logger.warn(
          { topic, key, reason: (error as Error).message },
          'a value of alerting is not understood and left out',
        );
      }
    }
  }

  /** @param value null: it is no longer needed */
  set(key: string, value: object | null, options: { isLazy?: boolean } = {}): void {
    // The newest place in the order, too.
    this.#dirty.delete(key);
    this.#dirty.set(key, value);
    if (options.isLazy) this.#wake(this.#options.lazyMs ?? 1_000);
    else {
      this.#isUrgent = true;
      this.#wake(0);
    }
  }

  /** Resolves when all that was set so far is on the log. */
  flushed(): Promise<void> {
    if (this.#dirty.size === 0 && this.#flushing === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      this.#isUrgent = true;
      this.#wake(0);
    });
  }

  /** Writes what waits, within two seconds. May be called twice. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      clearTimeout(this.#timer);
      this.#isClosing = true;
      let timer: NodeJS.Timeout | undefined;
      const deadline = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, 2_000);
      });
      const flushing = (async () => {
        await this.#flushing;
        if (this.#dirty.size > 0) await this.#flush();
      })();
      await Promise.race([flushing, deadline]);
      clearTimeout(timer);
      for (const resolve of this.#waiters.splice(0)) resolve();
    })();
    return this.#closed;
  }

  #wake(delayMs: number): void {
    if (this.#isClosing || this.#flushing !== undefined) return;
    if (this.#timer !== undefined) {
      if (delayMs > 0 || this.error !== null) return;
      clearTimeout(this.#timer);
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#flushing = this.#flush().finally(() => {
        this.#flushing = undefined;
        if (this.#dirty.size === 0) return;
        if (this.error !== null) this.#wake(this.#retryMs);
        else this.#wake(this.#isUrgent ? 0 : (this.#options.lazyMs ?? 1_000));
      });
    }, delayMs);
  }

  async #flush(): Promise<void> {
    const { client, logger, topic } = this.#options;
    const dirty = this.#dirty;
    const waiters = this.#waiters;
    this.#dirty = new Map();
    this.#waiters = [];
    this.#isUrgent = false;
    try {
      let records: { key: string; value: string | null }[] = [];
      let sizeBytes = 0;
      for (const [key, value] of dirty) {
        const text = value === null ? null : JSON.stringify(value);
        const recordBytes = key.length + (text === null ? 0 : Buffer.byteLength(text));
        if (recordBytes > recordMaxBytes) {
          logger.error({ topic, key, sizeBytes: recordBytes }, 'a value of alerting is too large to be kept');
          continue;
        }
        if (sizeBytes + recordBytes > batchMaxBytes && records.length > 0) {
          await client.produce({ topic, partition: 0, records });
          records = [];
          sizeBytes = 0;
        }
        records.push({ key, value: text });
        sizeBytes += recordBytes;
      }
      if (records.length > 0) await client.produce({ topic, partition: 0, records });
      if (this.error !== null) logger.info({ topic }, 'the state of alerting is kept again');
      this.error = null;
      this.#retryMs = retryMinMs;
      for (const resolve of waiters) resolve();
    } catch (error) {
      const reason = (error as Error).message;
      if (this.error === null && !this.#isClosing)
        logger.warn({ topic, reason }, 'the state of alerting waits: Kafka does not take it');
      this.error = reason;
      this.#retryMs = Math.min(this.#retryMs * 2, retryMaxMs);
      // What was set meanwhile is newer.
      for (const [key, value] of this.#dirty) {
        dirty.delete(key);
        dirty.set(key, value);
      }
      this.#dirty = dirty;
      this.#waiters = [...waiters, ...this.#waiters];
    }
  }
}
