import { type ClientError, isRetriable } from './client-error.ts';

const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 1000;

/** Twice as long each time up to a second, with a fifth of jitter, so that clients do not come back all at once. */
export function backoffDelayMs(attempt: number): number {
  const delay = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt, 10));
  return delay * (0.8 + Math.random() * 0.4);
}

/** Resolves after `ms`; rejects with the signal's reason when that comes first. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

export interface RetryOptions {
  /** No further attempt is started after this long. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  /** Before another attempt, e.g. to refresh the metadata. */
  onRetry?: (error: ClientError) => unknown;
}

/** Runs `attempt` until it succeeds, fails for good, or the time is up. */
export async function withRetries<T>(attempt: (n: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const deadline = Date.now() + options.timeoutMs;
  for (let n = 0; ; n++) {
    try {
      return await attempt(n);
    } catch (error) {
      const wait = backoffDelayMs(n);
      if (!isRetriable(error) || options.signal?.aborted || Date.now() + wait > deadline) throw error;
      await options.onRetry?.(error as ClientError);
      await delay(wait, options.signal);
    }
  }
}
