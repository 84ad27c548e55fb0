import type { Clock } from '../clock/clock.ts';
import { LruMap } from './lru-map.ts';
import type { QuotaStore } from './quota-store.ts';
import { type QuotaWindows, SampledRate } from './sampled-rate.ts';

const trackedMax = 10_000;

/** How fast addresses make connections (KIP-612). */
export class ConnectionRates {
  readonly #store: QuotaStore;
  readonly #clock: Clock;
  readonly #windows: () => QuotaWindows;
  readonly #rates = new LruMap<string, SampledRate>(trackedMax);

  constructor(store: QuotaStore, clock: Clock, windows: () => QuotaWindows) {
    this.#store = store;
    this.#clock = clock;
    this.#windows = windows;
  }

  /** For how long a new connection from this address must be kept waiting before it is closed; 0: it may stay. */
  throttleMs(ip: string): number {
    if (!this.#store.hasIpQuotas) return 0;
    const limit = this.#store.ipLimit(ip);
    if (limit === Number.POSITIVE_INFINITY) return 0;
    const windows = this.#windows();
    const rate = this.#rates.getOrCreate(ip, () => new SampledRate(windows));
    const nowMs = this.#clock.monotonicMs();
    rate.record(1, nowMs);
    const throttleMs = Math.min(windows.windowMs, rate.throttleMs(limit, nowMs));
    // It is not let in, so it does not count.
    if (throttleMs > 0) rate.record(-1, nowMs);
    return throttleMs;
  }
}
