/** Time as the engine sees it: passed in, so that a test can move it. */
export interface Clock {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Calls back once after `delayMs`; never inside this call. */
  schedule(delayMs: number, callback: () => void): { cancel(): void };
}

/** The longest delay that setTimeout takes: who waits longer is called early and looks again. */
const delayMaxMs = 2_147_483_647;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), delayMaxMs));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
