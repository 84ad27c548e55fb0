import { pause } from '../common/back-off.ts';

/** What is overdue by more than this is never made up for: a log that was away is not met with a flood. */
const debtMaxMs = 1_000;
const batchMax = 1_000;
/** Waking for each of thousands a second would cost more than it gives. */
const wakeMs = 20;

/**
 * Yields, over and over, how many tweets are due now: `ratePerSecond` on average, at random moments like real ones. A caller
 * that is held up gets larger numbers, up to 1,000, and what it misses by more than a second is forgotten.
 */
export async function* pace(ratePerSecond: number | (() => number), signal: AbortSignal): AsyncGenerator<number> {
  const rate = typeof ratePerSecond === 'number' ? () => ratePerSecond : ratePerSecond;
  let nextAtMs = performance.now();
  while (!signal.aborted) {
    const nowMs = performance.now();
    nextAtMs = Math.max(nextAtMs, nowMs - debtMaxMs);
    const perSecond = rate();
    let due = 0;
    while (nextAtMs <= nowMs && due < batchMax) {
      due += 1;
      nextAtMs += (-Math.log(1 - Math.random()) * 1_000) / perSecond;
    }
    if (due > 0) yield due;
    else await pause(Math.max(wakeMs, nextAtMs - nowMs), signal);
  }
}
