import { setImmediate } from 'node:timers/promises';

/** Lets other work run when `sliceMs` have passed since the last turn: call it between small pieces of long work. */
export function makeBreath(sliceMs = 4): () => Promise<void> | undefined {
  let last = performance.now();
  return () => {
    if (performance.now() - last < sliceMs) return undefined;
    return setImmediate().then(() => {
      last = performance.now();
    });
  };
}
