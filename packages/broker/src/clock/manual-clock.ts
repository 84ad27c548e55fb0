import type { ClockTimer } from './clock.ts';
import type { MovableClock } from './movable-clock.ts';
import { TimerQueue } from './timer-queue.ts';

/** Time that moves only when told to: sessions expire and retention runs when the test says so. */
export class ManualClock implements MovableClock {
  readonly isFrozen = true;
  readonly isMoved = true;
  readonly #queue = new TimerQueue();
  #nowMs: number;
  /** How far the wall clock was set back. */
  #backMs = 0;

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs - this.#backMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, callback: () => void): ClockTimer {
    return this.#queue.add(this.#nowMs + Math.max(0, delayMs), callback);
  }

  /** Moves the time on and fires what falls due on the way, each at its own moment. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (let atMs = this.#queue.nextAtMs(); atMs <= untilMs; atMs = this.#queue.nextAtMs()) {
      this.#nowMs = Math.max(this.#nowMs, atMs);
      this.#queue.takeDue(this.#nowMs)?.();
    }
    this.#nowMs = untilMs;
  }

  setBack(byMs: number): void {
    this.#backMs += byMs;
  }

  /** It always is. */
  freeze(): void {}

  /** @throws Error always: it does not run. */
  resume(): void {
    throw new Error('A ManualClock does not run by itself. Start the broker without `clock` to have one that does.');
  }
}
