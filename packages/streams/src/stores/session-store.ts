import type { StateStore } from './state-store.ts';

export interface SessionEntry<K, V> {
  readonly key: K;
  readonly startMs: number;
  /** The time of the last record. */
  readonly endMs: number;
  readonly value: V;
}

/** Rows by key, start and end. */
export interface ReadOnlySessionStore<K, V> {
  fetchSession(key: K, startMs: number, endMs: number): V | null;
  /** Sessions of a key that end at `earliestEndMs` or later and start at `latestStartMs` or before, the oldest first. */
  findSessions(key: K, earliestEndMs: number, latestStartMs: number): SessionEntry<K, V>[];
  /** Of all keys. */
  all(): IterableIterator<SessionEntry<K, V>>;
  readonly count: number;
}

export interface SessionStore<K, V> extends ReadOnlySessionStore<K, V>, StateStore {
  /** `timestamp`: of the record that makes the change, for the changelog. Default: the end. */
  put(key: K, startMs: number, endMs: number, value: V | null, timestamp?: number): void;
  /** Lets go sessions that ended before. */
  expireBefore(endMs: number): void;
  readonly count: number;
}
