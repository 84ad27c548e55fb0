import type { KafkaClient, Producer } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import type { DiscoveryEvent } from '../registry/recent-events.ts';

export const eventsTopic = 'headwater-discovery-events';

const waitingMax = 10_000;
const atOnceMax = 500;
const retentionMs = 7 * 24 * 3_600_000;

/** Writes what happened to `headwater-discovery-events`. Nobody waits for it; what does not fit while the event store is away is counted. */
export class EventPublisher {
  readonly #client: KafkaClient;
  readonly #producer: Producer;
  readonly #logger: Logger;
  readonly #waiting: DiscoveryEvent[] = [];
  #isTopicThere = false;
  #isRunning = false;
  #isClosed = false;
  #dropped = 0;

  constructor(client: KafkaClient, logger: Logger) {
    this.#client = client;
    this.#logger = logger;
    this.#producer = client.producer({ lingerMs: 5, deliveryTimeoutMs: 30_000, allowAutoTopicCreation: false });
  }

  /** Events that were lost. */
  get dropped(): number {
    return this.#dropped;
  }

  publish(event: DiscoveryEvent): void {
    if (this.#isClosed) return;
    if (this.#waiting.length >= waitingMax) {
      this.#dropped++;
      return;
    }
    this.#waiting.push(event);
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#run();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#producer.close();
  }

  async #run(): Promise<void> {
    try {
      while (this.#waiting.length > 0 && !this.#isClosed) {
        await this.#createTopic();
        const events = this.#waiting.splice(0, atOnceMax);
        const records = events.map(({ id: _id, ...event }) => ({
          key: event.service,
          value: JSON.stringify(event),
          timestamp: event.timestampMs,
        }));
        await this.#producer.send({ topic: eventsTopic, records }).catch((error: unknown) => {
          this.#dropped += records.length;
          throw error;
        });
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!this.#isClosed)
        this.#logger.warn({ reason, dropped: this.#dropped }, 'events of discovery wait or were lost');
    } finally {
      this.#isRunning = false;
    }
  }

  async #createTopic(): Promise<void> {
    if (this.#isTopicThere) return;
    const [result] = await this.#client.createTopics([
      { name: eventsTopic, partitions: 1, configs: { 'retention.ms': retentionMs } },
    ]);
    const error = result?.error ?? null;
    if (error !== null && error.kafkaName !== 'TOPIC_ALREADY_EXISTS') throw error;
    this.#isTopicThere = true;
  }
}
