import { randomInt } from 'node:crypto';
import type { FetchPart } from './fetch-part.ts';
import { FetchSession } from './fetch-session.ts';
import type { FetchWaiters } from './fetch-waiters.ts';

/** Kafka's: a session that was not used for so long gives way to any other, one that is older to a larger one. */
const evictionMs = 120_000;
const idMax = 2 ** 31 - 1;

export interface FetchSessionLimits {
  /** `max.incremental.fetch.session.cache.slots` */
  slots(): number;
  /** `headwater.max.fetch.session.partitions` */
  partitions(): number;
  monotonicMs(): number;
}

/** The sessions of all clients: so many, with so many partitions in all (KIP-227). */
export class FetchSessions {
  readonly #limits: FetchSessionLimits;
  readonly #waiters: FetchWaiters;
  /** The one that was used longest ago in front. */
  readonly #sessions = new Map<number, FetchSession>();
  #partitions = 0;
  #evictions = 0;

  constructor(limits: FetchSessionLimits, waiters: FetchWaiters) {
    this.#limits = limits;
    this.#waiters = waiters;
  }

  stats(): { sessions: number; partitions: number; evictions: number } {
    return { sessions: this.#sessions.size, partitions: this.#partitions, evictions: this.#evictions };
  }

  get(id: number): FetchSession | undefined {
    return this.#sessions.get(id);
  }

  /** Null when the cache is full of sessions that are worth more: the client asks in full each time. */
  create(parts: readonly FetchPart[], usesTopicIds: boolean): FetchSession | null {
    if (!this.#hasRoom(parts.length)) {
      this.#evictFor(parts.length);
      if (!this.#hasRoom(parts.length)) return null;
    }
    let id = randomInt(1, idMax);
    while (this.#sessions.has(id)) id = randomInt(1, idMax);
    const session = new FetchSession(id, usesTopicIds, parts, this.#waiters, this.#limits.monotonicMs());
    this.#sessions.set(id, session);
    this.touch(session);
    return session;
  }

  /** It was used, and may have changed. */
  touch(session: FetchSession): void {
    if (this.#sessions.get(session.id) !== session) return;
    const nowMs = this.#limits.monotonicMs();
    this.#partitions += session.parts.length - session.countedParts;
    session.countedParts = session.parts.length;
    session.lastUsedMs = nowMs;
    session.isEvictable = nowMs - session.createdAtMs > evictionMs;
    this.#sessions.delete(session.id);
    this.#sessions.set(session.id, session);
    // It has grown beyond what there is room for: its client begins again.
    if (this.#partitions > this.#limits.partitions()) this.#evict(session);
  }

  remove(id: number): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    this.#sessions.delete(id);
    this.#partitions -= session.countedParts;
    session.removed();
  }

  #hasRoom(partitions: number): boolean {
    return this.#sessions.size < this.#limits.slots() && this.#partitions + partitions <= this.#limits.partitions();
  }

  #evictFor(partitions: number): void {
    const [oldest] = this.#sessions.values();
    if (oldest === undefined) return;
    if (this.#limits.monotonicMs() - oldest.lastUsedMs > evictionMs) {
      this.#evict(oldest);
      return;
    }
    let smallest: FetchSession | null = null;
    for (const session of this.#sessions.values()) {
      if (session.isEvictable && (smallest === null || session.countedParts < smallest.countedParts))
        smallest = session;
    }
    if (smallest !== null && smallest.countedParts < partitions) this.#evict(smallest);
  }

  #evict(session: FetchSession): void {
    this.#evictions++;
    this.remove(session.id);
  }
}
