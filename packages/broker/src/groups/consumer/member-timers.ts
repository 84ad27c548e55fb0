import type { Clock, ClockTimer } from '../../clock/clock.ts';
import type { MemoryBudget } from '../../network/memory-budget.ts';

/**
 * Deadlines of one member, and its part of the memory. The session is extended by each heartbeat: that only moves a number, and the timer looks at it when it fires.
 * The others are rare.
 */
export class MemberTimers {
  readonly #clock: Clock;
  #sessionEndMs = Infinity;
  #sessionTimer: ClockTimer | null = null;
  #sessionTimerAtMs = Infinity;
  readonly #others = new Map<string, ClockTimer>();
  readonly #memory: MemoryBudget;
  /** What the member says of itself takes so much of the memory for all groups. */
  #reservedBytes = 0;

  constructor(clock: Clock, memory: MemoryBudget) {
    this.#clock = clock;
    this.#memory = memory;
  }

  reserve(sizeBytes: number): void {
    this.#memory.release(this.#reservedBytes);
    this.#reservedBytes = this.#memory.reserve(sizeBytes) ? sizeBytes : 0;
  }

  extendSession(timeoutMs: number, onEnd: () => void): void {
    this.#sessionEndMs = this.#clock.monotonicMs() + timeoutMs;
    if (this.#sessionTimer !== null && this.#sessionTimerAtMs <= this.#sessionEndMs) return;
    this.#sessionTimer?.cancel();
    this.#scheduleSession(onEnd);
  }

  #scheduleSession(onEnd: () => void): void {
    this.#sessionTimerAtMs = this.#sessionEndMs;
    const leftMs = Math.max(0, this.#sessionEndMs - this.#clock.monotonicMs());
    this.#sessionTimer = this.#clock.schedule(leftMs, () => {
      this.#sessionTimer = null;
      if (this.#sessionEndMs > this.#clock.monotonicMs()) this.#scheduleSession(onEnd);
      else onEnd();
    });
  }

  /** Starts a deadline anew. */
  start(name: string, timeoutMs: number, onEnd: () => void): void {
    this.stop(name);
    const timer = this.#clock.schedule(timeoutMs, () => {
      this.#others.delete(name);
      onEnd();
    });
    this.#others.set(name, timer);
  }

  /** Leaves a deadline that runs already as it is. */
  startIfAbsent(name: string, timeoutMs: number, onEnd: () => void): void {
    if (!this.#others.has(name)) this.start(name, timeoutMs, onEnd);
  }

  stop(name: string): void {
    this.#others.get(name)?.cancel();
    this.#others.delete(name);
  }

  close(): void {
    this.reserve(0);
    this.#sessionTimer?.cancel();
    this.#sessionTimer = null;
    for (const timer of this.#others.values()) timer.cancel();
    this.#others.clear();
  }
}
