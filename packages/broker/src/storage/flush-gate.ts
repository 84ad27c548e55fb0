import { SharedRun } from './shared-run.ts';

/**
 * Group commit: one fsync at a time, shared by all who wait. Appends that must be on the disk before they are acknowledged hold the
 * high watermark back until they are.
 */
export class FlushGate {
  readonly #sync: SharedRun;
  #required = 0;

  constructor(sync: () => Promise<void>) {
    this.#sync = new SharedRun(sync);
  }

  /** An append waits for its fsync, so later ones wait behind it. */
  get isHeld(): boolean {
    return this.#required > 0;
  }

  /** Resolves when everything that was written before the call is synced. */
  flush(): Promise<void> {
    return this.#sync.run();
  }

  /** As `flush`; then `advance` is told how far readers may go: `endOffset()` is asked when nothing else waits. */
  async require(offset: number, endOffset: () => number, advance: (offset: number) => void): Promise<void> {
    this.#required++;
    try {
      await this.#sync.run();
    } finally {
      this.#required--;
    }
    advance(this.#required === 0 ? endOffset() : offset);
  }
}
