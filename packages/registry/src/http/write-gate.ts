import type { Call } from './routes.ts';

/** Where calls that change something pass: one registry of a group writes, the others send such calls on to it. */
export interface WriteGate {
  /** Does the work here, or has another registry do it and gives its answer back. @throws RegistryError 50003, 50004 */
  pass(call: Call, work: () => Promise<void>): Promise<void>;
}
