import type { OutputBatch } from '../runtime/output-batches.ts';
import type { RunningTask } from '../runtime/running-task.ts';
import type { CheckpointFile } from './checkpoint-file.ts';
import type { CheckpointBatch, TaskCheckpoint } from './task-checkpoint.ts';

/** Written behind, but not without a bound. */
const pendingBytesMax = 64 * 1024 * 1024;

/** What of a commit goes to the checkpoints once it has succeeded. Made when the stores are drained, before anything else runs. */
export class CheckpointCommit {
  readonly #collected: CheckpointBatch[] = [];
  readonly #files = new Map<string, CheckpointFile>();
  readonly #checkpoints: TaskCheckpoint[] = [];

  constructor(tasks: Iterable<RunningTask>) {
    for (const { checkpoint, task } of tasks) {
      if (checkpoint === null) continue;
      this.#checkpoints.push(checkpoint);
      for (const [store, file] of checkpoint.files) {
        this.#files.set(`${task.plan.changelogs.get(store)}/${task.partition}`, file);
      }
      const nextOffsetOf = (store: string) => task.queues.get(task.plan.changelogs.get(store)!)?.nextOffset ?? -1;
      this.#collected.push(...checkpoint.takeCollected(nextOffsetOf));
    }
  }

  /** A promise only when too much waits to be written. */
  finish(batches: readonly OutputBatch[]): Promise<unknown> | null {
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
