import type { Writable } from 'node:stream';

/** Where the shell writes: the results and what it says about them. */
export interface ShellTerminal {
  /** Results. Resolves when more may be written. */
  write(text: string): void | Promise<void>;
  /** Errors. */
  complain(text: string): void;
  /** Cells of a line. */
  columns(): number;
}

export function streamTerminal(output: Writable & { columns?: number }, errors: Writable): ShellTerminal {
  return {
    write(text) {
      if (output.write(text) || output.destroyed) return;
      return new Promise((resolve) => {
        const done = () => {
          output.off('drain', done).off('close', done);
          resolve();
        };
        output.once('drain', done).once('close', done);
      });
    },
    complain: (text) => void errors.write(`${text}\n`),
    columns: () => output.columns ?? 120,
  };
}
