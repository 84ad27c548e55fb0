interface Sample {
  atMs: number;
  value: number;
}

/** Consumers commit every 5 s by default: over less, the rate of a steady reader would jump between nothing and five times too much. */
const windowMs = 6_000;
const keysMax = 20_000;

/** How fast counters move, over the last seconds: one for topics and groups, so that their rates can be compared. */
export class RateWindow {
  readonly #samples = new Map<string, Sample[]>();

  /** Notes a counter and gives its movement per second; 0 at first, and after it has gone back. */
  rate(key: string, value: number, atMs: number): number {
    let samples = this.#samples.get(key);
    if (samples === undefined || samples.at(-1)!.value > value) samples = [];
    samples.push({ atMs, value });
    // The oldest that is kept lies at the edge of the window or just before it.
    while (samples.length > 2 && atMs - samples[1]!.atMs >= windowMs) samples.shift();
    // Longest unused first.
    this.#samples.delete(key);
    this.#samples.set(key, samples);
    if (this.#samples.size > keysMax) this.#samples.delete(this.#samples.keys().next().value!);
    const oldest = samples[0]!;
    const elapsedMs = atMs - oldest.atMs;
    return elapsedMs <= 0 ? 0 : Math.round(((value - oldest.value) * 10_000) / elapsedMs) / 10;
  }

  clear(): void {
    this.#samples.clear();
  }
}
