import { closeSync, openSync, statSync, truncateSync, writevSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Logger } from '@headwater/logger';
import type { RowExpiry } from '../stores/state-store.ts';
import { type CheckpointHeader, encodeFrame } from './checkpoint-frames.ts';
import { compactCheckpoint } from './compact-checkpoint.ts';

export interface CheckpointFileOptions {
  readonly path: string;
  readonly header: CheckpointHeader;
  /** Windows are let go by their time. */
  readonly expiry: RowExpiry | null;
  readonly logger: Logger;
  /** Rows that the store has at the moment. */
  liveCount(): number;
}

/** Below it a file is not worth writing anew. */
const compactionBytesMin = 4 * 1024 * 1024;

/**
 * What became of a store, in the changelog's own batches, appended after each commit. Written behind the commits, never waited for by
 * them; without a sync, because what is missing after a crash comes from the changelog.
 */
export class CheckpointFile {
  readonly #options: CheckpointFileOptions;
  #file: FileHandle | null = null;
  #sizeBytes: number;
  #recordsCount: number;
  /** Records after the last compaction. */
  #keptCount: number;
  #nextOffset: number;
  /** Of what is in the file; more may be queued. */
  #writtenOffset: number;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #queuedRecords = 0;
  #writing: Promise<void> | null = null;
  /** What it has is whole, but nothing is added to it any more. */
  #isStopped = false;

  /** `found`: what the file at the path holds, when it is to be gone on with; else it is begun anew. */
  constructor(
    options: CheckpointFileOptions,
    found: { validBytes: number; nextOffset: number; recordsCount: number } | null,
  ) {
    this.#options = options;
    const { header, path } = options;
    this.#sizeBytes = found?.validBytes ?? 0;
    this.#recordsCount = found?.recordsCount ?? 0;
    this.#keptCount = this.#recordsCount;
    this.#nextOffset = found?.nextOffset ?? -1;
    this.#writtenOffset = this.#nextOffset;
    if (found !== null) {
      if (statSync(path).size > found.validBytes) truncateSync(path, found.validBytes);
      return;
    }
    const file = openSync(path, 'w');
    try {
      this.#sizeBytes = writevSync(file, encodeFrame('header', -1, Buffer.from(JSON.stringify(header))));
    } finally {
      closeSync(file);
    }
  }

  /** The changelog's offset up to which it goes; -1: nothing yet. */
  get nextOffset(): number {
    return this.#nextOffset;
  }

  get pendingBytes(): number {
    return this.#queuedBytes;
  }

  /** The store is as the changelog is before the offset, without a row of its own for it. */
  startAt(nextOffset: number): void {
    if (nextOffset > this.#nextOffset) this.#nextOffset = nextOffset;
  }

  /** Adds a whole record batch (format 2). `nextOffset`: where the changelog goes on after it; -1 when it is not known. */
  append(batch: Buffer, recordsCount: number, nextOffset: number): void {
    if (this.#isStopped) return;
    if (nextOffset > this.#nextOffset) this.#nextOffset = nextOffset;
    // Without an offset of its own it is read again from the changelog, which comes to the same.
    if (this.#nextOffset < 0) return;
    const parts = encodeFrame('rows', this.#nextOffset, batch);
    this.#queue.push(...parts);
    this.#queuedBytes += parts[0].length + parts[1].length;
    this.#queuedRecords += recordsCount;
    this.#writing ??= this.#write();
  }

  /** Resolves when all that was appended is written, or given up. */
  async settled(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  async close(): Promise<void> {
    await this.settled();
    this.#isStopped = true;
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }

  async #write(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const queue = this.#queue;
        const bytes = this.#queuedBytes;
        const nextOffset = this.#nextOffset;
        this.#recordsCount += this.#queuedRecords;
        this.#queue = [];
        this.#queuedRecords = 0;
        await this.#writeAll(queue);
        this.#queuedBytes -= bytes;
        this.#writtenOffset = nextOffset;
        if (this.#isMostlyDead()) await this.#compact();
      }
    } catch (error) {
      this.#stop(error);
    } finally {
      this.#writing = null;
    }
  }

  async #writeAll(queue: Buffer[]): Promise<void> {
    this.#file ??= await open(this.#options.path, 'r+');
    for (let parts = queue; parts.length > 0; ) {
      const { bytesWritten } = await this.#file.writev(parts.slice(0, 512), this.#sizeBytes);
      this.#sizeBytes += bytesWritten;
      parts = after(parts, bytesWritten);
    }
  }

  #isMostlyDead(): boolean {
    if (this.#sizeBytes < compactionBytesMin) return false;
    return this.#recordsCount > 2 * Math.max(this.#options.liveCount(), this.#keptCount);
  }

  async #compact(): Promise<void> {
    const { expiry, header, path } = this.#options;
    await this.#file?.close();
    this.#file = null;
    const { recordsCount, sizeBytes } = await compactCheckpoint(path, header, this.#writtenOffset, expiry);
    this.#sizeBytes = sizeBytes;
    this.#recordsCount = recordsCount;
    this.#keptCount = recordsCount;
  }

  #stop(error: unknown): void {
    const { header, logger } = this.#options;
    this.#isStopped = true;
    this.#queue = [];
    this.#queuedBytes = 0;
    const message =
      'the checkpoint cannot be written: the store goes on, and is restored from where the checkpoint ends. See that there is room on the disk';
    logger.error({ error, task: header.task, store: header.store, nextOffset: this.#writtenOffset }, message);
  }
}

/** What is left of the parts behind `bytes`. */
function after(parts: Buffer[], bytes: number): Buffer[] {
  let index = 0;
  let left = bytes;
  while (index < parts.length && left >= parts[index]!.length) left -= parts[index++]!.length;
  const rest = parts.slice(index);
  if (left > 0) rest[0] = rest[0]!.subarray(left);
  return rest;
}
