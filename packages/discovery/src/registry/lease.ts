import type { ActionType, Instance, Status } from './instance.ts';

/** Somebody said by hand (or the instance itself, by Spring's `/actuator/serviceregistry`) what the status is. */
export interface Override {
  status: Status;
  /** Epoch ms. */
  sinceMs: number;
  /** Address of the caller; null where it is not known. */
  by: string | null;
}

/** An instance in the registry, and how long it stays there. */
export interface Lease {
  /** `APP/id`. */
  readonly key: string;
  readonly app: string;
  readonly id: string;
  instance: Instance;
  /** What is answered: the override, where it wins over what the instance says. */
  status: Status;
  override: Override | null;
  actionType: ActionType;
  /** All epoch ms. */
  registrationTimestamp: number;
  lastRenewalTimestamp: number;
  serviceUpTimestamp: number;
  lastUpdatedTimestamp: number;
  evictionTimestamp: number;
  /** On the clock that never goes back. */
  expiresAtMs: number;
  /** It is kept for longer than its lease says until then, because of what `graceReason` tells; on the same clock. */
  graceUntilMs: number;
  graceReason: string;
  /** The discovery server that heard of it last. */
  holder: string;
  /** Since its lease ran out while it was protected; epoch ms, 0: it did not. */
  silentSinceMs: number;
}

export function keyOf(app: string, id: string): string {
  return `${app}/${id}`;
}

/**
 * DOWN, STARTING and UNKNOWN are believed, because nobody knows better than the instance that it cannot serve; UP and OUT_OF_SERVICE give way
 * to an override.
 */
export function effectiveStatus(reported: Status, override: Override | null): Status {
  if (reported !== 'UP' && reported !== 'OUT_OF_SERVICE') return reported;
  return override?.status ?? reported;
}
