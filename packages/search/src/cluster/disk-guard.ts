import type { Files } from '../engine/files.ts';
import { EsError } from '../errors.ts';

const checkEveryMs = 1_000;

/** Keeps writes off a disk that is (nearly) full, and lets them in again when there is room. */
export class DiskGuard {
  readonly #files: Files;
  readonly #dir: string | null;
  readonly #freeBytesMin: number;
  #isBlocked = false;
  #checkedMs = Number.NEGATIVE_INFINITY;

  constructor(files: Files, dir: string | null, freeBytesMin: number) {
    this.#files = files;
    this.#dir = dir;
    this.#freeBytesMin = freeBytesMin;
  }

  get isBlocked(): boolean {
    this.#check();
    return this.#isBlocked;
  }

  /** Throws `cluster_block_exception` while the disk is full. */
  assertWritable(index: string): void {
    if (this.isBlocked) throw diskFull(index);
  }

  /** What an I/O failure of a write means for the caller. */
  explain(error: unknown, index: string): unknown {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOSPC' && code !== 'EDQUOT' && code !== 'EFBIG') return error;
    this.#isBlocked = true;
    this.#checkedMs = performance.now();
    return diskFull(index);
  }

  #check(): void {
    if (this.#dir === null || performance.now() - this.#checkedMs < checkEveryMs) return;
    this.#checkedMs = performance.now();
    try {
      this.#isBlocked = this.#files.freeBytes(this.#dir) < this.#freeBytesMin;
    } catch {
      this.#isBlocked = false;
    }
  }
}

function diskFull(index: string): EsError {
  return blockError(
    429,
    index,
    'TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block',
  );
}

export function blockError(status: number, index: string, what: string): EsError {
  return new EsError(status, 'cluster_block_exception', `index [${index}] blocked by: [${what}];`);
}
