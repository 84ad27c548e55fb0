import { ClientError } from '../client-error.ts';
import type { Cluster } from '../cluster.ts';
import type { FetchedBatch } from '../fetched-batch.ts';
import { Fetcher } from './fetcher.ts';
import { PartitionState } from './partition-state.ts';

export interface PartitionReaderOptions {
  /** Default 'read_uncommitted'. */
  isolation?: 'read_uncommitted' | 'read_committed';
  /** How long a broker waits for new records before it answers with none. Default 500. */
  maxWaitMs?: number;
  /** Default 1. */
  minBytes?: number;
  /** Most bytes of one answer. Default 16 MiB. */
  maxBytes?: number;
  /** Most bytes of one partition in an answer, and the size at which it is not fetched further ahead. Default 1 MiB. */
  partitionMaxBytes?: number;
  /** Fetched and not yet taken; nothing more is fetched while this is passed. Default 32 MiB. */
  maxBufferedBytes?: number;
  rackId?: string;
  /** There is something to take. Called from within the answer: do the work later. */
  onReady: () => void;
  /** A broker has answered, with records or without: `endOffset` is known anew. */
  onAnswered?: () => void;
  /** The log does not have the position: it waits for a `seek`, to an offset that `listOffsets` finds. */
  onOutOfRange: (topic: string, partition: number) => void;
  /** What no further attempt mends. */
  onError: (error: unknown) => void;
}

/**
 * Reads partitions that come and go, each from a position of its own, without a group: fetched ahead, taken batch by batch. What a
 * consumer is made of, for those who keep offsets themselves.
 *
 * @example
 * const reader = client.partitionReader({ onReady: work, onOutOfRange: startAnew, onError: fail });
 * reader.add('orders', 0, 1_200);
 * for (let batch = reader.take(); batch !== null; batch = reader.take()) handle(batch);
 */
export class PartitionReader {
  private readonly fetcher: Fetcher;
  private readonly states = new Map<string, PartitionState>();
  private readonly stopping = new AbortController();
  private closing: Promise<void> | null = null;

  constructor(cluster: Cluster, options: PartitionReaderOptions) {
    this.fetcher = new Fetcher(
      cluster,
      {
        maxWaitMs: options.maxWaitMs ?? 500,
        minBytes: options.minBytes ?? 1,
        maxBytes: options.maxBytes ?? 16 * 1024 * 1024,
        partitionMaxBytes: options.partitionMaxBytes ?? 1024 * 1024,
        maxBufferedBytes: options.maxBufferedBytes ?? 32 * 1024 * 1024,
        isolation: options.isolation ?? 'read_uncommitted',
        rackId: options.rackId ?? '',
      },
      {
        ready: options.onReady,
        ...(options.onAnswered && { answered: options.onAnswered }),
        outOfRange: (state) => {
          this.fetcher.moveTo(state, -1);
          options.onOutOfRange(state.topic, state.partition);
        },
        failed: options.onError,
      },
    );
  }

  /** Aborts when the reader is closed. */
  get closed(): AbortSignal {
    return this.stopping.signal;
  }

  get bufferedSizeBytes(): number {
    return this.fetcher.bufferedSizeBytes;
  }

  has(topic: string, partition: number): boolean {
    return this.states.has(keyOf(topic, partition));
  }

  /** Begins to read at an offset. */
  add(topic: string, partition: number, offset: number): void {
    if (this.closing !== null) throw new ClientError('HW_CLIENT_CLOSED', 'the reader is closed');
    if (this.has(topic, partition))
      throw new ClientError('HW_CLIENT_BAD_OPTION', `${topic}-${partition} is read already`);
    const state = new PartitionState(topic, partition);
    state.moveTo(offset);
    this.states.set(keyOf(topic, partition), state);
    this.fetcher.add(state);
  }

  remove(topic: string, partition: number): void {
    const state = this.states.get(keyOf(topic, partition));
    if (state === undefined) return;
    this.states.delete(keyOf(topic, partition));
    this.fetcher.remove(state);
  }

  /** Goes on at an offset; what was fetched is dropped. */
  seek(topic: string, partition: number, offset: number): void {
    this.fetcher.moveTo(this.state(topic, partition), offset);
  }

  /** Hands out nothing of the partition until `resume`; what is fetched of it is kept. */
  pause(topic: string, partition: number): void {
    this.state(topic, partition).isPaused = true;
  }

  resume(topic: string, partition: number): void {
    const state = this.state(topic, partition);
    if (!state.isPaused) return;
    state.isPaused = false;
    this.fetcher.poke(state);
  }

  /** The next batch of a partition that is not paused, of each in turn; null when there is none at the moment. */
  take(): FetchedBatch | null {
    return this.fetcher.take()?.batch ?? null;
  }

  get hasReady(): boolean {
    return this.fetcher.hasReady;
  }

  /** After the last batch that was taken, and after control records; -1 while it waits for a `seek`. */
  position(topic: string, partition: number): number {
    return this.state(topic, partition).position;
  }

  /** Up to where records can be read, as last fetched: with 'read_committed' the first open transaction; -1 before. */
  endOffset(topic: string, partition: number): number {
    return this.state(topic, partition).endOffset;
  }

  /** May be called twice. */
  close(): Promise<void> {
    if (this.closing === null) {
      const reason = new ClientError('HW_CLIENT_CLOSED', 'the reader is closed');
      this.stopping.abort(reason);
      this.closing = this.fetcher.close(reason);
    }
    return this.closing;
  }

  private state(topic: string, partition: number): PartitionState {
    const state = this.states.get(keyOf(topic, partition));
    if (state === undefined) throw new ClientError('HW_CLIENT_BAD_OPTION', `${topic}-${partition} is not read`);
    return state;
  }
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
