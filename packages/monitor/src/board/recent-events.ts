/** Kinds that people follow. */
export const eventKinds = ['status', 'trigger', 'crash', 'notification', 'alert'] as const;
export type EventKind = (typeof eventKinds)[number];

export interface RecentEvent {
  kind: EventKind;
  timestampMs: number;
  service: string | null;
  [field: string]: unknown;
}

export interface EventQuery {
  kind?: EventKind | undefined;
  service?: string | undefined;
  sinceMs?: number | undefined;
  limit: number;
}

const keptMax = 2_000;

/** The last events of each kind, and whoever follows them. */
export class RecentEvents {
  readonly #kept = new Map<EventKind, RecentEvent[]>(eventKinds.map((kind) => [kind, []]));
  readonly #listeners = new Set<(event: RecentEvent) => void>();

  add(kind: EventKind, record: object, isLive: boolean): void {
    const { isHeartbeat: _, ...shown } = record as Record<string, unknown>;
    // A crash has a kind of its own: how it was noticed.
    const cause = kind === 'crash' ? { cause: shown['kind'] } : {};
    const event = { ...shown, ...cause, kind } as unknown as RecentEvent;
    const kept = this.#kept.get(kind)!;
    kept.push(event);
    // In steps: shifting thousands for each that comes would cost more than the event.
    if (kept.length >= keptMax * 1.25) kept.splice(0, kept.length - keptMax);
    if (isLive) for (const listener of this.#listeners) listener(event);
  }

  /** The newest first. */
  list({ kind, limit, service, sinceMs = 0 }: EventQuery): RecentEvent[] {
    const found: RecentEvent[] = [];
    for (const [each, kept] of this.#kept) {
      if (kind !== undefined && each !== kind) continue;
      let taken = 0;
      for (let i = kept.length - 1; i >= 0 && taken < limit; i -= 1) {
        const event = kept[i]!;
        if (event.timestampMs < sinceMs || (service !== undefined && event.service !== service)) continue;
        found.push(event);
        taken += 1;
      }
    }
    return found.sort((a, b) => b.timestampMs - a.timestampMs).slice(0, limit);
  }

  /** The last of a kind of a service. */
  last(kind: EventKind, service: string): RecentEvent | undefined {
    return this.#kept.get(kind)!.findLast((event) => event.service === service);
  }

  /** Told of each event from now on; returns what ends it. */
  follow(listener: (event: RecentEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get followers(): number {
    return this.#listeners.size;
  }

  save(): RecentEvent[][] {
    return eventKinds.map((kind) => this.#kept.get(kind)!.slice(-keptMax / 4));
  }

  load(saved: readonly RecentEvent[][]): void {
    for (const [i, kind] of eventKinds.entries()) this.#kept.set(kind, [...(saved[i] ?? [])]);
  }
}
