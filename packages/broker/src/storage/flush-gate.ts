/**
 * Group commit: one fsync at a time, and whoever asks while it runs shares the next one. Appends that must be on the disk before they
 * are acknowledged hold the high watermark back until they are.
 */
export class FlushGate {
  readonly #sync: () => Promise<void>;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;
  #required = 0;

  constructor(sync: () => Promise<void>) {
    this.#sync = sync;
  }

  /** An append waits for its fsync, so later ones wait behind it. */
  get isHeld(): boolean {
    return this.#required > 0;
  }

  /** Resolves when everything that was written before the call is synced. */
  flush(): Promise<void> {
    if (this.#running === null) return this.#start();
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#next = null;
        return this.#start();
      });
    return this.#next;
  }

  /** Resolves when no fsync runs or waits. */
  settled(): Promise<void> {
    return this.#next ?? this.#running ?? Promise.resolve();
  }

  /** As `flush`; then `advance` is told how far readers may go: `endOffset()` is asked when nothing else waits. */
  async require(offset: number, endOffset: () => number, advance: (offset: number) => void): Promise<void> {
    this.#required++;
    try {
      await this.flush();
    } finally {
      this.#required--;
    }
    advance(this.#required === 0 ? endOffset() : offset);
  }

  #start(): Promise<void> {
    this.#running = this.#sync().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }
}
