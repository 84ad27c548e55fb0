import type { Writable } from 'node:stream';

/** Writes, and resolves when more may be written; undefined when it may at once. */
export function writeOutput(output: Writable, text: string | Buffer): Promise<void> | undefined {
  if (output.write(text) || output.destroyed) return undefined;
  return new Promise((resolve) => {
    const done = () => {
      output.off('drain', done).off('close', done).off('error', done);
      resolve();
    };
    output.once('drain', done).once('close', done).once('error', done);
  });
}

/** Aborts when whoever reads the output has gone, as `head` does. */
export function goneReader(output: Writable): AbortSignal {
  const gone = new AbortController();
  output.on('error', () => gone.abort());
  return gone.signal;
}
