import { maxEntries, type Store, type StoreEntry } from './store.ts';

const sweepIntervalMs = 30_000;

/** The entries in memory, with their ends and bounds. Alone it is the store of a server without a folder. */
export class MemoryStore implements Store {
  onRemoved: Store['onRemoved'];
  readonly kinds = new Map<string, Map<string, StoreEntry>>();
  readonly #now: () => number;
  readonly #sweeper: NodeJS.Timeout;

  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#sweeper = setInterval(() => this.sweep(), sweepIntervalMs);
    this.#sweeper.unref();
  }

  get(kind: string, id: string): unknown {
    const entry = this.kinds.get(kind)?.get(id);
    if (entry === undefined || this.#isOver(entry)) return undefined;
    return entry.value;
  }

  put(kind: string, id: string, value: unknown, expiresAtMs = 0): void {
    let entries = this.kinds.get(kind);
    if (entries === undefined) this.kinds.set(kind, (entries = new Map()));
    entries.delete(id);
    entries.set(id, { value, expiresAtMs });
    const max = maxEntries[kind] ?? Infinity;
    if (entries.size > max) this.#evict(kind, entries, max / 10);
  }

  /** Many at once, because a Map looks for its first entry past all that were deleted before it. */
  #evict(kind: string, entries: Map<string, StoreEntry>, count: number): void {
    for (const id of entries.keys()) {
      if (count-- <= 0) break;
      this.delete(kind, id);
    }
  }

  delete(kind: string, id: string): void {
    const entries = this.kinds.get(kind);
    const entry = entries?.get(id);
    if (entries === undefined || entry === undefined) return;
    entries.delete(id);
    this.onRemoved?.(kind, id, entry.value);
  }

  *entries(kind: string): IterableIterator<[string, unknown]> {
    for (const [id, entry] of this.kinds.get(kind) ?? []) if (!this.#isOver(entry)) yield [id, entry.value];
  }

  count(kind: string): number {
    return this.kinds.get(kind)?.size ?? 0;
  }

  /** Drops what is over. */
  sweep(): void {
    for (const [kind, entries] of this.kinds) {
      for (const [id, entry] of entries) if (this.#isOver(entry)) this.drop(kind, id);
    }
  }

  /** Removes what is over. */
  protected drop(kind: string, id: string): void {
    this.delete(kind, id);
  }

  #isOver(entry: StoreEntry): boolean {
    return entry.expiresAtMs !== 0 && entry.expiresAtMs <= this.#now();
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {
    clearInterval(this.#sweeper);
  }
}
