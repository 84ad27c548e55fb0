import type { Logger } from '@headwater/logger';
import { BackOff, pause, unlessAborted } from './back-off.ts';
import { reasonOf, TweetsError } from './tweets-error.ts';

/**
 * Tries until it works: what a service depends on may start later, or be away for a while. Undefined when the signal is
 * aborted first. A TweetsError is not retried: waiting does not mend it.
 */
export async function untilItWorks<T>(
  what: string,
  { logger, signal }: { logger: Logger; signal: AbortSignal },
  attempt: () => Promise<T>,
): Promise<T | undefined> {
  const backOff = new BackOff({ maxMs: 2_000 });
  while (!signal.aborted) {
    try {
      return await unlessAborted(attempt(), signal);
    } catch (error) {
      if (error instanceof TweetsError) throw error;
      const retryInMs = backOff.next();
      logger.warn({ retryInMs, reason: reasonOf(error) }, `cannot ${what}, tries again`);
      await pause(retryInMs, signal);
    }
  }
  return undefined;
}
