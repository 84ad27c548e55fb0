import type { Clock } from '../src/clock.ts';

/** Time that a test moves. */
export class ManualClock implements Clock {
  #nowMs: number;
  #scheduled: { atMs: number; callback: () => void }[] = [];

  constructor(nowMs = Date.UTC(2026, 0, 5, 12)) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const entry = { atMs: this.#nowMs + Math.max(0, delayMs), callback };
    this.#scheduled.push(entry);
    return () => {
      this.#scheduled = this.#scheduled.filter((each) => each !== entry);
    };
  }

  /** Moves on, calling what is due in its order. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const next = this.#scheduled.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#scheduled = this.#scheduled.filter((each) => each !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
    }
    this.#nowMs = endMs;
  }
}
