import type { Readable, Writable } from 'node:stream';
import type { WriteStream } from 'node:tty';

/** What a command of the log is given: `topics`, `produce`, `consume`, `groups`, `lag`. */
export interface CommandContext {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly input: Readable & { isTTY?: boolean };
  readonly output: Writable & { isTTY?: boolean; columns?: number };
  /** What is said about the results, so that these can be piped. */
  readonly errors: Writable | WriteStream;
  /** Aborts at SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}

/** Of a command that was ended by SIGINT, as shells have it. */
export const interruptedExitCode = 130;
