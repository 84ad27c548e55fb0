import type { RecordContext } from '../processor/record-context.ts';
import type { StateStore } from './state-store.ts';

export interface Window {
  /** Epoch milliseconds, included. */
  readonly startMs: number;
  /** Not included; of a session: the time of its last record, included. */
  readonly endMs: number;
}

export interface Windowed<K> {
  readonly key: K;
  readonly window: Window;
}

export interface WindowEntry<K, V> {
  readonly key: K;
  readonly startMs: number;
  readonly value: V;
  /** Of the newest record that went into the window. */
  readonly timestamp: number;
}

/** Rows by key and start of the window. */
export interface ReadOnlyWindowStore<K, V> {
  fetch(key: K, startMs: number): V | null;
  fetchEntry(key: K, startMs: number): WindowEntry<K, V> | null;
  /** Windows of a key that start from `fromMs` to `toMs`, both included, the oldest first. */
  fetchRange(key: K, fromMs: number, toMs: number): IterableIterator<WindowEntry<K, V>>;
  /** Of all keys, by the start of the window. */
  fetchAll(fromMs: number, toMs: number): IterableIterator<WindowEntry<K, V>>;
  readonly count: number;
}

/** Hears what became of a row since the last time. */
export type WindowUpdateReceiver<K, V> = (
  key: K,
  startMs: number,
  value: V | null,
  before: V | null,
  timestamp: number,
) => void;

export interface WindowStore<K, V> extends ReadOnlyWindowStore<K, V>, StateStore {
  /** Of a row that is there. */
  timestampOf(key: K, startMs: number): number;
  /** Null takes the row away. A window that is older than the retention is not taken: false. */
  put(key: K, startMs: number, value: V | null, timestamp: number): boolean;
  /** From now on the store remembers what `takeUpdates` was not told of yet, and the headers of the record in work, which that has again then. */
  trackUpdates(record: RecordContext): void;
  /** Each row that was written since the last time, once. */
  takeUpdates(receive: WindowUpdateReceiver<K, V>): void;
  /** Lets go windows that start before `startMs`. */
  expireBefore(startMs: number): void;
  readonly count: number;
}
