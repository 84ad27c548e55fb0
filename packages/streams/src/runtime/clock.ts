/** Wall clock as tasks see it: passed in, so that a test can move it. */
export interface WallClock {
  /** Epoch milliseconds. */
  now(): number;
}

export const systemClock: WallClock = { now: () => Date.now() };
