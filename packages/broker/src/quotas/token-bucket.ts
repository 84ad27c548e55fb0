import type { QuotaWindows } from './sampled-rate.ts';

/**
 * Tokens that come back at the rate of a quota and may be saved up for all its windows (KIP-599). Taking is allowed as long as there
 * is not less than none left, so that one large request passes and is paid for afterwards.
 */
export class TokenBucket {
  readonly #burstSeconds: number;
  #tokens = Number.POSITIVE_INFINITY;
  #lastMs = 0;

  constructor({ samples, windowMs }: QuotaWindows) {
    this.#burstSeconds = (samples * windowMs) / 1_000;
  }

  tokens(rate: number, nowMs: number): number {
    const burst = rate * this.#burstSeconds;
    this.#tokens = Math.min(burst, this.#tokens + (rate * (nowMs - this.#lastMs)) / 1_000);
    this.#lastMs = nowMs;
    return this.#tokens;
  }

  take(count: number, rate: number, nowMs: number): void {
    this.#tokens = Math.min(rate * this.#burstSeconds, this.tokens(rate, nowMs) - count);
  }

  /** Until there is not less than none. */
  throttleMs(rate: number, nowMs: number): number {
    return Math.max(0, Math.round((-this.tokens(rate, nowMs) / rate) * 1_000));
  }
}
