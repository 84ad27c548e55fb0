import type { KafkaClient } from '@headwater/client';
import type { Logger } from '@headwater/logger';

export interface EventTopicOptions {
  topic: string;
  /** Address of Kafka, as `@headwater/client` takes it. */
  kafkaUrl: string;
  logger: Logger;
  /** Events that wait; one more is dropped and counted. Default 10,000. */
  queueMax?: number;
}

const queueMaxDefault = 10_000;
const batchMax = 500;
const lingerMs = 100;
const retryMinMs = 250;
const retryMaxMs = 10_000;
/** Last chance of what waits when the gateway closes. */
const closeTimeoutMs = 1_500;
/** Kept for a week, as all topics of events are. */
const topicConfigs = { 'retention.ms': 7 * 24 * 3_600_000 };

/**
 * A topic that events are put on in the background. `tell` never waits and never fails: events wait in a bounded queue while Kafka is away, and what
 * does not fit is dropped, counted, and told in the log. The client is loaded and connected with the first event.
 */
export class EventTopic {
  sent = 0;
  dropped = 0;
  readonly #options: EventTopicOptions;
  readonly #queueMax: number;
  #queue: { key: string; value: object }[] = [];
  #client: KafkaClient | undefined;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  #retryMs = retryMinMs;
  #toldDropped = 0;
  #isTopicThere = false;
  #isClosing = false;
  #closed: Promise<void> | undefined;
  error: string | null = null;

  constructor(options: EventTopicOptions) {
    this.#options = options;
    this.#queueMax = options.queueMax ?? queueMaxDefault;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  tell(key: string, value: object): void {
    if (this.#isClosing || this.#queue.length >= this.#queueMax) {
      this.dropped++;
      return;
    }
    this.#queue.push({ key, value });
    if (this.#timer === undefined && this.#flushing === undefined) this.#wait(lingerMs);
  }

  /** Sends what waits, within a bound of time. May be called twice. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      this.#isClosing = true;
      clearTimeout(this.#timer);
      this.#timer = undefined;
      const deadline = AbortSignal.timeout(closeTimeoutMs);
      while (this.#queue.length > 0 && !deadline.aborted) {
        const before = this.#queue.length;
        await Promise.race([this.#flushOnce(), aborted(deadline)]);
        if (this.#queue.length === before) break;
      }
      this.dropped += this.#queue.length;
      this.#queue = [];
      await Promise.race([this.#client?.close(), aborted(AbortSignal.timeout(closeTimeoutMs))]);
    })();
    return this.#closed;
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#flushOnce().then(() => {
        if (this.#queue.length > 0 && this.#timer === undefined && !this.#isClosing)
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
    const { topic, logger } = this.#options;
    const batch = this.#queue.slice(0, batchMax);
    try {
      const client = await this.#connected();
      const records = batch.map(({ key, value }) => ({ key, value: JSON.stringify(value) }));
      await client.produce({ topic, records });
      this.#queue = this.#queue.slice(batch.length);
      this.sent += batch.length;
      this.#retryMs = retryMinMs;
      if (this.error !== null) logger.info({ topic }, 'events are sent again');
      this.error = null;
    } catch (error) {
      const reason = (error as Error).message;
      if (this.error === null)
        logger.warn({ topic, reason, waiting: this.#queue.length }, 'events wait: Kafka does not take them');
      this.error = reason;
      this.#retryMs = Math.min(this.#retryMs * 2, retryMaxMs);
    }
    if (this.dropped > this.#toldDropped) {
      logger.warn(
        { topic, dropped: this.dropped - this.#toldDropped },
        'events were dropped: more came than were sent',
      );
      this.#toldDropped = this.dropped;
    }
  }

  async #connected(): Promise<KafkaClient> {
    const { kafkaUrl, topic } = this.#options;
    if (this.#client === undefined) {
      const { createClient } = await import('@headwater/client');
      this.#client = createClient({ bootstrap: kafkaUrl, clientId: 'gateway' });
    }
    if (!this.#isTopicThere) {
      // That it exists already is no failure; any other shows itself when records are sent.
      await this.#client.createTopics([{ name: topic, configs: topicConfigs }]);
      this.#isTopicThere = true;
    }
    return this.#client;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
