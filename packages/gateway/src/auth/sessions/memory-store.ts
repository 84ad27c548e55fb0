import { createHash } from 'node:crypto';
import type { Kind, StateStore } from './state-store.ts';

interface Entry {
  value: unknown;
  endsAtMs: number;
  names: string[];
}

/** Sessions in memory, bounded: the one used longest ago goes. They end with the process. */
export class MemoryStore implements StateStore {
  readonly #entries: Record<Kind, Map<string, Entry>> = { session: new Map(), login: new Map() };
  readonly #byName = new Map<string, Set<string>>();
  readonly #busy = new Set<string>();
  readonly #max: Record<Kind, number>;
  readonly #now: () => number;

  constructor(options: { maxSessions: number; maxLogins?: number; now: () => number }) {
    this.#max = { session: options.maxSessions, login: options.maxLogins ?? 10_000 };
    this.#now = options.now;
  }

  get size(): number {
    return this.#entries.session.size;
  }

  get<T>(kind: Kind, id: string): T | undefined {
    const key = hashed(id);
    const entry = this.#entries[kind].get(key);
    if (entry === undefined) return undefined;
    if (entry.endsAtMs <= this.#now()) {
      this.#remove(kind, key);
      return undefined;
    }
    this.#entries[kind].delete(key);
    this.#entries[kind].set(key, entry);
    return entry.value as T;
  }

  set(kind: Kind, id: string, value: object, ttlMs: number): void {
    const key = hashed(id);
    const entries = this.#entries[kind];
    const names = entries.get(key)?.names ?? [];
    entries.delete(key);
    if (entries.size >= this.#max[kind]) this.#remove(kind, entries.keys().next().value!);
    entries.set(key, { value, endsAtMs: this.#now() + ttlMs, names });
  }

  take<T>(kind: Kind, id: string): T | undefined {
    const value = this.get<T>(kind, id);
    this.#remove(kind, hashed(id));
    return value;
  }

  delete(kind: Kind, id: string): void {
    this.#remove(kind, hashed(id));
  }

  index(name: string, id: string): void {
    const key = hashed(id);
    this.#entries.session.get(key)?.names.push(name);
    const ids = this.#byName.get(name);
    if (ids === undefined) this.#byName.set(name, new Set([key]));
    else ids.add(key);
  }

  deleteIndexed(name: string): number {
    const keys = [...(this.#byName.get(name) ?? [])];
    for (const key of keys) this.#remove('session', key);
    return keys.length;
  }

  async exclusive<T>(id: string, work: () => Promise<T>): Promise<T | undefined> {
    if (this.#busy.has(id)) return undefined;
    this.#busy.add(id);
    try {
      return await work();
    } finally {
      this.#busy.delete(id);
    }
  }

  #remove(kind: Kind, key: string): void {
    const entry = this.#entries[kind].get(key);
    if (entry === undefined) return;
    this.#entries[kind].delete(key);
    for (const name of entry.names) {
      const keys = this.#byName.get(name);
      keys?.delete(key);
      if (keys?.size === 0) this.#byName.delete(name);
    }
  }
}

/** What is kept does not open a session when it is read by others. */
export function hashed(id: string): string {
  return createHash('sha256').update(id).digest('base64url');
}
