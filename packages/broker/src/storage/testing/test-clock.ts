import type { StorageClock } from '../types.ts';

/** Stands still until told; timers fire when the time moves past them. */
export class TestClock implements StorageClock {
  #nowMs: number;
  #jumpedMs = 0;
  readonly #timers = new Set<{ atMs: number; callback: () => void }>();

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs - this.#jumpedMs;
  }

  /** The wall clock is set; no time passes. */
  jump(byMs: number): void {
    this.#nowMs += byMs;
    this.#jumpedMs += byMs;
    for (const timer of this.#timers) timer.atMs += byMs;
  }

  schedule(delayMs: number, callback: () => void): { cancel(): void } {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  advance(byMs: number): void {
    this.#nowMs += byMs;
    for (const timer of [...this.#timers].sort((a, b) => a.atMs - b.atMs)) {
      if (timer.atMs <= this.#nowMs && this.#timers.delete(timer)) timer.callback();
    }
  }
}
