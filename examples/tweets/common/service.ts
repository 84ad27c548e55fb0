import type { Logger } from '@headwater/logger';
import type { Environment } from './settings.ts';

/** A running service. */
export interface RunningService {
  /** Where it answers; absent when it serves nothing. */
  url?: string;
  /** Ends when the service has nothing left to do (a file was read to its end); rejects when it had to stop. */
  finished: Promise<void>;
  /** Stops cleanly. May be called twice. */
  close(): Promise<void>;
}

export interface StartOptions {
  /** Default: says nothing. */
  logger?: Logger;
}

export type Start = (env: Environment, options?: StartOptions) => Promise<RunningService>;

/** Runs a loop until it ends by itself or `close()` is called, which waits for it. */
export function runLoop(
  logger: Logger,
  loop: (signal: AbortSignal) => Promise<void>,
): { finished: Promise<void>; close(): Promise<void> } {
  const stop = new AbortController();
  const finished = loop(stop.signal);
  finished.catch((error: unknown) => logger.error({ error: String(error) }, 'stopped'));
  return {
    finished,
    async close() {
      stop.abort();
      await finished.catch(() => {});
    },
  };
}
