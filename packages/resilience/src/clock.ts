/** The time as all parts of this package take it: epoch milliseconds that never go back. */
export interface Clock {
  nowMs(): number;
}

/** The machine's clock at the start of the process, moved on by its monotonic one: setting the machine's time does not show. */
export const systemClock: Clock = { nowMs: () => performance.timeOrigin + performance.now() };

/** A clock that a test moves. */
export class ManualClock implements Clock {
  #nowMs: number;

  constructor(nowMs = 0) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }
}

/** Uniform in [0, 1), as `Math.random` is. */
export type Random = () => number;

/** A random source that gives the same numbers for the same seed (mulberry32): for tests and simulations, not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
