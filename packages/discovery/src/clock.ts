/** Time, passed in so that a test can move it. */
export interface Clock {
  /** Wall clock, epoch milliseconds: what answers show. */
  now(): number;
  /** Milliseconds that never go back: what leases are measured with. */
  monotonicMs(): number;
  /** Calls back once after `delayMs`, never inside this call; the answer cancels it. */
  schedule(delayMs: number, callback: () => void): () => void;
}

/** The machine's time. What it schedules does not keep a process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), 2_147_483_647));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
