import type { Lease } from './lease.ts';

/** What happened to an instance. */
export type ChangeKind =
  | 'REGISTERED'
  /** It registered although it was there: its description may be another now. */
  | 'REGISTERED_AGAIN'
  /** A heartbeat came after its lease had run out, while it was protected. */
  | 'RENEWED_AGAIN'
  | 'STATUS'
  | 'OVERRIDE'
  | 'OVERRIDE_REMOVED'
  | 'METADATA'
  | 'CANCELLED'
  | 'EXPIRED'
  /** Read from the log at the start. */
  | 'RESTORED';

export interface Change {
  kind: ChangeKind;
  lease: Lease;
  /** For people: why. */
  reason: string;
  /** Who asked for it; null: nobody did, or it is not known. */
  address: string | null;
  /** The discovery server that it happened on. */
  server: string;
  atMs: number;
  /** Counts the registry's changes; it is `versions__delta`, and the id of the watch's events. */
  version: number;
}
