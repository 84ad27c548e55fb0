import type { OutputBatch } from '../runtime/output-batches.ts';
import type { RunningTask } from '../runtime/running-task.ts';
import type { DiskTable } from '../stores/disk/disk-table.ts';
import type { CheckpointFile } from './checkpoint-file.ts';
import type { CheckpointBatch, TaskCheckpoint } from './task-checkpoint.ts';

/** Written behind, but not without a bound. */
const pendingBytesMax = 64 * 1024 * 1024;

/** What of a commit goes to the checkpoints once it has succeeded. Made when the stores are drained, before anything else runs. */
export class CheckpointCommit {
  readonly #collected: CheckpointBatch[] = [];
  readonly #files = new Map<string, CheckpointFile>();
  /** Stores that keep themselves on the disk, by their changelog's partition. */
  readonly #tables = new Map<string, { table: DiskTable<unknown>; nextOffset: number }>();
  readonly #checkpoints: TaskCheckpoint[] = [];

  constructor(tasks: Iterable<RunningTask>) {
    for (const { checkpoint, task } of tasks) {
      if (checkpoint === null) continue;
      this.#checkpoints.push(checkpoint);
      for (const [store, file] of checkpoint.files) {
        this.#files.set(`${task.plan.changelogs.get(store)}/${task.partition}`, file);
      }
      const nextOffsetOf = (store: string) => task.queues.get(task.plan.changelogs.get(store)!)?.nextOffset ?? -1;
      for (const [store, table] of checkpoint.tables) {
        const place = `${task.plan.changelogs.get(store)}/${task.partition}`;
        // Where the changelog is a topic that is read, it is as far as that was worked on.
        this.#tables.set(place, { table, nextOffset: nextOffsetOf(store) });
      }
      this.#collected.push(...checkpoint.takeCollected(nextOffsetOf));
    }
  }

  /** A promise only when too much waits to be written. */
  finish(batches: readonly OutputBatch[]): Promise<unknown> | null {
    for (const { nextOffset, partition, topic } of batches) {
      const found = this.#tables.get(`${topic}/${partition}`);
      if (found !== undefined && nextOffset > found.nextOffset) found.nextOffset = nextOffset;
    }
    for (const { nextOffset, table } of this.#tables.values()) table.committed(nextOffset);
    if (this.#files.size === 0) return null;
    for (const { batch, nextOffset, partition, topic } of batches) {
      // Acknowledged, so nobody reads the builder any more.
      this.#files.get(`${topic}/${partition}`)?.append(batch.finish(), batch.recordsCount, nextOffset);
    }
    for (const { batch, file, nextOffset } of this.#collected) {
      file.append(batch.finish(), batch.recordsCount, nextOffset);
    }
    let pendingBytes = 0;
    for (const checkpoint of this.#checkpoints) pendingBytes += checkpoint.pendingBytes;
    if (pendingBytes < pendingBytesMax) return null;
    return Promise.all(this.#checkpoints.map((checkpoint) => checkpoint.settled()));
  }
}
