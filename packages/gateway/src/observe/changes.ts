/** Something that the gateway has decided or learned; `GET /api/gateway/events` tells them live. */
export interface GatewayChange {
  /** `breaker`, `instance`, `discovery`, `routes`. */
  kind: string;
  timestampMs: number;
  /** The breaker, instance, route it is about. */
  subject: string;
  /** `OPEN`, `ejected`, `added`, `refused` … */
  change: string;
  /** For people. */
  reason: string;
  details?: Readonly<Record<string, unknown>>;
}

/** So many of the last changes are kept for whoever looks later. */
const recentMax = 200;

/** What has changed in the gateway: the last changes, and new ones for listeners. */
export class Changes {
  readonly #recent: GatewayChange[] = [];
  readonly #listeners = new Set<(change: GatewayChange) => void>();

  get recent(): readonly GatewayChange[] {
    return this.#recent;
  }

  tell(change: Omit<GatewayChange, 'timestampMs'>): void {
    const told = { timestampMs: Date.now(), ...change };
    this.#recent.push(told);
    if (this.#recent.length > recentMax) this.#recent.shift();
    for (const listener of this.#listeners) listener(told);
  }

  /** Returns what ends it. A listener must not throw. */
  onChange(listener: (change: GatewayChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
