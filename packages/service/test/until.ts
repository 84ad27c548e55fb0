import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for a condition; fails after a minute. */
export async function until(condition: () => boolean | Promise<boolean>, what = String(condition)): Promise<void> {
  const endMs = performance.now() + 60_000;
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`waited in vain: ${what}`);
    await sleep(5);
  }
}
