const firstMs = 0.1;
const growth = 1.15;
const bucketCount = 110;
const logGrowth = Math.log(growth);
const halfMs = 30_000;

/**
 * Percentiles of the last 30 to 60 seconds, from two histograms that take turns; each bucket is 15 % wider than the one before, from 0.1 ms to 8 minutes.
 */
export class LatencyWindow {
  #current = new Uint32Array(bucketCount);
  #before = new Uint32Array(bucketCount);
  #half: number;

  constructor(nowMs: number) {
    this.#half = Math.floor(nowMs / halfMs);
  }

  record(durationMs: number, nowMs: number): void {
    this.#move(nowMs);
    const bucket = durationMs <= firstMs ? 0 : Math.ceil(Math.log(durationMs / firstMs) / logGrowth);
    this.#current[Math.min(bucket, bucketCount - 1)]!++;
  }

  /** The bound below which so many percent of the calls lie, in ms; null without calls. */
  percentiles(percents: readonly number[], nowMs: number): (number | null)[] {
    this.#move(nowMs);
    let total = 0;
    for (let i = 0; i < bucketCount; i++) total += this.#current[i]! + this.#before[i]!;
    return percents.map((percent) => {
      if (total === 0) return null;
      let rest = Math.ceil((total * percent) / 100);
      for (let i = 0; i < bucketCount; i++) {
        rest -= this.#current[i]! + this.#before[i]!;
        if (rest <= 0) return firstMs * growth ** i;
      }
      return firstMs * growth ** (bucketCount - 1);
    });
  }

  #move(nowMs: number): void {
    const half = Math.floor(nowMs / halfMs);
    if (half === this.#half) return;
    const spare = this.#before;
    this.#before = this.#current;
    this.#current = spare.fill(0);
    if (half > this.#half + 1) this.#before.fill(0);
    this.#half = half;
  }
}
