import type { ServiceEnvironment } from '../service-environment.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error';

/** A service that is to run in the thread. */
export interface ThreadService {
  /** That of the instance: `query-service-2` for the second of several. */
  name: string;
  /** The module whose `start` runs it. */
  main: string;
  env: ServiceEnvironment;
}

export type ToThread = { kind: 'start'; service: ThreadService } | { kind: 'close'; name: string };

export type FromThread =
  | { kind: 'ready'; name: string; url?: string }
  | { kind: 'failed'; name: string; message: string; code?: string }
  | { kind: 'closed'; name: string }
  | { kind: 'log'; name: string; level: Level; fields: Record<string, unknown>; message: string }
  /** A service reads standard input, which a thread has only when it is given it. */
  | { kind: 'stdin' };
