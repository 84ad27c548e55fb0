/** Something with a deadline. The watchdog looks at it now and then instead of a timer for each request. */
export interface Watched {
  deadlineMs: number;
  /** Called when the deadline has passed; sets a later one when there was activity since, or gives up. */
  expire(nowMs: number): void;
}

const periodMs = 250;

/** One timer for the deadlines of all exchanges under way; it runs only while there are any. */
export class Watchdog {
  readonly #watched = new Set<Watched>();
  #timer: NodeJS.Timeout | undefined;

  add(watched: Watched): void {
    this.#watched.add(watched);
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#look(), periodMs);
    this.#timer.unref();
  }

  delete(watched: Watched): void {
    this.#watched.delete(watched);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    if (this.#watched.size === 0) return void this.close();
    const nowMs = performance.now();
    for (const watched of this.#watched) if (watched.deadlineMs <= nowMs) watched.expire(nowMs);
  }
}
