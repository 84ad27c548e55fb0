export interface BackOff {
  /** The wait before attempt `attempt` (1 is the first retry). */
  delayMs(attempt: number): number;
}

/** Doubling from 250 ms to 10 s with a quarter of jitter, so that many pages do not come back in one moment. */
export function exponentialBackOff(random: () => number = Math.random): BackOff {
  return {
    delayMs: (attempt) => {
      const base = Math.min(10_000, 250 * 2 ** Math.min(attempt - 1, 10));
      return Math.round(base * (0.75 + random() * 0.5));
    },
  };
}
