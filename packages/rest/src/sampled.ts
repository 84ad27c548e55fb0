/** A sample takes at most a twentieth of the time: what needs 200 ms to find out is asked for every 4 s. But nothing is older than 5 s. */
const costFactor = 20;
const ageMsMin = 1_000;
const ageMsMax = 5_000;

/**
 * A value that many ask for and that is found out once for all of them: again after a second, or later when it is costly.
 * Rejected samples are not kept.
 */
export class Sampled<T> {
  readonly #take: () => Promise<T>;
  #value: Promise<T> | undefined;
  #validUntilMs = 0;

  constructor(take: () => Promise<T>) {
    this.#take = take;
  }

  get(): Promise<T> {
    if (this.#value !== undefined && performance.now() < this.#validUntilMs) return this.#value;
    const startedMs = performance.now();
    const taken = this.#take();
    this.#value = taken;
    // Who asks while it is being found out waits for the same answer.
    this.#validUntilMs = Number.POSITIVE_INFINITY;
    taken.then(
      () => {
        const nowMs = performance.now();
        if (this.#value === taken)
          this.#validUntilMs = startedMs + Math.min(ageMsMax, Math.max(ageMsMin, (nowMs - startedMs) * costFactor));
      },
      () => {
        if (this.#value === taken) this.#value = undefined;
      },
    );
    return taken;
  }

  /** Asks anew next time. */
  forget(): void {
    this.#value = undefined;
  }
}
