/**
 * Keeps what indexing itself causes to be logged from multiplying: each line of the event store, of this part and of the query store would be indexed,
 * and cause more. Of theirs so many a second are indexed; the others are on the log only.
 */
export class SelfGuard {
  /** Left out of the index. */
  skipped = 0;
  readonly #services: ReadonlySet<string>;
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledMs = 0;

  constructor(options: { services: readonly string[]; perSecond: number; burst: number }) {
    this.#services = new Set(options.services);
    this.#perSecond = options.perSecond;
    this.#burst = options.burst;
    this.#tokens = options.burst;
  }

  takes(service: string, nowMs: number): boolean {
    if (!this.#services.has(service)) return true;
    const passedMs = Math.max(0, nowMs - this.#filledMs);
    this.#tokens = Math.min(this.#burst, this.#tokens + (passedMs / 1_000) * this.#perSecond);
    this.#filledMs = nowMs;
    if (this.#tokens < 1) {
      this.skipped += 1;
      return false;
    }
    this.#tokens -= 1;
    return true;
  }
}
