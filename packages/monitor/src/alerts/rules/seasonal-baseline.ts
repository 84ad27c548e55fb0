/** An hour of a week. */
const slotsPerSeason = 168;
const valuesPerSlot = 6;
const residualsMax = 2_000;
/** Residuals are sorted anew after so many values: between them the scale hardly moves. */
const scaleEvery = 16;
/** 1 / 0.6745: the median deviation of a normal distribution, as a standard deviation. */
const normal = 1.4826;

export interface SeasonalOptions {
  seasonMs: number;
  sensitivity: number;
  direction: 'both' | 'up' | 'down';
  minValues: number;
}

/**
 * What a measure is at this time of its season, and whether it is far from that. The baseline is the median of the last seasons' values of a
 * slot (1/168 of a season) and its neighbours, moved to the level of late; how far is far is told by the median deviation of what was left over,
 * so that what is abnormal does not spread the measure that it is measured by. Memory is bounded: 168 × 6 values and 2,000 rests.
 */
export class SeasonalBaseline {
  readonly #options: SeasonalOptions;
  readonly #slots: number[][] = Array.from({ length: slotsPerSeason }, () => []);
  readonly #recent: number[] = [];
  readonly #rests: number[] = [];
  #restsAt = 0;
  #center = 0;
  #scale = 0;
  #shift = 0;
  #smooth = 0;
  #seen = 0;

  constructor(options: SeasonalOptions) {
    this.#options = options;
  }

  /** Takes a value → how many robust standard deviations it is away (with its sign), 0 while too little is known. */
  add(atMs: number, value: number): number {
    const { direction, minValues, seasonMs } = this.#options;
    const slot = Math.floor(((atMs % seasonMs) / seasonMs) * slotsPerSeason);
    const expected = this.#expected(slot);
    const rest = value - expected - this.#shift;
    this.#seen++;
    let score = 0;
    if (this.#seen > minValues && this.#rests.length >= Math.min(minValues, 50)) {
      const scale = Math.max(this.#scale, Math.abs(expected) * 1e-3, 1e-9);
      const deviation = (rest - this.#center) / scale;
      // One value alone is noise more often than not.
      this.#smooth = this.#smooth * 0.6 + Math.max(-50, Math.min(50, deviation)) * 0.4;
      score = this.#smooth;
    }
    const bounded = this.#scale > 0 ? Math.max(-4 * this.#scale, Math.min(4 * this.#scale, rest)) : rest;
    this.#shift += bounded * 0.02;
    this.#learn(slot, value, rest);
    if (direction === 'up' && score < 0) return 0;
    if (direction === 'down' && score > 0) return 0;
    return score;
  }

  isAnomaly(score: number): boolean {
    return Math.abs(score) >= this.#options.sensitivity;
  }

  #expected(slot: number): number {
    const values: number[] = [];
    for (const near of [slot, (slot + 1) % slotsPerSeason, (slot + slotsPerSeason - 1) % slotsPerSeason])
      values.push(...this.#slots[near]!);
    return median(values.length >= 3 ? values : this.#recent);
  }

  #learn(slot: number, value: number, rest: number): void {
    const values = this.#slots[slot]!;
    values.push(value);
    if (values.length > valuesPerSlot) values.shift();
    this.#recent.push(value);
    if (this.#recent.length > 48) this.#recent.shift();
    if (this.#rests.length < residualsMax) this.#rests.push(rest);
    else this.#rests[this.#restsAt++ % residualsMax] = rest;
    if (this.#seen % scaleEvery !== 0) return;
    this.#center = median(this.#rests);
    this.#scale = normal * median(this.#rests.map((one) => Math.abs(one - this.#center)));
  }
}

function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
