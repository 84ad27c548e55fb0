import type { Change, ChangeKind } from './change.ts';

const keptMax = 1_000;

/** What happened, for people and for the topic of events. */
export interface DiscoveryEvent {
  /** Counts from 1 since this server started. */
  id: number;
  timestampMs: number;
  event: ChangeKind | 'PROTECTION_BEGAN' | 'PROTECTION_ENDED';
  service: string | null;
  instanceId: string | null;
  status: string | null;
  reason: string;
  /** Who asked for it. */
  address: string | null;
  /** The discovery server that it happened on. */
  server: string;
}

/** The last things that happened, and whoever wants to hear of the next. */
export class RecentEvents {
  readonly #events: DiscoveryEvent[] = [];
  readonly #listeners = new Set<(event: DiscoveryEvent) => void>();
  readonly #server: string;
  #lastId = 0;

  constructor(server: string) {
    this.#server = server;
  }

  add({ kind, lease, reason, address, server, atMs }: Change): void {
    const { app: service, id: instanceId, status } = lease;
    this.#keep({ timestampMs: atMs, event: kind, service, instanceId, status, reason, address, server });
  }

  addProtection(isProtecting: boolean, reason: string, nowMs: number): void {
    this.#keep({
      timestampMs: nowMs,
      event: isProtecting ? 'PROTECTION_BEGAN' : 'PROTECTION_ENDED',
      service: null,
      instanceId: null,
      status: null,
      reason,
      address: null,
      server: this.#server,
    });
  }

  /** The newest first. */
  list(filter: { service?: string | undefined; instanceId?: string | undefined; limit: number }): DiscoveryEvent[] {
    const found: DiscoveryEvent[] = [];
    for (let i = this.#events.length - 1; i >= 0 && found.length < filter.limit; i--) {
      const event = this.#events[i]!;
      if (filter.service !== undefined && event.service !== filter.service) continue;
      if (filter.instanceId !== undefined && event.instanceId !== filter.instanceId) continue;
      found.push(event);
    }
    return found;
  }

  onEvent(listener: (event: DiscoveryEvent) => void): void {
    this.#listeners.add(listener);
  }

  #keep(event: Omit<DiscoveryEvent, 'id'>): void {
    const kept = { id: ++this.#lastId, ...event };
    this.#events.push(kept);
    // In steps: shifting a thousand for each that comes would cost more than the event.
    if (this.#events.length >= keptMax * 1.2) this.#events.splice(0, this.#events.length - keptMax);
    for (const listener of this.#listeners) listener(kept);
  }
}
