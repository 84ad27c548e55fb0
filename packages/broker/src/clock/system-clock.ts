import type { Clock, ClockTimer } from './clock.ts';
import { TimerQueue } from './timer-queue.ts';

const maxTimeoutMs = 2_147_483_647;

/** The machine's time. However many deadlines wait, Node keeps one timer for the earliest of them. */
export class SystemClock implements Clock {
  readonly #queue = new TimerQueue();
  readonly #onError: (error: unknown) => void;
  #timeout: NodeJS.Timeout | null = null;
  #timeoutAtMs = Infinity;
  #isClosed = false;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  now(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }

  schedule(delayMs: number, callback: () => void): ClockTimer {
    const timer = this.#queue.add(this.monotonicMs() + Math.max(0, delayMs), callback);
    this.#arm();
    return timer;
  }

  close(): void {
    this.#isClosed = true;
    this.#queue.clear();
    if (this.#timeout !== null) clearTimeout(this.#timeout);
    this.#timeout = null;
  }

  #arm(): void {
    const nextAtMs = this.#queue.nextAtMs();
    // A timer that fires early finds nothing due and arms itself again: cheaper than moving it at each cancel.
    if (this.#isClosed || nextAtMs >= this.#timeoutAtMs) return;
    if (this.#timeout !== null) clearTimeout(this.#timeout);
    this.#timeoutAtMs = nextAtMs;
    const delayMs = Math.min(maxTimeoutMs, Math.max(0, Math.ceil(nextAtMs - this.monotonicMs())));
    this.#timeout = setTimeout(this.#fire, delayMs);
    this.#timeout.unref();
  }

  #fire = (): void => {
    this.#timeout = null;
    this.#timeoutAtMs = Infinity;
    const nowMs = this.monotonicMs();
    for (let callback = this.#queue.takeDue(nowMs); callback !== null; callback = this.#queue.takeDue(nowMs)) {
      try {
        callback();
      } catch (error) {
        this.#onError(error);
      }
    }
    this.#arm();
  };
}
