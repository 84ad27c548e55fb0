import type { StorageClock } from './types.ts';

const timeoutMaxMs = 0x7fff_ffff;

/** The machine's time. */
export const systemClock: StorageClock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(delayMs, timeoutMaxMs));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
