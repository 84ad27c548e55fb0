/**
 * One smoothing for every rate on every page: an exponential average with a time constant of 3 s, whatever the sampling
 * interval. A change reaches two thirds after 3 s; silence reads as zero after some 15 s.
 */
const timeConstantMs = 3000;

export class SmoothedRate {
  private rate = 0;
  private lastAt: number | null = null;

  /** Adds a measured rate; returns the smoothed one. The first sample is taken as it is. */
  sample(perSecond: number, atMs: number): number {
    if (this.lastAt === null) {
      this.rate = perSecond;
    } else {
      const elapsedMs = Math.max(0, atMs - this.lastAt);
      this.rate += (1 - Math.exp(-elapsedMs / timeConstantMs)) * (perSecond - this.rate);
    }
    this.lastAt = atMs;
    if (this.rate < 0.01 && perSecond === 0) this.rate = 0;
    return this.rate;
  }

  get value(): number {
    return this.rate;
  }
}

/** The smoothed rate of a cumulative counter. A counter that falls (its process restarted) starts anew from there. */
export class CounterRate {
  private readonly smoothed = new SmoothedRate();
  private last: { count: number; atMs: number } | null = null;

  sample(count: number, atMs: number): number {
    const { last } = this;
    if (last && atMs <= last.atMs) return this.smoothed.value;
    this.last = { count, atMs };
    if (!last || count < last.count) return this.smoothed.value;
    return this.smoothed.sample(((count - last.count) * 1000) / (atMs - last.atMs), atMs);
  }

  get value(): number {
    return this.smoothed.value;
  }
}

/** Events counted as they happen, read as a rate over the last few seconds. */
export class EventRate {
  private readonly buckets: { second: number; count: number }[] = [];
  private readonly windowSeconds: number;
  private firstSecond: number | null = null;

  constructor(windowSeconds = 5) {
    this.windowSeconds = windowSeconds;
  }

  add(count: number, atMs: number): void {
    const second = Math.floor(atMs / 1000);
    this.firstSecond ??= second;
    const last = this.buckets.at(-1);
    if (last && last.second === second) last.count += count;
    else this.buckets.push({ second, count });
    while (this.buckets.length > this.windowSeconds + 1) this.buckets.shift();
  }

  perSecond(nowMs: number): number {
    const current = Math.floor(nowMs / 1000);
    const seconds = Math.min(this.windowSeconds, current - (this.firstSecond ?? current));
    if (seconds === 0) return this.buckets.at(-1)?.count ?? 0;
    let count = 0;
    for (const bucket of this.buckets) {
      if (bucket.second < current && bucket.second >= current - seconds) count += bucket.count;
    }
    return count / seconds;
  }
}
