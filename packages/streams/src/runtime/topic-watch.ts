import { ClientError, type KafkaClient } from '@headwater/client';
import { ErrorCode } from '@headwater/protocol';
import { StreamsError } from '../streams-error.ts';
import { TaskFailure } from './task-failure.ts';
import type { TopologyInstance } from './topology-instance.ts';

export interface TopicWatchOptions {
  readonly client: Pick<KafkaClient, 'metadata'>;
  /** Those that run. */
  topologies(): Iterable<TopologyInstance>;
  /** A topology has lost a topic. */
  onGone(failure: TaskFailure): void;
  /** Monotonic milliseconds. */
  now?(): number;
}

/** A topic may be gone for so long: brokers that start, and metadata that is behind, say so too. */
const toleranceMs = 5_000;
/** A topic that is read and deleted causes no error: it is looked for every so often. */
const intervalMs = 30_000;

/**
 * Notices topics that were deleted while they are read or written. Their topology fails then, and says which one, instead of trying on for
 * ever (Kafka Streams: MissingSourceTopicException).
 */
export class TopicWatch {
  readonly #options: TopicWatchOptions;
  readonly #now: () => number;
  readonly #missingSince = new Map<string, number>();
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(options: TopicWatchOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  start(): void {
    if (!this.#isClosed) this.#later(intervalMs);
  }

  /** The error, or, when it comes of a topic that has been gone for a while, the failure of the topology that needs it. */
  async judge(error: unknown): Promise<unknown> {
    if (!isOfMissingTopic(error)) return error;
    return (await this.look().catch(() => null)) ?? error;
  }

  /** The first topology that has lost a topic; null: none has, as far as is known. */
  async look(): Promise<TaskFailure | null> {
    const needs: [TopologyInstance, Set<string>][] = [];
    for (const topology of this.#options.topologies()) {
      if (topology.layout !== null && topology.isWanted) needs.push([topology, topicsOf(topology)]);
    }
    const names = new Set(needs.flatMap(([, topics]) => [...topics]));
    if (names.size === 0) return null;
    const { topics } = await this.#options.client.metadata([...names]);
    const missing = new Set(topics.filter((topic) => isUnknown(topic.errorCode)).map(({ name }) => name));
    for (const name of this.#missingSince.keys()) if (!missing.has(name)) this.#missingSince.delete(name);
    const now = this.#now();
    for (const name of missing) if (!this.#missingSince.has(name)) this.#missingSince.set(name, now);
    for (const [topology, topics] of needs) {
      const gone = [...topics].find((name) => now - (this.#missingSince.get(name) ?? now) >= toleranceMs);
      if (gone === undefined || !topology.isWanted) continue;
      const message = `The topic ${gone} is gone, which topology '${topology.name}' needs: it was deleted. Make it again and start anew`;
      return new TaskFailure(topology, new StreamsError('HW_STREAMS_MISSING_TOPIC', message));
    }
    return null;
  }

  #later(delayMs: number): void {
    this.#timer = setTimeout(() => void this.#tick(), delayMs);
    this.#timer.unref();
  }

  async #tick(): Promise<void> {
    // What cannot be asked for now is asked for the next time.
    const failure = await this.look().catch(() => null);
    if (this.#isClosed) return;
    if (failure !== null) this.#options.onGone(failure);
    this.#later(this.#missingSince.size > 0 ? toleranceMs : intervalMs);
  }

  /** May be called twice. */
  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}

function topicsOf(topology: TopologyInstance): Set<string> {
  const read = topology.layout!.subtopologies.flatMap(({ topics }) => [...topics.values()].flat());
  return new Set([...read, ...topology.writtenTopics()]);
}

function isOfMissingTopic(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each instanceof ClientError && each.kafkaCode !== null && isUnknown(each.kafkaCode)) return true;
  }
  return false;
}

function isUnknown(errorCode: number): boolean {
  return errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION || errorCode === ErrorCode.UNKNOWN_TOPIC_ID;
}
