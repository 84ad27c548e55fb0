import type { KafkaClient } from '@headwater/client';
import { type Logger, silentLogger } from '@headwater/logger';
import { TopicSchema } from './topic-schema.ts';

export interface EventTopicOptions {
  topic: string;
  /** Kafka, as `@headwater/client` takes its address; connected with the first event. Instead of it: `client`. */
  bootstrap?: string;
  /** With `bootstrap`: who writes. Default 'headwater-events'. */
  clientId?: string;
  /** One that is there already; it is not closed with this. */
  client?: KafkaClient;
  /** Events that wait; one more is dropped and counted. Default 10,000. */
  queueMax?: number;
  /** Of the topic, where it is made. Default: one partition, kept for seven days. */
  configs?: Readonly<Record<string, string | number>>;
  /** JSON Schema of the values, registered where `registryUrl` is given, and named in each record by a header. */
  schema?: object;
  /** A schema registry; user and password may stand in it. */
  registryUrl?: string | undefined;
  logger?: Logger;
}

export interface TellOptions {
  /** Milliseconds since 1970. Default: when it is sent. */
  timestampMs?: number;
  headers?: readonly { key: string; value: string }[];
}

interface Waiting extends TellOptions {
  key: string | null;
  value: object | string;
}

const queueMaxDefault = 10_000;
const batchMax = 500;
const lingerMs = 20;
const retryMinMs = 250;
const retryMaxMs = 10_000;
/** Last chance of what waits when it is closed. */
const closeTimeoutMs = 1_500;
/** What Kafka says of records that it will not take later either. */
const refusals = new Set([
  'CORRUPT_MESSAGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
]);
/** As all topics of events have it. */
const weekMs = 7 * 24 * 3_600_000;

/**
 * A topic that events are put on in the background. `tell` never waits and never fails: events wait in a bounded queue while Kafka is away, and what
 * does not fit is dropped, counted, and told in the log. They go out in their order.
 *
 * @example
 * const logins = new EventTopic({ topic: 'headwater-audit', bootstrap: '127.0.0.1:9092', clientId: 'identity' });
 * logins.tell('identity', { timestampMs: Date.now(), event: 'LOGIN', user: 'ada' });
 * await logins.close();
 */
export class EventTopic {
  /** Events that are on the log. */
  sent = 0;
  dropped = 0;
  /** Why the last attempt failed; null: it did not. */
  error: string | null = null;
  readonly #options: EventTopicOptions;
  readonly #logger: Logger;
  readonly #queueMax: number;
  readonly #queue: Waiting[] = [];
  readonly #schema: TopicSchema | undefined;
  #client: KafkaClient | undefined;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  #retryMs = retryMinMs;
  #toldDropped = 0;
  /** Events that were taken into the queue, and those that left it, sent or dropped. */
  #taken = 0;
  #left = 0;
  readonly #settling = new Set<{ upTo: number; resolve: () => void }>();
  #isTopicThere = false;
  #isPreparing = false;
  #isClosing = false;
  #closed: Promise<void> | undefined;

  constructor(options: EventTopicOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#queueMax = options.queueMax ?? queueMaxDefault;
    this.#client = options.client;
    const { registryUrl, schema, topic } = options;
    if (schema !== undefined) this.#schema = new TopicSchema({ topic, schema, registryUrl, logger: this.#logger });
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** @param value an object is written as JSON */
  tell(key: string | null, value: object | string, options: TellOptions = {}): void {
    if (this.#isClosing || this.#queue.length >= this.#queueMax) {
      this.dropped++;
      return;
    }
    this.#taken++;
    this.#queue.push({ key, value, ...options });
    this.#wake();
  }

  /**
   * Waits until what was told so far is on the log, or was dropped and counted.
   *
   * @returns false when that takes longer than `timeoutMs`: it is tried further
   */
  async settled(timeoutMs: number): Promise<boolean> {
    const upTo = this.#taken;
    if (this.#left >= upTo) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiter = { upTo, resolve: () => resolve(true) };
    this.#settling.add(waiter);
    const timer = setTimeout(() => resolve(false), timeoutMs);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#settling.delete(waiter);
    }
  }

  /** Has the topic made, so that who follows it finds it; tried until it works. */
  prepare(): void {
    this.#isPreparing = true;
    this.#schema?.register();
    this.#wake();
  }

  /** Sends what waits, within a bound of time. May be called twice. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      this.#isClosing = true;
      this.#isPreparing = false;
      clearTimeout(this.#timer);
      this.#timer = undefined;
      const deadline = AbortSignal.timeout(closeTimeoutMs);
      while (this.#queue.length > 0 && !deadline.aborted) {
        const before = this.#queue.length;
        await Promise.race([this.#flushOnce(), aborted(deadline)]);
        if (this.#queue.length === before) break;
      }
      this.dropped += this.#queue.length;
      this.#leave(this.#queue.length);
      this.#queue.length = 0;
      this.#schema?.close();
      this.#tellDropped();
      if (this.#options.client !== undefined) return;
      await Promise.race([this.#client?.close(), aborted(AbortSignal.timeout(closeTimeoutMs))]);
    })();
    return this.#closed;
  }

  #wake(): void {
    if (this.#timer === undefined && this.#flushing === undefined && !this.#isClosing) this.#wait(lingerMs);
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#flushOnce().then(() => {
        const isMore = this.#queue.length > 0 || this.#isPreparing;
        if (isMore && this.#timer === undefined && !this.#isClosing)
          this.#wait(this.error === null ? lingerMs : this.#retryMs);
      });
    }, ms);
    this.#timer.unref();
  }

  #flushOnce(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #flush(): Promise<void> {
    const { topic } = this.#options;
    try {
      const client = await this.#connected();
      this.#isPreparing = false;
      // Whatever came meanwhile goes with it.
      const batch = this.#queue.slice(0, batchMax);
      if (batch.length > 0) this.sent += await this.#write(client, batch);
      this.#queue.splice(0, batch.length);
      this.#leave(batch.length);
      this.#retryMs = retryMinMs;
      if (this.error !== null) this.#logger.info({ topic }, 'events are sent again');
      this.error = null;
    } catch (error) {
      const reason = (error as Error).message;
      if (this.error === null && !this.#isClosing)
        this.#logger.warn({ topic, reason, waiting: this.#queue.length }, 'events wait: Kafka does not take them');
      this.error = reason;
      this.#retryMs = Math.min(this.#retryMs * 2, retryMaxMs);
    }
    this.#tellDropped();
  }

  #leave(count: number): void {
    this.#left += count;
    for (const { resolve, upTo } of this.#settling) if (this.#left >= upTo) resolve();
  }

  /** @returns how many are on the log: those that Kafka will never take are dropped, and do not hold up the others */
  async #write(client: KafkaClient, batch: readonly Waiting[]): Promise<number> {
    const { topic } = this.#options;
    try {
      await client.produce({ topic, records: this.#records(batch) });
      return batch.length;
    } catch (error) {
      const { kafkaName } = error as { kafkaName?: string | null };
      if (!refusals.has(kafkaName ?? '')) throw error;
      if (batch.length === 1) {
        this.dropped++;
        const reason = (error as Error).message;
        this.#logger.warn({ topic, key: batch[0]!.key, reason }, 'Kafka refuses an event: it is dropped');
        return 0;
      }
      const half = Math.ceil(batch.length / 2);
      return (await this.#write(client, batch.slice(0, half))) + (await this.#write(client, batch.slice(half)));
    }
  }

  #records(batch: readonly Waiting[]) {
    const schemaHeaders = this.#schema?.headers ?? [];
    return batch.map(({ headers, key, timestampMs, value }) => ({
      key,
      value: typeof value === 'string' ? value : JSON.stringify(value),
      ...(timestampMs !== undefined && { timestamp: timestampMs }),
      ...((headers !== undefined || schemaHeaders.length > 0) && { headers: [...(headers ?? []), ...schemaHeaders] }),
    }));
  }

  #tellDropped(): void {
    if (this.dropped === this.#toldDropped) return;
    const { topic } = this.#options;
    this.#logger.warn(
      { topic, dropped: this.dropped - this.#toldDropped },
      'events were dropped: more came than were sent',
    );
    this.#toldDropped = this.dropped;
  }

  async #connected(): Promise<KafkaClient> {
    const { bootstrap, clientId = 'headwater-events', configs, topic } = this.#options;
    if (this.#client === undefined) {
      const { createClient } = await import('@headwater/client');
      this.#client = createClient({ bootstrap: bootstrap ?? '', clientId });
    }
    if (!this.#isTopicThere) {
      const [made] = await this.#client.createTopics([
        { name: topic, partitions: 1, configs: { 'retention.ms': weekMs, ...configs } },
      ]);
      const error = made?.error ?? null;
      // Who may write need not be who may make topics: that it is missing shows itself when records are sent.
      if (error !== null && error.kafkaName !== 'TOPIC_ALREADY_EXISTS')
        this.#logger.debug({ topic, reason: error.message }, 'the topic of events was not made');
      this.#isTopicThere = true;
    }
    return this.#client;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
