import type { FetchedBatch, KafkaClient, PartitionReader } from '@headwater/client';
import type { Restoration } from './restore.ts';
import type { RunningTask } from './running-task.ts';

/** A task that is not at work: its stores follow their changelogs. */
export interface WarmTask {
  readonly running: RunningTask;
  /** By store: where it stands, kept up to date. */
  readonly restorations: WarmRestoration[];
}

export interface WarmRestoration extends Restoration {
  fromOffset: number;
  readonly storeName: string;
  /** Whether the changelog may be read to its end: not a topic that the task reads. */
  readonly isFollowed: boolean;
}

export interface StandbyTasksOptions {
  readonly client: KafkaClient;
  readonly isolation: 'read_uncommitted' | 'read_committed';
  /** What no further attempt mends. */
  onError(error: unknown): void;
  /** The changelog lost what was to come next: the task is not here any more. */
  onLost(name: string): void;
}

/** Records that are taken over before others get a turn. */
const sliceRecords = 5_000;

/** The state of tasks that other instances work on, kept warm from the changelogs: who takes one over has little to read. */
export class StandbyTasks {
  readonly #options: StandbyTasksOptions;
  readonly #tasks = new Map<string, WarmTask>();
  readonly #followed = new Map<string, { name: string; restoration: WarmRestoration }>();
  readonly #reader: PartitionReader;
  #turn: NodeJS.Immediate | null = null;
  #isClosed = false;

  constructor(options: StandbyTasksOptions) {
    this.#options = options;
    this.#reader = options.client.partitionReader({
      isolation: options.isolation,
      maxBufferedBytes: 8 * 1024 * 1024,
      onReady: () => this.#wake(),
      onOutOfRange: (topic, partition) => this.#lost(`${topic}/${partition}`),
      onError: (error) => options.onError(error),
    });
  }

  get names(): string[] {
    return [...this.#tasks.keys()];
  }

  has(name: string): boolean {
    return this.#tasks.has(name);
  }

  /** By task: how many records it is behind, as last heard of. */
  get lags(): Map<string, number> {
    const lags = new Map<string, number>();
    for (const [name, { restorations }] of this.#tasks) {
      let lag = 0;
      for (const { isFollowed, partition, topic } of restorations) {
        if (!isFollowed) continue;
        const end = this.#reader.endOffset(topic, partition);
        lag += end < 0 ? Number.MAX_SAFE_INTEGER : Math.max(0, end - this.#reader.position(topic, partition));
      }
      lags.set(name, Math.min(lag, Number.MAX_SAFE_INTEGER));
    }
    return lags;
  }

  /** Follows the changelogs from where the task stands. */
  add(warm: WarmTask): void {
    const { name } = warm.running;
    this.#tasks.set(name, warm);
    for (const restoration of warm.restorations) {
      if (!restoration.isFollowed) continue;
      const { fromOffset, partition, topic } = restoration;
      this.#followed.set(`${topic}/${partition}`, { name, restoration });
      this.#reader.add(topic, partition, fromOffset);
    }
  }

  /** Gives a task out of hand, as far as it came; undefined when there is none. */
  take(name: string): WarmTask | undefined {
    const warm = this.#tasks.get(name);
    if (warm === undefined) return undefined;
    this.#tasks.delete(name);
    for (const { isFollowed, partition, topic } of warm.restorations) {
      if (!isFollowed) continue;
      this.#followed.delete(`${topic}/${partition}`);
      this.#reader.remove(topic, partition);
    }
    return warm;
  }

  /** Lets a task go. */
  drop(name: string): void {
    const warm = this.take(name);
    if (warm === undefined) return;
    warm.running.task.close();
    void warm.running.checkpoint?.close();
  }

  #lost(key: string): void {
    const found = this.#followed.get(key);
    if (found === undefined) return;
    this.drop(found.name);
    this.#options.onLost(found.name);
  }

  #wake(): void {
    if (this.#turn !== null || this.#isClosed) return;
    this.#turn = setImmediate(() => {
      this.#turn = null;
      this.#work();
    });
  }

  #work(): void {
    if (this.#isClosed) return;
    try {
      let records = 0;
      for (let batch = this.#reader.take(); batch !== null; batch = this.#reader.take()) {
        records += this.#takeOver(batch);
        if (records < sliceRecords) continue;
        this.#wake();
        return;
      }
    } catch (error) {
      this.#options.onError(error);
    }
  }

  #takeOver(batch: FetchedBatch): number {
    const found = this.#followed.get(`${batch.topic}/${batch.partition}`);
    if (found === undefined) return 0;
    const { restoration } = found;
    let count = 0;
    for (const cursor = batch.cursor(); cursor.next(); ) {
      if (cursor.offset < restoration.fromOffset) continue;
      const key = cursor.key();
      if (key !== null) restoration.store.restore(key, cursor.value(), cursor.timestamp);
      count++;
    }
    restoration.fromOffset = batch.nextOffset;
    void restoration.onProgress?.(batch.nextOffset, batch.nextOffset);
    return count;
  }

  /** May be called twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#turn !== null) clearImmediate(this.#turn);
    for (const name of this.names) this.drop(name);
    await this.#reader.close();
  }
}
