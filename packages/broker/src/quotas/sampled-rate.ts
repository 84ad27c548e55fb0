/** `quota.window.num` windows of `quota.window.size.seconds`. */
export interface QuotaWindows {
  readonly samples: number;
  readonly windowMs: number;
}

/**
 * A rate over the last windows, measured as Kafka does: in whole windows and the part of the current one that has gone by, so that a
 * client that has just come is not taken for a fast one.
 */
export class SampledRate {
  readonly #windows: QuotaWindows;
  readonly #startMs: Float64Array;
  readonly #lastMs: Float64Array;
  readonly #sums: Float64Array;
  #current = 0;
  #count = 0;

  constructor(windows: QuotaWindows) {
    this.#windows = windows;
    // One more than are looked at: the oldest one is still partly inside.
    const slots = windows.samples + 1;
    this.#startMs = new Float64Array(slots);
    this.#lastMs = new Float64Array(slots);
    this.#sums = new Float64Array(slots);
  }

  record(value: number, nowMs: number): void {
    if (this.#count === 0) this.#begin(0, nowMs);
    else if (nowMs - this.#startMs[this.#current]! >= this.#windows.windowMs) {
      this.#begin((this.#current + 1) % this.#sums.length, nowMs);
    }
    this.#sums[this.#current]! += value;
    this.#lastMs[this.#current] = nowMs;
  }

  #begin(index: number, nowMs: number): void {
    this.#current = index;
    this.#count = Math.max(this.#count, index + 1);
    this.#startMs[index] = nowMs;
    this.#lastMs[index] = nowMs;
    this.#sums[index] = 0;
  }

  /** Per second. */
  rate(nowMs: number): number {
    this.#dropOld(nowMs);
    let sum = 0;
    for (let index = 0; index < this.#count; index++) sum += this.#sums[index]!;
    return sum / (this.#elapsedMs(nowMs) / 1_000);
  }

  /** How long nothing more may come, so that the rate falls to `limit` a second. */
  throttleMs(limit: number, nowMs: number): number {
    const excess = this.rate(nowMs) - limit;
    return excess <= 0 ? 0 : Math.round((excess / limit) * this.#elapsedMs(nowMs));
  }

  #dropOld(nowMs: number): void {
    const { samples, windowMs } = this.#windows;
    for (let index = 0; index < this.#count; index++) {
      if (nowMs - this.#lastMs[index]! < samples * windowMs) continue;
      this.#startMs[index] = nowMs;
      this.#lastMs[index] = nowMs;
      this.#sums[index] = 0;
    }
  }

  #elapsedMs(nowMs: number): number {
    const { samples, windowMs } = this.#windows;
    let oldestMs = nowMs;
    for (let index = 0; index < this.#count; index++) oldestMs = Math.min(oldestMs, this.#startMs[index]!);
    const elapsedMs = nowMs - oldestMs;
    // A window that has not been yet counts as a whole one without traffic.
    const missing = samples - 1 - Math.floor(elapsedMs / windowMs);
    return Math.max(1, elapsedMs + Math.max(0, missing) * windowMs);
  }
}
