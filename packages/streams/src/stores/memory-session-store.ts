import { bytesSerde } from '../serdes/basic-serdes.ts';
import { appendRow } from './append-row.ts';
import type { KeyValueSerdes } from './memory-key-value-store.ts';
import type { SessionEntry, SessionStore } from './session-store.ts';
import { type StateKey, stateKey } from './state-key.ts';
import type { ChangelogSink, StoreContext } from './state-store.ts';
import { sessionStoreKey, sessionStoreSuffixBytes } from './window-key.ts';

interface Change<K, V> {
  key: K;
  startMs: number;
  endMs: number;
  value: V | null;
  timestamp: number;
}

/** Sessions in memory: of a key few at a time, so a list in order of their ends. */
export class MemorySessionStore<K, V> implements SessionStore<K, V> {
  readonly name: string;
  readonly #serdes: KeyValueSerdes<K, V>;
  readonly #retentionMs: number;
  readonly #sessions = new Map<StateKey, SessionEntry<K, V>[]>();
  /** By key, start and end: the last change counts. */
  #changed = new Map<string, Change<K, V>>();
  #newestEndMs = -1;
  #expiredBeforeMs = -1;
  #count = 0;
  #topic = '';
  #isLogged = false;

  constructor(name: string, serdes: KeyValueSerdes<K, V>, retentionMs: number) {
    this.name = name;
    this.#serdes = serdes;
    this.#retentionMs = retentionMs;
  }

  open({ changelogTopic, isLogged }: StoreContext): void {
    this.#topic = changelogTopic;
    this.#isLogged = isLogged;
  }

  get count(): number {
    return this.#count;
  }

  fetchSession(key: K, startMs: number, endMs: number): V | null {
    if (endMs <= this.#newestEndMs - this.#retentionMs) return null;
    const list = this.#sessions.get(this.#id(key));
    return list?.find((each) => each.startMs === startMs && each.endMs === endMs)?.value ?? null;
  }

  findSessions(key: K, earliestEndMs: number, latestStartMs: number): SessionEntry<K, V>[] {
    const list = this.#sessions.get(this.#id(key));
    if (list === undefined) return [];
    // Whether or not it was let go already: the result must not hang on when that is.
    const earliestMs = Math.max(earliestEndMs, this.#newestEndMs - this.#retentionMs + 1);
    return list.filter(({ startMs, endMs }) => endMs >= earliestMs && startMs <= latestStartMs);
  }

  *all(): IterableIterator<SessionEntry<K, V>> {
    for (const list of this.#sessions.values()) yield* list;
  }

  put(key: K, startMs: number, endMs: number, value: V | null, timestamp = endMs): void {
    const id = this.#id(key);
    this.#set(id, key, startMs, endMs, value);
    if (this.#isLogged)
      this.#changed.set(`${startMs} ${endMs} ${typeof id} ${id}`, { key, startMs, endMs, value, timestamp });
    if (endMs <= this.#newestEndMs) return;
    this.#newestEndMs = endMs;
    // Not for each record: a look at all keys.
    if (endMs - this.#retentionMs > this.#expiredBeforeMs + this.#retentionMs / 4)
      this.expireBefore(endMs - this.#retentionMs);
  }

  expireBefore(endMs: number): void {
    this.#expiredBeforeMs = endMs;
    for (const [id, list] of this.#sessions) {
      if (list[0]!.endMs >= endMs) continue;
      const kept = list.filter((each) => each.endMs >= endMs);
      this.#count -= list.length - kept.length;
      if (kept.length === 0) this.#sessions.delete(id);
      else this.#sessions.set(id, kept);
    }
  }

  drainChanges(sink: ChangelogSink): void {
    const { key: keySerde, value: valueSerde } = this.#serdes;
    for (const { key, startMs, endMs, timestamp, value } of this.#changed.values()) {
      const keyBytes = sessionStoreKey(keySerde.encode(key, this.#topic), startMs, endMs);
      appendRow(sink, this.#topic, keyBytes, value, timestamp, bytesSerde, valueSerde);
    }
    this.#changed = new Map();
  }

  restore(keyBytes: Buffer, valueBytes: Buffer | null): void {
    const suffix = keyBytes.length - sessionStoreSuffixBytes;
    const key = this.#serdes.key.decode(keyBytes, 0, suffix, this.#topic);
    const endMs = Number(keyBytes.readBigInt64BE(suffix));
    const startMs = Number(keyBytes.readBigInt64BE(suffix + 8));
    const value = valueBytes === null ? null : this.#serdes.value.decode(valueBytes, 0, valueBytes.length, this.#topic);
    this.#set(this.#id(key), key, startMs, endMs, value);
    if (endMs > this.#newestEndMs) this.#newestEndMs = endMs;
  }

  close(): void {
    this.#sessions.clear();
    this.#changed.clear();
    this.#count = 0;
  }

  #set(id: StateKey, key: K, startMs: number, endMs: number, value: V | null): void {
    const list = this.#sessions.get(id) ?? [];
    const at = list.findIndex((each) => each.startMs === startMs && each.endMs === endMs);
    if (value === null) {
      if (at === -1) return;
      list.splice(at, 1);
      this.#count--;
      if (list.length === 0) this.#sessions.delete(id);
      return;
    }
    const entry = { key, startMs, endMs, value };
    if (at !== -1) {
      list[at] = entry;
      return;
    }
    if (list.length === 0) this.#sessions.set(id, list);
    let place = list.length;
    while (place > 0 && list[place - 1]!.endMs > endMs) place--;
    list.splice(place, 0, entry);
    this.#count++;
  }

  #id(key: K): StateKey {
    return stateKey(key, this.#serdes.key, this.#topic);
  }
}
