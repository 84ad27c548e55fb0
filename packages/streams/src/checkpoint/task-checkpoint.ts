import { BatchBuilder } from '@headwater/protocol';
import type { DiskTable } from '../stores/disk/disk-table.ts';
import type { ChangelogSink } from '../stores/state-store.ts';
import type { CheckpointFile } from './checkpoint-file.ts';

/** A batch of a commit for one file. */
export interface CheckpointBatch {
  readonly file: CheckpointFile;
  readonly batch: BatchBuilder;
  readonly nextOffset: number;
}

/** What an instance keeps of a task's stores on its disk. */
export class TaskCheckpoint {
  /** By the store's name. */
  readonly files = new Map<string, CheckpointFile>();
  /** Of stores that keep themselves on the disk, by their name. */
  readonly tables = new Map<string, DiskTable<unknown>>();
  /** Changes of stores whose changelog is a topic that the task reads, so that nobody else writes them down. */
  readonly #collected = new Map<string, BatchBuilder>();
  readonly #onClosed: (closing: Promise<void>) => void;
  #closing: Promise<void> | null = null;

  constructor(onClosed: (closing: Promise<void>) => void) {
    this.#onClosed = onClosed;
  }

  /** Where the changes of such a store go until `takeCollected`. */
  sinkOf(store: string): ChangelogSink {
    return {
      append: (key, value, timestamp) => {
        let batch = this.#collected.get(store);
        if (batch === undefined) {
          batch = new BatchBuilder();
          this.#collected.set(store, batch);
        }
        batch.append({ key, value, timestamp });
      },
    };
  }

  /** `nextOffsetOf`: how far the store's topic was worked on. */
  takeCollected(nextOffsetOf: (store: string) => number): CheckpointBatch[] {
    const batches: CheckpointBatch[] = [];
    for (const [store, batch] of this.#collected) {
      const file = this.files.get(store);
      if (file !== undefined) batches.push({ file, batch, nextOffset: nextOffsetOf(store) });
    }
    this.#collected.clear();
    return batches;
  }

  get pendingBytes(): number {
    let bytes = 0;
    for (const file of this.files.values()) bytes += file.pendingBytes;
    return bytes;
  }

  async settled(): Promise<void> {
    await Promise.all(Array.from(this.files.values(), (file) => file.settled()));
  }

  /** Writes what was appended; may be called twice. */
  close(): Promise<void> {
    if (this.#closing === null) {
      // What cannot be written was told by the file; what is not there comes from the changelog.
      this.#closing = Promise.allSettled(Array.from(this.files.values(), (file) => file.close())).then(() => {});
      this.#onClosed(this.#closing);
    }
    return this.#closing;
  }
}
