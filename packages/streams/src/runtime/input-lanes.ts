import type { FetchedBatch, KafkaClient, PartitionReader } from '@headwater/client';
import type { InputBatch, PartitionQueue } from './partition-queue.ts';

export interface InputOptions {
  readonly isolation: 'read_uncommitted' | 'read_committed';
  readonly maxBufferedBytes: number;
  /** A queue with so much is given no more until it was worked on. */
  readonly queueBytesMax: number;
  readonly onNews: () => void;
  /** A queue was given something, or its place was moved on. */
  readonly onInput: (queue: PartitionQueue) => void;
  readonly onOutOfRange: (queue: PartitionQueue) => void;
  readonly onError: (error: unknown) => void;
}

/** Of an answer, and of one partition in it: what is fetched at once is there at once, as garbage too. */
const fetchBytesMax = 4 * 1024 * 1024;
const fetchPartitionBytesMax = 1024 * 1024;

interface Subscriber {
  readonly queue: PartitionQueue;
  /** Where it goes on. */
  position: number;
}

/**
 * The input of all tasks: a partition that many of them read is fetched once. Those that are behind the others are served by a lane of
 * their own until they have caught up, so that nobody at the head waits for them.
 */
export class InputLanes {
  readonly #head: Lane;
  readonly #behind: Lane;

  constructor(client: KafkaClient, options: InputOptions) {
    this.#head = new Lane(client, options);
    this.#behind = new Lane(client, options);
  }

  add(queue: PartitionQueue, position: number): void {
    const head = this.#head.positionOf(queue);
    if (head === null || position >= head) this.#head.add(queue, position);
    else this.#behind.add(queue, position);
  }

  remove(queue: PartitionQueue): void {
    this.#head.remove(queue);
    this.#behind.remove(queue);
  }

  /** Gives the queues what was fetched; whether there was anything. */
  distribute(): boolean {
    const isHeadNews = this.#head.distribute();
    const isBehindNews = this.#behind.distribute();
    for (const { queue, position } of this.#behind.subscribers()) {
      const head = this.#head.positionOf(queue);
      if (head !== null && position < head) continue;
      this.#behind.remove(queue);
      this.#head.add(queue, position);
    }
    return isHeadNews || isBehindNews;
  }

  /** Tells the queues how far their partitions go. */
  noteEnds(): void {
    this.#head.noteEnds();
    this.#behind.noteEnds();
  }

  get bufferedBytes(): number {
    return this.#head.bufferedBytes + this.#behind.bufferedBytes;
  }

  async close(): Promise<void> {
    await Promise.all([this.#head.close(), this.#behind.close()]);
  }
}

class Lane {
  readonly #reader: PartitionReader;
  readonly #options: InputOptions;
  readonly #subscribers = new Map<string, Map<PartitionQueue, Subscriber>>();
  /** Partitions whose reading is held because a queue is full. */
  readonly #held = new Set<string>();

  constructor(client: KafkaClient, options: InputOptions) {
    this.#options = options;
    this.#reader = client.partitionReader({
      isolation: options.isolation,
      maxBufferedBytes: options.maxBufferedBytes,
      partitionMaxBytes: fetchPartitionBytesMax,
      maxBytes: fetchBytesMax,
      onReady: options.onNews,
      onAnswered: options.onNews,
      onOutOfRange: (topic, partition) => {
        for (const queue of [...(this.#subscribers.get(keyOf(topic, partition))?.keys() ?? [])]) {
          options.onOutOfRange(queue);
        }
      },
      onError: options.onError,
    });
  }

  /** Where the partition is read next; null when it is not read here. */
  positionOf({ partition, topic }: PartitionQueue): number | null {
    return this.#subscribers.has(keyOf(topic, partition)) ? this.#reader.position(topic, partition) : null;
  }

  *subscribers(): IterableIterator<Subscriber> {
    for (const list of [...this.#subscribers.values()]) yield* [...list.values()];
  }

  add(queue: PartitionQueue, position: number): void {
    const { partition, topic } = queue;
    const key = keyOf(topic, partition);
    const list = this.#subscribers.get(key);
    queue.fetchedOffset = position;
    if (list === undefined) {
      this.#subscribers.set(key, new Map([[queue, { queue, position }]]));
      this.#reader.add(topic, partition, position);
      return;
    }
    list.set(queue, { queue, position });
    // The ones that are further on leave out what they have had.
    if (position < this.#reader.position(topic, partition)) this.#reader.seek(topic, partition, position);
  }

  remove(queue: PartitionQueue): void {
    const { partition, topic } = queue;
    const key = keyOf(topic, partition);
    const list = this.#subscribers.get(key);
    if (list === undefined || !list.delete(queue) || list.size > 0) return;
    this.#subscribers.delete(key);
    this.#held.delete(key);
    this.#reader.remove(topic, partition);
  }

  distribute(): boolean {
    this.#releaseHeld();
    let isNews = false;
    for (let batch = this.#reader.take(); batch !== null; batch = this.#reader.take()) {
      isNews = true;
      const { nextOffset, partition, topic } = batch;
      const key = keyOf(topic, partition);
      for (const subscriber of this.#subscribers.get(key)?.values() ?? []) {
        if (subscriber.position >= nextOffset) continue;
        subscriber.queue.add(asInput(batch, subscriber.position));
        this.#options.onInput(subscriber.queue);
        subscriber.position = nextOffset;
        if (subscriber.queue.bufferedBytes < this.#options.queueBytesMax || this.#held.has(key)) continue;
        this.#held.add(key);
        this.#reader.pause(topic, partition);
      }
    }
    return isNews;
  }

  noteEnds(): void {
    for (const list of this.#subscribers.values()) {
      const { partition, topic } = firstOf(list);
      const endOffset = this.#reader.endOffset(topic, partition);
      const position = this.#reader.position(topic, partition);
      for (const subscriber of list.values()) {
        subscriber.queue.endOffset = endOffset;
        // Control records have no batch that would say it.
        if (position > subscriber.position && subscriber.queue.isEmpty) {
          subscriber.position = position;
          subscriber.queue.skipTo(position);
          this.#options.onInput(subscriber.queue);
        }
      }
    }
  }

  get bufferedBytes(): number {
    return this.#reader.bufferedSizeBytes;
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  #releaseHeld(): void {
    for (const key of this.#held) {
      const list = this.#subscribers.get(key)!;
      if (list.keys().some((queue) => queue.bufferedBytes >= this.#options.queueBytesMax / 2)) continue;
      this.#held.delete(key);
      const { partition, topic } = firstOf(list);
      this.#reader.resume(topic, partition);
    }
  }
}

/** All of a list read the same partition; it is never empty. */
function firstOf(list: ReadonlyMap<PartitionQueue, Subscriber>): PartitionQueue {
  return list.keys().next().value!;
}

function asInput(batch: FetchedBatch, fromOffset: number): InputBatch {
  if (batch.fromOffset >= fromOffset) return batch;
  const { header, nextOffset, sizeBytes } = batch;
  return { fromOffset, nextOffset, sizeBytes, header, cursor: () => batch.cursor() };
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
