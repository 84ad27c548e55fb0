import type { Logger } from '@headwater/logger';
import type { FilePool } from './files/file-pool.ts';
import type { RecoveryRecorder } from './recovery-report.ts';
import type { StoreLimits } from './store-config.ts';
import type { TailCache } from './tail-cache.ts';
import type { StorageClock } from './types.ts';

/** What all partitions of a store share, and what they ask of it. */
export interface StoreContext {
  readonly dir: string;
  readonly pool: FilePool;
  readonly cache: TailCache;
  readonly clock: StorageClock;
  readonly logger: Logger;
  readonly recorder: RecoveryRecorder;
  readonly limits: StoreLimits;
  readonly counters: { appendedBytes: number; flushes: number; failedAppends: number };
  /** What `deleteRecords` recorded last; 0 when nothing. */
  logStart(topicId: string, partition: number): number;
  setLogStart(topicId: string, partition: number, offset: number): void;
  /** Something was appended: a checkpoint is due at the next round. */
  checkpointDue(partition: Checkpointed): void;
  /** A segment was closed: a checkpoint is due as soon as the disk is free. */
  checkpointSoon(partition: Checkpointed): void;
  /** A segment of a compacted partition was closed. */
  cleaningDue(partition: Cleaned): void;
  /** Moves a directory away that holds records of another topic. */
  setAside(directoryName: string): void;
  /** The data directory has a new entry. */
  directoryMade(name: string): void;
  /** Makes topics, and the names in the data directory, durable when they are not. */
  flushMetadata(): Promise<void>;
  /** Removes files in the background; they are out of use, though reads in progress may still hold them. */
  removeFiles(paths: string[]): void;
}

export interface Checkpointed {
  checkpoint(): Promise<void>;
}

export interface Cleaned {
  isCleaningDue(now: number): boolean;
  clean(now: number): Promise<number>;
}
