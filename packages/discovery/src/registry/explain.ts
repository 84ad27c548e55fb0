import type { Clock } from '../clock.ts';
import type { Lease } from './lease.ts';
import type { SelfPreservationState } from './self-preservation.ts';

export interface Explanation {
  /** Why it is still listed. */
  listed: string;
  /** Why it has the status that is answered. */
  status: string;
}

export interface ExplainRoom {
  clock: Clock;
  protection: SelfPreservationState;
  /** Name of this discovery server. */
  server: string;
}

/** Says in words why an instance is listed, and why with this status. */
export function explain(lease: Lease, room: ExplainRoom): Explanation {
  return { listed: whyListed(lease, room), status: whyStatus(lease) };
}

function whyListed(lease: Lease, { clock, protection, server }: ExplainRoom): string {
  const leftMs = lease.expiresAtMs - clock.monotonicMs();
  const { durationInSecs } = lease.instance;
  const heard = `heard ${ago(clock.now() - lease.lastRenewalTimestamp)}${lease.holder === server ? '' : ` by another discovery server (${lease.holder})`}`;
  if (leftMs > 0) return `It was ${heard}; its lease of ${durationInSecs} s runs for ${seconds(leftMs)} more.`;
  const ranOut = `It was ${heard}, and its lease of ${durationInSecs} s ran out ${ago(-leftMs)}.`;
  if (lease.graceUntilMs > clock.monotonicMs()) {
    return `${ranOut} It is kept for at least ${seconds(lease.graceUntilMs - clock.monotonicMs())} more: ${lease.graceReason}.`;
  }
  if (protection.isProtecting) return `${ranOut} Self-preservation keeps it: ${protection.explanation}`;
  return `${ranOut} It is about to be evicted.`;
}

function whyStatus({ status, override, instance }: Lease): string {
  if (override === null) {
    return status === 'UNKNOWN'
      ? 'Its override was taken away, or it registered with a status that does not exist: its next heartbeat is refused, so that it registers again.'
      : `It says so itself when it registers: ${instance.status}.`;
  }
  const who = `${override.by === null ? '' : ` by ${override.by}`}, at ${new Date(override.sinceMs).toISOString()}`;
  return override.status === status
    ? `It was overridden${who}; the instance itself says ${instance.status}. It stays so until the override is removed.`
    : `The instance itself says ${instance.status}, which counts more than the override ${override.status} (set${who}).`;
}

function ago(ms: number): string {
  return `${seconds(ms)} ago`;
}

function seconds(ms: number): string {
  return ms < 10_000 ? `${(Math.max(0, ms) / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}
