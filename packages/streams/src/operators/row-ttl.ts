import type { TaskContext } from '../processor/task-context.ts';
import type { Serde } from '../serdes/serde.ts';
import type { KeyValueEntry, KeyValueStore } from '../stores/key-value-store.ts';
import { type StateKey, stateKey } from '../stores/state-key.ts';

/** How long rows of a table are kept after their last update. */
export interface RowTtlSpec {
  readonly ttlMs: number;
  readonly keySerde: Serde<unknown>;
}

/** Rows whose time is about the same; how exact it is: a part of the ttl. */
const bucketsCount = 100;
/** Of a store on the disk, which is searched for old rows. */
const sweepsCount = 10;
/** Rows that are looked at in a row before others get their turn. */
const sliceRows = 1_000;

/**
 * Takes rows away whose last update is older than stream time by more than `ttlMs`: at the first record with which that is so, or up to a
 * hundredth of `ttlMs` later (on the disk: a tenth). Of very many at once, some with each record and commit.
 */
export class RowTtl<K, V> {
  readonly #spec: RowTtlSpec;
  readonly #widthMs: number;
  #context!: TaskContext;
  #store!: KeyValueStore<K, V>;
  #streamTimeMs = -1;
  /** Keys by the time of their rows when they were put here; an update leaves its row where it is until that time is over. */
  readonly #buckets = new Map<number, Map<StateKey, K>>();
  /** When the oldest of them is over. */
  #dueMs = Number.POSITIVE_INFINITY;
  /** On the disk: what is being looked through, and for rows of before which time. */
  #sweep: IterableIterator<K | null> | null = null;
  #sweptMs = Number.NEGATIVE_INFINITY;

  constructor(spec: RowTtlSpec) {
    this.#spec = spec;
    this.#widthMs = Math.max(1, Math.floor(spec.ttlMs / bucketsCount));
  }

  /** After the store was restored. */
  init(context: TaskContext, store: KeyValueStore<K, V>): void {
    this.#context = context;
    this.#store = store;
    if (store.rowsBefore !== undefined) {
      this.#streamTimeMs = store.newestTimestamp ?? -1;
      return;
    }
    for (const { key, timestamp } of store.all()) {
      this.#add(key, timestamp);
      if (timestamp > this.#streamTimeMs) this.#streamTimeMs = timestamp;
    }
  }

  /** Before a row is written: what is there. */
  writing(key: K, timestamp: number, before: KeyValueEntry<K, V> | null): void {
    if (this.#store.rowsBefore === undefined && (before === null || timestamp < before.timestamp))
      this.#add(key, timestamp);
  }

  /** A record has come: hands out rows whose time is over, to be taken away by `expire`. */
  advance(timestamp: number, expire: (row: KeyValueEntry<K, V>, atMs: number) => void): void {
    if (timestamp > this.#streamTimeMs) this.#streamTimeMs = timestamp;
    const isMore = this.#store.rowsBefore === undefined ? this.#takeDue(expire) : this.#takeSwept(expire);
    // Whether or not another record comes.
    if (isMore) this.#context.requestCommit();
  }

  /** With each commit. */
  flush(expire: (row: KeyValueEntry<K, V>, atMs: number) => void): void {
    this.advance(this.#streamTimeMs, expire);
  }

  #takeDue(expire: (row: KeyValueEntry<K, V>, atMs: number) => void): boolean {
    const limitMs = this.#streamTimeMs - this.#spec.ttlMs;
    let left = sliceRows;
    while (this.#dueMs <= limitMs) {
      const bucket = this.#dueMs / this.#widthMs - 1;
      const keys = this.#buckets.get(bucket)!;
      for (const [id, key] of keys) {
        if (left-- === 0) return true;
        keys.delete(id);
        this.#expireOrKeep(key, limitMs, expire);
      }
      this.#buckets.delete(bucket);
      this.#dueMs = Number.POSITIVE_INFINITY;
      for (const each of this.#buckets.keys()) this.#dueMs = Math.min(this.#dueMs, (each + 1) * this.#widthMs);
    }
    return false;
  }

  #takeSwept(expire: (row: KeyValueEntry<K, V>, atMs: number) => void): boolean {
    const { ttlMs } = this.#spec;
    if (this.#sweep === null) {
      const stepMs = Math.max(1, Math.floor(ttlMs / sweepsCount));
      const limitMs = Math.floor((this.#streamTimeMs - ttlMs) / stepMs) * stepMs;
      if (limitMs <= this.#sweptMs || limitMs <= 0) return false;
      this.#sweptMs = limitMs;
      this.#sweep = this.#store.rowsBefore!(limitMs);
    }
    for (let left = sliceRows; left > 0; left--) {
      const next = this.#sweep.next();
      if (next.done === true) {
        this.#sweep = null;
        return false;
      }
      // A word that it has looked at many in vain.
      if (next.value === null) left -= 256;
      else this.#expireOrKeep(next.value, this.#sweptMs, expire);
    }
    return true;
  }

  #expireOrKeep(key: K, limitMs: number, expire: (row: KeyValueEntry<K, V>, atMs: number) => void): void {
    const row = this.#store.getEntry(key);
    if (row === null) return;
    if (row.timestamp < limitMs)
      expire({ key: row.key, value: row.value, timestamp: row.timestamp }, row.timestamp + this.#spec.ttlMs);
    else if (this.#store.rowsBefore === undefined) this.#add(key, row.timestamp);
  }

  #add(key: K, timestamp: number): void {
    const bucket = Math.floor(timestamp / this.#widthMs);
    let keys = this.#buckets.get(bucket);
    if (keys === undefined) {
      keys = new Map();
      this.#buckets.set(bucket, keys);
      this.#dueMs = Math.min(this.#dueMs, (bucket + 1) * this.#widthMs);
    }
    keys.set(stateKey(key, this.#spec.keySerde as Serde<K>, ''), key);
  }

  close(): void {
    this.#buckets.clear();
    this.#sweep?.return?.();
    this.#sweep = null;
  }
}
