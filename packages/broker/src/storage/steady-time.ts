import type { Logger } from '@headwater/logger';
import type { StorageClock } from './types.ts';

/** What may be between two readings of both clocks without being a jump: a clock that is set right by a little. */
const toleranceMs = 60_000;

/**
 * The time that retention goes by: the wall clock, but not at once when it jumps forward, for what it lets go does not come back when
 * the clock is set right. A jump counts when it has lasted for `graceMs`. (A machine that slept looks the same: retention is then late.)
 */
export class SteadyTime {
  readonly #clock: StorageClock;
  readonly #logger: Logger;
  readonly #graceMs: () => number;
  /** Wall clock at the monotonic time 0, as long as nothing jumps. */
  #wallStartMs: number | null = null;
  /** Monotonic time at which a jump was first seen. */
  #jumpedAtMs: number | null = null;

  constructor(clock: StorageClock, logger: Logger, graceMs: () => number) {
    this.#clock = clock;
    this.#logger = logger;
    this.#graceMs = graceMs;
  }

  now(): number {
    const wallMs = this.#clock.now();
    const monotonicMs = this.#clock.monotonicMs?.();
    if (monotonicMs === undefined) return wallMs;
    const wallStartMs = wallMs - monotonicMs;
    const aheadMs = wallStartMs - (this.#wallStartMs ?? wallStartMs);
    if (aheadMs > toleranceMs) {
      const isNew = this.#jumpedAtMs === null;
      this.#jumpedAtMs ??= monotonicMs;
      if (monotonicMs - this.#jumpedAtMs < this.#graceMs()) {
        if (isNew) this.#logger.warn({ aheadMs }, 'the clock has jumped forward: retention waits whether it stays so');
        return wallMs - aheadMs;
      }
      this.#logger.warn({ aheadMs }, 'the clock has jumped forward and stayed so: retention goes by it now');
    }
    this.#jumpedAtMs = null;
    this.#wallStartMs = wallStartMs;
    return wallMs;
  }
}
