import { type Clock, systemClock } from '../clock.ts';
import { checkRange } from '../resilience-error.ts';

export interface RetryBudgetOptions {
  /** How long a request counts. 1 to 60 s. Default 10 s. */
  ttlMs?: number;
  /** Retries a second that are always allowed: for callers of few requests. Default 10. */
  minRetriesPerSecond?: number;
  /** Share of requests that may be retried on top of that; above 1 for more than one retry a request. Default 0.2. */
  retryRatio?: number;
  clock?: Clock;
}

export interface RetryBudgetSnapshot {
  requests: number;
  retries: number;
  /** Retries that were refused since the start. */
  refused: number;
  /** Retries that could be made now. */
  balance: number;
}

const slots = 10;

/**
 * Bounds retries to a share of requests, so that retries cannot multiply the load of a service that is failing: the token bucket of
 * Finagle's RetryBudget (https://finagle.github.io/blog/2016/02/08/retry-budgets), also Linkerd's and tower's. A request pays in, a
 * retry takes out, and both are forgotten after `ttlMs` (in steps of a tenth).
 *
 * @example
 * const budget = new RetryBudget();
 * budget.deposit(); // once for each request, not for its retries
 * if (budget.tryWithdraw()) console.log('may be sent again');
 */
export class RetryBudget {
  readonly #clock: Clock;
  readonly #slotMs: number;
  readonly #reserve: number;
  readonly #ratio: number;
  /** Tokens in units of one retry. */
  readonly #balances = new Float64Array(slots);
  #slot: number;
  #requests = 0;
  #retries = 0;
  #refused = 0;

  /** Throws ResilienceError HW_RESILIENCE_CONFIG for a setting out of its range. */
  constructor(options: RetryBudgetOptions = {}) {
    const { ttlMs = 10_000, minRetriesPerSecond = 10, retryRatio = 0.2, clock = systemClock } = options;
    checkRange('retry budget: ttlMs', ttlMs, { min: 1_000, max: 60_000 });
    checkRange('retry budget: minRetriesPerSecond', minRetriesPerSecond, { min: 0 });
    checkRange('retry budget: retryRatio', retryRatio, { min: 0, max: 1_000 });
    this.#clock = clock;
    this.#slotMs = ttlMs / slots;
    this.#reserve = (minRetriesPerSecond * ttlMs) / 1_000;
    this.#ratio = retryRatio;
    this.#slot = Math.floor(clock.nowMs() / this.#slotMs);
  }

  /** Counts a request. */
  deposit(): void {
    this.#move();
    this.#requests++;
    this.#balances[this.#slot % slots]! += this.#ratio;
  }

  /** Whether one retry may be made; counts it when it may. */
  tryWithdraw(): boolean {
    this.#move();
    // Sums of tenths are not exact: a thousandth of a retry is no retry.
    if (this.#balance() < 1 - 1e-3) {
      this.#refused++;
      return false;
    }
    this.#balances[this.#slot % slots]! -= 1;
    this.#retries++;
    return true;
  }

  snapshot(): RetryBudgetSnapshot {
    this.#move();
    const balance = Math.max(0, Math.floor(this.#balance() + 1e-3));
    return { requests: this.#requests, retries: this.#retries, refused: this.#refused, balance };
  }

  #balance(): number {
    let sum = this.#reserve;
    for (let i = 0; i < slots; i++) sum += this.#balances[i]!;
    return sum;
  }

  #move(): void {
    const slot = Math.floor(this.#clock.nowMs() / this.#slotMs);
    const steps = Math.min(slot - this.#slot, slots);
    if (steps <= 0) return;
    for (let i = 0; i < steps; i++) this.#balances[(slot - i) % slots] = 0;
    this.#slot = slot;
  }
}
