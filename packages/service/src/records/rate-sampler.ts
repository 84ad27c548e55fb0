/** Says yes so many times a second at most: what is sampled does not grow with the load. Up to a second's worth may come at once. */
export class RateSampler {
  readonly #perSecond: () => number;
  readonly #now: () => number;
  #tokens = Number.POSITIVE_INFINITY;
  #lastMs: number;

  /** `perSecond`: 0 is never, Infinity always; a function is asked each time. `now`: milliseconds that only grow. */
  constructor(perSecond: number | (() => number), now: () => number = () => performance.now()) {
    this.#perSecond = typeof perSecond === 'number' ? () => perSecond : perSecond;
    this.#now = now;
    this.#lastMs = now();
  }

  take(): boolean {
    const perSecond = this.#perSecond();
    if (perSecond === Number.POSITIVE_INFINITY) return true;
    if (!(perSecond > 0)) return false;
    const nowMs = this.#now();
    const most = Math.max(1, perSecond);
    this.#tokens = Math.min(most, this.#tokens + ((nowMs - this.#lastMs) * perSecond) / 1_000);
    this.#lastMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
