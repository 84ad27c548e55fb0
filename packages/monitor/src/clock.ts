/** Time, passed in so that a test can move it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once after `delayMs`, never inside this call; the answer cancels it. */
  schedule(delayMs: number, callback: () => void): () => void;
}

/** The machine's time. What it schedules does not keep a process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, Math.max(0, delayMs));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
