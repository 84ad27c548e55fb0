import { BatchBuilder } from '@headwater/protocol';
import type { StateStore } from '../stores/state-store.ts';
import type { CheckpointFile } from './checkpoint-file.ts';

const batchBytes = 256 * 1024;
const pendingBytesMax = 16 * 1024 * 1024;

/** What a store is filled with from its changelog goes to its checkpoint too, so that it is read once. */
export class RestoringCheckpoint {
  readonly #store: Pick<StateStore, 'restore'>;
  readonly #file: CheckpointFile;
  #batch = new BatchBuilder(1024);

  constructor(store: Pick<StateStore, 'restore'>, file: CheckpointFile) {
    this.#store = store;
    this.#file = file;
  }

  restore(key: Buffer, value: Buffer | null, timestamp: number): void {
    this.#store.restore(key, value, timestamp);
    this.#batch.append({ key, value, timestamp });
  }

  /** All before `nextOffset` was given. */
  progress(nextOffset: number): Promise<void> | undefined {
    if (this.#batch.sizeBytes < batchBytes) return undefined;
    this.flush(nextOffset);
    return this.#file.pendingBytes > pendingBytesMax ? this.#file.settled() : undefined;
  }

  flush(nextOffset: number): void {
    const batch = this.#batch;
    this.#batch = new BatchBuilder(batchBytes);
    if (batch.recordsCount > 0) this.#file.append(batch.finish(), batch.recordsCount, nextOffset);
    else this.#file.startAt(nextOffset);
  }
}
