import type { RecordContext } from '../processor/record-context.ts';
import type { StateStore } from './state-store.ts';

/** Rows by key. `timestamp` is that of the newest record that went into the row. */
export interface ReadOnlyKeyValueStore<K, V> {
  /** Null when there is none. */
  get(key: K): V | null;
  getEntry(key: K): KeyValueEntry<K, V> | null;
  /** From `from` to `to`, both included; null: no bound. In the order of the keys' bytes. */
  range(from: K | null, to: K | null): IterableIterator<KeyValueEntry<K, V>>;
  all(): IterableIterator<KeyValueEntry<K, V>>;
  readonly count: number;
}

/** Hears what became of a row since the last time: null for one that was not, or is no longer, there. */
export type UpdateReceiver<K, V> = (key: K, value: V | null, before: V | null, timestamp: number) => void;

export interface KeyValueStore<K, V> extends ReadOnlyKeyValueStore<K, V>, StateStore {
  /** Null takes the row away. */
  put(key: K, value: V | null, timestamp: number): void;
  /** From now on the store remembers what `takeUpdates` was not told of yet, and the headers of the record in work, which that has again then. */
  trackUpdates(record: RecordContext): void;
  /** Each row that was written since the last time, once: what downstream is told when it is told once a commit. */
  takeUpdates(receive: UpdateReceiver<K, V>): void;
  /**
   * Of a store that would rather not have all its keys in memory: keys whose rows may have an older timestamp, and null now and then when it has
   * looked at many in vain.
   */
  rowsBefore?(timestamp: number): IterableIterator<K | null>;
  /** The greatest of its rows; -1 when there were none. Where there is `rowsBefore`. */
  readonly newestTimestamp?: number;
  readonly count: number;
}

export interface KeyValueEntry<K, V> {
  readonly key: K;
  readonly value: V;
  readonly timestamp: number;
}
