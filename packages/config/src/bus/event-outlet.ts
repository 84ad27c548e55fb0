import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaClient } from '@headwater/client';
import type { Logger } from '@headwater/logger';

export interface OutletRecord {
  topic: string;
  key: string | null;
  value: string;
  headers?: readonly { key: string; value: string }[];
}

/** Waiting for the event store, at most; what comes when it is full is dropped and counted. */
const maxQueued = 1_000;
const topics = [
  { name: 'springCloudBus', configs: {} },
  { name: 'headwater-config-changes', configs: { 'retention.ms': 7 * 24 * 3_600_000 } },
] as const;

/**
 * Writes events to topics in their order, in the background: nobody waits for it, and an event store that is away is tried again.
 */
export class EventOutlet {
  droppedCount = 0;
  readonly #client: KafkaClient;
  readonly #logger: Logger;
  readonly #queue: OutletRecord[] = [];
  readonly #stop = new AbortController();
  #working: Promise<void> | undefined;
  #hasTopics = false;

  constructor(client: KafkaClient, logger: Logger) {
    this.#client = client;
    this.#logger = logger;
  }

  push(record: OutletRecord): void {
    if (this.#stop.signal.aborted) return;
    if (this.#queue.length >= maxQueued) {
      this.droppedCount += 1;
      if (this.droppedCount === 1 || this.droppedCount % 1_000 === 0) {
        this.#logger.warn({ dropped: this.droppedCount }, 'configuration events are dropped: the event store is away');
      }
      return;
    }
    this.#queue.push(record);
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  /** Makes the topics, so that who follows them finds them. */
  async prepare(): Promise<void> {
    for (let waitMs = 250; !this.#hasTopics; waitMs = Math.min(waitMs * 2, 10_000)) {
      const { signal } = this.#stop;
      try {
        // One that is there already is as good.
        await this.#client.createTopics(
          topics.map(({ name, configs }) => ({ name, partitions: 1, configs })),
          { signal },
        );
        this.#hasTopics = true;
      } catch (error) {
        if (signal.aborted) throw error;
        await sleep(waitMs, undefined, { signal, ref: false });
      }
    }
  }

  /** Writes what waits, for a second at most. */
  async close(): Promise<void> {
    const given = sleep(1_000, undefined, { ref: false });
    await Promise.race([this.#working, given]);
    this.#stop.abort(new Error('the configuration server is closing'));
    await this.#working?.catch(() => {});
  }

  async #work(): Promise<void> {
    const { signal } = this.#stop;
    for (let waitMs = 250; this.#queue.length > 0 && !signal.aborted; ) {
      const { topic, key, value, headers } = this.#queue[0]!;
      try {
        await this.prepare();
        await this.#client.produce({ topic, records: [{ key, value, ...(headers && { headers }) }], signal });
        this.#queue.shift();
        waitMs = 250;
      } catch (error) {
        if (signal.aborted) return;
        this.#logger.debug({ error: (error as Error).message }, 'the event store does not take events: tried again');
        await sleep(waitMs, undefined, { signal, ref: false }).catch(() => {});
        waitMs = Math.min(waitMs * 2, 10_000);
      }
    }
  }
}
