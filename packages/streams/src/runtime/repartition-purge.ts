import type { KafkaClient } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import type { RunningTask } from './running-task.ts';

export interface RepartitionPurgeOptions {
  readonly client: Pick<KafkaClient, 'deleteRecords'>;
  readonly logger: Logger;
  /** At most so often; 0: after each commit. */
  readonly intervalMs: number;
  /** Monotonic milliseconds. */
  now?(): number;
}

/**
 * Takes away from repartition topics what was worked on and committed: nobody reads it again, and their retention is none. One request at a
 * time; one that fails is made up for by the next, as in Kafka Streams (`repartition.purge.interval.ms`).
 */
export class RepartitionPurge {
  readonly #options: RepartitionPurgeOptions;
  readonly #now: () => number;
  readonly #stopping = new AbortController();
  /** Up to where it was done, by topic and partition. */
  readonly #purged = new Map<string, number>();
  #nextMs: number;
  #purging: Promise<void> | null = null;
  #isFailing = false;

  constructor(options: RepartitionPurgeOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#nextMs = this.#now() + options.intervalMs;
  }

  /** A commit succeeded: what the tasks have committed is theirs no more. Does not wait. */
  committed(tasks: Iterable<Pick<RunningTask, 'committed' | 'task' | 'topology'>>): void {
    const now = this.#now();
    if (this.#purging !== null || this.#stopping.signal.aborted || now < this.#nextMs) return;
    const before: Record<string, Record<number, number>> = {};
    for (const { committed, task, topology } of tasks) {
      for (const topic of topology.plan.repartitionTopics.keys()) {
        const offset = committed.get(topic) ?? 0;
        // Less than before: the topic was made anew.
        if (offset > 0 && offset !== this.#purged.get(`${topic}/${task.partition}`)) {
          (before[topic] ??= {})[task.partition] = offset;
        }
      }
    }
    this.#nextMs = now + this.#options.intervalMs;
    if (Object.keys(before).length === 0) return;
    this.#purging = this.#purge(before).finally(() => {
      this.#purging = null;
    });
  }

  async #purge(before: Record<string, Record<number, number>>): Promise<void> {
    const { client, logger } = this.#options;
    try {
      await client.deleteRecords(before, { signal: this.#stopping.signal });
      this.#isFailing = false;
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      // Told once: a missing right stays so.
      if (!this.#isFailing) logger.warn({ error }, 'repartition topics cannot be purged: they grow until they can');
      this.#isFailing = true;
      return;
    }
    for (const [topic, partitions] of Object.entries(before)) {
      for (const [partition, offset] of Object.entries(partitions)) this.#purged.set(`${topic}/${partition}`, offset);
    }
  }

  /** May be called twice. */
  async close(): Promise<void> {
    this.#stopping.abort(new Error('the application is closed'));
    await this.#purging;
  }
}
