import type { ReadMemory } from './types.ts';

/** For readers that do not say when they are done. Not slices of Node's pool: a record may live long, and would keep all of it. */
export const ownMemory: ReadMemory = {
  take: (sizeBytes) => Buffer.allocUnsafeSlow(sizeBytes),
  hold: (lease) => lease.keep(),
};
