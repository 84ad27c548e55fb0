import type { MemoryLease } from './types.ts';

/**
 * A piece of the cache's memory. It is filled from the front, evicted as a whole, and filled again when nobody looks at it any more:
 * fresh memory for every batch costs more in garbage collection and page faults than the copy does.
 */
export class CacheSlab<Run> implements MemoryLease {
  readonly bytes: Buffer;
  usedBytes = 0;
  /** When the next one was begun; Infinity while it is filled. Milliseconds, of the cache's clock. */
  fullAtMs = Number.POSITIVE_INFINITY;
  /** In the order in which they were begun; those of a partition are its oldest when the slab is evicted. */
  readonly runs: Run[] = [];
  readonly #onFree: (slab: CacheSlab<Run>) => void;
  #readers = 0;
  #isEvicted = false;
  #isKept = false;

  constructor(sizeBytes: number, onFree: (slab: CacheSlab<Run>) => void) {
    this.bytes = Buffer.allocUnsafeSlow(sizeBytes);
    this.#onFree = onFree;
  }

  /** A reader has parts of it; `release` or `keep` follows. */
  lend(): void {
    this.#readers++;
  }

  release(): void {
    this.#readers--;
    this.#freeWhenDone();
  }

  keep(): void {
    this.#isKept = true;
  }

  evict(): void {
    this.runs.length = 0;
    this.#isEvicted = true;
    this.#freeWhenDone();
  }

  /** As new. */
  reset(): void {
    this.usedBytes = 0;
    this.fullAtMs = Number.POSITIVE_INFINITY;
    this.#isEvicted = false;
  }

  #freeWhenDone(): void {
    if (this.#isEvicted && this.#readers === 0 && !this.#isKept) this.#onFree(this);
  }
}
