import { type Clock, type Random, systemClock } from '../clock.ts';
import { ResilienceError } from '../resilience-error.ts';
import { type CallWindow, CountWindow, failedBit, slowBit, TimeWindow } from './call-window.ts';
import { type CircuitBreakerConfig, completeCircuitBreakerConfig } from './circuit-breaker-config.ts';

/**
 * CLOSED lets calls through, OPEN refuses them, HALF_OPEN lets a few through to try. By hand only: DISABLED lets all through and
 * counts nothing, FORCED_OPEN refuses all, METRICS_ONLY counts and never opens.
 */
export type CircuitBreakerState = 'CLOSED' | 'OPEN' | 'HALF_OPEN' | 'DISABLED' | 'FORCED_OPEN' | 'METRICS_ONLY';

export interface CircuitBreakerTransition {
  name: string;
  from: CircuitBreakerState;
  to: CircuitBreakerState;
  atMs: number;
  /** For people: `5 of 10 calls failed (50 %, threshold 50 %)`. */
  reason: string;
}

/** The state of a breaker as a screen shows it. */
export interface CircuitBreakerSnapshot {
  name: string;
  state: CircuitBreakerState;
  sinceMs: number;
  /** Why it is in this state. */
  reason: string;
  /** Percent; null while fewer than `minimumNumberOfCalls` are in the window. */
  failureRate: number | null;
  slowCallRate: number | null;
  bufferedCalls: number;
  failedCalls: number;
  slowCalls: number;
  slowFailedCalls: number;
  /** Calls refused since the window was begun anew, which opening does not do. */
  notPermittedCalls: number;
  /** How often it has opened without closing in between. */
  attempts: number;
  /** OPEN: from when on calls are tried. */
  retryAtMs: number | null;
  /** HALF_OPEN: calls that may still start. */
  permitsLeft: number | null;
}

export interface CircuitBreakerOptions {
  /** Default: the system's. */
  clock?: Clock;
  /** For `enableRandomizedWait`. Default Math.random. */
  random?: Random;
  /** Called after the state has changed. */
  onTransition?: (transition: CircuitBreakerTransition) => void;
}

/** Transitions that Resilience4j refuses, even by hand. */
const forbidden = new Set(['CLOSED→HALF_OPEN', 'METRICS_ONLY→OPEN', 'METRICS_ONLY→HALF_OPEN']);

/**
 * A circuit breaker in Resilience4j's terms: same windows, rates, states and transitions, compared with it call by call.
 *
 * Each permission is followed by exactly one of `onSuccess`, `onError` and `releasePermission`: a HALF_OPEN breaker waits for its
 * few calls. There is no timer: what time alone changes (`automaticTransitionFromOpenToHalfOpenEnabled`,
 * `maxWaitDurationInHalfOpenStateMs`) happens in the next call of any method; call `tick()` from a timer to see it at once.
 *
 * @example
 * const breaker = new CircuitBreaker('orders', { slidingWindowSize: 10, minimumNumberOfCalls: 5 });
 * if (!breaker.tryAcquirePermission()) throw new Error('orders is not asked now');
 * const startMs = performance.now();
 * try {
 *   const answer = await fetch('http://127.0.0.1:8184/');
 *   if (answer.status >= 500) breaker.onError(performance.now() - startMs);
 *   else breaker.onSuccess(performance.now() - startMs);
 * } catch (error) {
 *   breaker.onError(performance.now() - startMs);
 *   throw error;
 * }
 */
export class CircuitBreaker {
  readonly name: string;
  readonly config: Readonly<CircuitBreakerConfig>;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #onTransition: ((transition: CircuitBreakerTransition) => void) | undefined;
  #state: CircuitBreakerState = 'CLOSED';
  #sinceMs: number;
  #reason = 'new';
  #window: CallWindow;
  #minimumCalls = 0;
  #notPermittedCalls = 0;
  #attempts = 0;
  #retryAtMs = 0;
  #permitsLeft = 0;

  /** Throws ResilienceError HW_RESILIENCE_CONFIG for settings out of their range. */
  constructor(name: string, config: Partial<CircuitBreakerConfig> = {}, options: CircuitBreakerOptions = {}) {
    this.name = name;
    this.config = completeCircuitBreakerConfig(config, `circuit breaker "${name}"`);
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#onTransition = options.onTransition;
    this.#sinceMs = this.#clock.nowMs();
    this.#window = this.#newWindow(this.#sinceMs);
  }

  get state(): CircuitBreakerState {
    this.tick();
    return this.#state;
  }

  /** Whether a call may start now. */
  tryAcquirePermission(): boolean {
    const nowMs = this.tick();
    switch (this.#state) {
      case 'CLOSED':
      case 'DISABLED':
      case 'METRICS_ONLY':
        return true;
      case 'OPEN':
        if (nowMs <= this.#retryAtMs) break;
        this.#enter('HALF_OPEN', 'the wait in OPEN is over', nowMs);
        this.#permitsLeft--;
        return true;
      case 'HALF_OPEN':
        if (this.#permitsLeft === 0) break;
        this.#permitsLeft--;
        return true;
    }
    this.#notPermittedCalls++;
    return false;
  }

  /** Gives back a permission whose call tells nothing: it was cancelled, or its error is the caller's own. */
  releasePermission(): void {
    this.tick();
    if (this.#state === 'HALF_OPEN') this.#permitsLeft++;
  }

  onSuccess(durationMs: number): void {
    this.#record(0, durationMs);
  }

  onError(durationMs: number): void {
    this.#record(failedBit, durationMs);
  }

  /** Does what time alone brings, and gives back the time. */
  tick(): number {
    const nowMs = this.#clock.nowMs();
    const { config } = this;
    if (this.#state === 'OPEN') {
      if (config.automaticTransitionFromOpenToHalfOpenEnabled && nowMs >= this.#retryAtMs)
        this.#enter('HALF_OPEN', 'the wait in OPEN is over', nowMs);
    } else if (this.#state === 'HALF_OPEN') {
      const longestMs = config.maxWaitDurationInHalfOpenStateMs;
      if (longestMs >= 1 && nowMs - this.#sinceMs >= longestMs)
        this.#enter(
          config.transitionToStateAfterWaitDuration,
          `too few calls ended within ${longestMs} ms in HALF_OPEN`,
          nowMs,
        );
    }
    return nowMs;
  }

  /**
   * Puts the breaker into a state by hand; the same state again starts it anew.
   * Throws ResilienceError HW_RESILIENCE_TRANSITION from CLOSED to HALF_OPEN, and from METRICS_ONLY to OPEN and HALF_OPEN.
   */
  transitionTo(state: CircuitBreakerState, reason = 'by hand'): void {
    const nowMs = this.tick();
    if (forbidden.has(`${this.#state}→${state}`))
      throw new ResilienceError(
        'HW_RESILIENCE_TRANSITION',
        `circuit breaker "${this.name}" cannot go from ${this.#state} to ${state}`,
      );
    this.#enter(state, reason, nowMs);
  }

  /** Closed, with nothing counted. */
  reset(): void {
    this.transitionTo('CLOSED', 'reset by hand');
  }

  snapshot(): CircuitBreakerSnapshot {
    const nowMs = this.tick();
    this.#window.moveTo(nowMs);
    const { calls, failedCalls, slowCalls, slowFailedCalls } = this.#window;
    const hasRates = calls > 0 && calls >= this.#minimumCalls;
    return {
      name: this.name,
      state: this.#state,
      sinceMs: this.#sinceMs,
      reason: this.#reason,
      failureRate: hasRates ? (failedCalls * 100) / calls : null,
      slowCallRate: hasRates ? (slowCalls * 100) / calls : null,
      bufferedCalls: calls,
      failedCalls,
      slowCalls,
      slowFailedCalls,
      notPermittedCalls: this.#notPermittedCalls,
      attempts: this.#attempts,
      retryAtMs: this.#state === 'OPEN' ? this.#retryAtMs : null,
      permitsLeft: this.#state === 'HALF_OPEN' ? this.#permitsLeft : null,
    };
  }

  #record(outcome: number, durationMs: number): void {
    const nowMs = this.tick();
    const state = this.#state;
    if (state === 'DISABLED' || state === 'FORCED_OPEN') return;
    const isSlow = durationMs > this.config.slowCallDurationThresholdMs;
    const window = this.#window;
    window.record(isSlow ? outcome | slowBit : outcome, nowMs);
    // A call that began before the breaker opened is counted, and decides nothing.
    if (state === 'OPEN' || state === 'METRICS_ONLY' || window.calls < this.#minimumCalls) return;
    const { failureRateThreshold, slowCallRateThreshold } = this.config;
    const failureRate = (window.failedCalls * 100) / window.calls;
    const slowCallRate = (window.slowCalls * 100) / window.calls;
    if (failureRate >= failureRateThreshold)
      this.#enter('OPEN', exceeded(window.failedCalls, window.calls, 'failed', failureRateThreshold), nowMs);
    else if (slowCallRate >= slowCallRateThreshold)
      this.#enter('OPEN', exceeded(window.slowCalls, window.calls, 'were slow', slowCallRateThreshold), nowMs);
    else if (state === 'HALF_OPEN') this.#enter('CLOSED', `${window.calls} calls tried, their rates are good`, nowMs);
  }

  #enter(to: CircuitBreakerState, reason: string, nowMs: number): void {
    const from = this.#state;
    this.#state = to;
    this.#sinceMs = nowMs;
    this.#reason = reason;
    const { config } = this;
    if (to === 'OPEN') {
      this.#attempts++;
      this.#retryAtMs = nowMs + this.#waitMs();
      // The window stays: it shows what opened the breaker.
    } else {
      this.#notPermittedCalls = 0;
    }
    if (to === 'HALF_OPEN') {
      this.#permitsLeft = config.permittedNumberOfCallsInHalfOpenState;
      this.#window = new CountWindow(config.permittedNumberOfCallsInHalfOpenState);
      this.#minimumCalls = Math.min(config.minimumNumberOfCalls, config.permittedNumberOfCallsInHalfOpenState);
    } else if (to !== 'OPEN') {
      this.#attempts = to === 'FORCED_OPEN' ? this.#attempts + 1 : 0;
      this.#window = to === 'CLOSED' || to === 'METRICS_ONLY' ? this.#newWindow(nowMs) : new CountWindow(0);
    }
    if (from !== to) this.#onTransition?.({ name: this.name, from, to, atMs: nowMs, reason });
  }

  #newWindow(nowMs: number): CallWindow {
    const { slidingWindowType, slidingWindowSize, minimumNumberOfCalls } = this.config;
    if (slidingWindowType === 'TIME_BASED') {
      this.#minimumCalls = minimumNumberOfCalls;
      return new TimeWindow(slidingWindowSize, nowMs);
    }
    this.#minimumCalls = Math.min(minimumNumberOfCalls, slidingWindowSize);
    return new CountWindow(slidingWindowSize);
  }

  #waitMs(): number {
    const { config } = this;
    let waitMs = config.waitDurationInOpenStateMs;
    if (config.enableExponentialBackoff) {
      const longestMs = config.exponentialMaxWaitDurationInOpenStateMs;
      // Whole milliseconds after each step, as Resilience4j has them.
      for (let i = 1; i < this.#attempts && waitMs < longestMs; i++) {
        const nextMs = Math.floor(waitMs * config.exponentialBackoffMultiplier);
        if (nextMs === waitMs) break;
        waitMs = nextMs;
      }
      waitMs = Math.min(waitMs, longestMs);
    }
    if (config.enableRandomizedWait) {
      const spreadMs = waitMs * config.randomizedWaitFactor;
      waitMs = waitMs - spreadMs + this.#random() * 2 * spreadMs;
    }
    return Math.max(1, Math.floor(waitMs));
  }
}

function exceeded(count: number, calls: number, what: string, threshold: number): string {
  const rate = Math.round((count * 1_000) / calls) / 10;
  return `${count} of ${calls} calls ${what} (${rate} %, threshold ${threshold} %)`;
}
