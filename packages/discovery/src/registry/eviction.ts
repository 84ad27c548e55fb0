import type { Clock } from '../clock.ts';
import type { Lease } from './lease.ts';
import type { Registry } from './registry.ts';
import type { SelfPreservation } from './self-preservation.ts';

export interface EvictionOptions {
  clock: Clock;
  registry: Registry;
  selfPreservation: SelfPreservation;
  /** Why, and until when (the clock that never goes back), a lease that has run out must be kept; null: there is no reason. */
  keptUntil?: (lease: Lease, nowMs: number) => { untilMs: number; reason: string } | null;
  /** Called when self-preservation begins and when it ends. */
  onProtection?: (isProtecting: boolean) => void;
}

/** While something is kept although its lease has run out, it is looked at so often. */
const recheckMs = 1_000;
/** Leases run out one by one; those of the same tenth of a second go together. */
const pauseMs = 100;
/** When the timer comes so much later than it should, it is this process that was held up: heartbeats wait unread. */
const lateMs = 1_000;

/** Takes out whoever has not renewed its lease, when the lease has run out and not later. */
export class Eviction {
  readonly #options: EvictionOptions;
  #cancelTimer: (() => void) | null = null;
  #dueAtMs = Infinity;
  #isClosed = false;

  constructor(options: EvictionOptions) {
    this.#options = options;
  }

  /** A lease may run out earlier than those that were known. */
  expect(lease: Lease): void {
    const dueAtMs = dueOf(lease);
    if (dueAtMs < this.#dueAtMs) this.#schedule(dueAtMs);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelTimer?.();
  }

  /** Looks at all leases now. */
  sweep(): void {
    const { clock, registry, selfPreservation } = this.#options;
    const nowMs = clock.monotonicMs();
    const expired: Lease[] = [];
    let nextMs = Infinity;
    for (const lease of registry.leases()) {
      const dueMs = dueOf(lease);
      if (dueMs > nowMs) nextMs = Math.min(nextMs, dueMs);
      else if (!this.#isKept(lease, nowMs)) expired.push(lease);
      else nextMs = Math.min(nextMs, lease.graceUntilMs);
    }
    const wasProtecting = selfPreservation.isProtecting;
    const isProtecting = selfPreservation.mustProtect(expired.length, registry.size, clock.now());
    if (isProtecting !== wasProtecting) this.#options.onProtection?.(isProtecting);
    if (isProtecting) nextMs = Math.min(nextMs, nowMs + recheckMs);
    for (const lease of expired) {
      if (isProtecting) {
        if (lease.silentSinceMs === 0) lease.silentSinceMs = clock.now() - Math.round(nowMs - lease.expiresAtMs);
      } else this.#evict(lease);
    }
    this.#schedule(nextMs);
  }

  #evict(lease: Lease): void {
    const { clock, registry, selfPreservation } = this.#options;
    const silentSeconds = Math.round((clock.now() - lease.lastRenewalTimestamp) / 1000);
    selfPreservation.evicted(lease.key, clock.now());
    const reason = `no heartbeat for ${silentSeconds} s, with a lease of ${lease.instance.durationInSecs} s`;
    registry.remove(lease, 'EXPIRED', reason, null);
  }

  #isKept(lease: Lease, nowMs: number): boolean {
    const kept = this.#options.keptUntil?.(lease, nowMs) ?? null;
    if (kept === null || kept.untilMs <= nowMs) return false;
    // What is known of other servers changes: it is asked again soon.
    lease.graceUntilMs = Math.min(kept.untilMs, nowMs + recheckMs);
    lease.graceReason = kept.reason;
    return true;
  }

  #schedule(dueAtMs: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#dueAtMs = dueAtMs;
    if (this.#isClosed || dueAtMs === Infinity) return;
    const delayMs = Math.max(pauseMs, dueAtMs - this.#options.clock.monotonicMs());
    const plannedMs = this.#options.clock.monotonicMs() + delayMs;
    this.#cancelTimer = this.#options.clock.schedule(delayMs, () => {
      this.#forgiveDelay(plannedMs);
      this.sweep();
    });
  }

  #forgiveDelay(plannedMs: number): void {
    const { clock, registry } = this.#options;
    const nowMs = clock.monotonicMs();
    const heldUpMs = nowMs - plannedMs;
    if (heldUpMs < lateMs) return;
    const seconds = (heldUpMs / 1000).toFixed(1);
    for (const lease of registry.leases()) {
      lease.graceUntilMs = Math.max(
        lease.graceUntilMs,
        nowMs + Math.min(heldUpMs, lease.instance.durationInSecs * 1000),
      );
      lease.graceReason = `this server itself was held up for ${seconds} s, and may not have read heartbeats yet`;
    }
  }
}

/** When a lease is to be looked at. */
function dueOf(lease: Lease): number {
  return Math.max(lease.expiresAtMs, lease.graceUntilMs);
}
