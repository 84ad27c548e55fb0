import type { KeyValueEntry, KeyValueStore, ReadOnlyKeyValueStore } from '../stores/key-value-store.ts';
import type { ReadOnlySessionStore, SessionEntry, SessionStore } from '../stores/session-store.ts';
import type { ReadOnlyWindowStore, WindowEntry, WindowStore } from '../stores/window-store.ts';
import type { LocalStores, QueryableStore, QueryOptions } from './local-stores.ts';

/** What `Streams.store` gives. */
export type StoreView<K, V> = ReadOnlyKeyValueStore<K, V> | ReadOnlyWindowStore<K, V> | ReadOnlySessionStore<K, V>;

/** One store over all local tasks, looked up anew with each call: tasks come and go. */
export function viewOf(stores: LocalStores, store: QueryableStore, options: QueryOptions): StoreView<unknown, unknown> {
  switch (store.spec.kind ?? 'key-value') {
    case 'key-value':
      return new KeyValueView(stores, store, options);
    case 'window':
      return new WindowView(stores, store, options);
    case 'session':
      return new SessionView(stores, store, options);
  }
}

class View {
  readonly stores: LocalStores;
  readonly store: QueryableStore;
  readonly options: QueryOptions;

  constructor(stores: LocalStores, store: QueryableStore, options: QueryOptions) {
    this.stores = stores;
    this.store = store;
    this.options = options;
  }

  get count(): number {
    return this.stores.all(this.store, this.options).reduce((sum, { count }) => sum + count, 0);
  }
}

/** Entries are copies: a store's own change while somebody holds them. */
class KeyValueView<K, V> extends View implements ReadOnlyKeyValueStore<K, V> {
  get(key: K): V | null {
    return this.stores.ofKey<KeyValueStore<K, V>>(this.store, key, this.options).get(key);
  }

  getEntry(key: K): KeyValueEntry<K, V> | null {
    const entry = this.stores.ofKey<KeyValueStore<K, V>>(this.store, key, this.options).getEntry(key);
    return entry === null ? null : { key: entry.key, value: entry.value, timestamp: entry.timestamp };
  }

  *range(from: K | null, to: K | null): IterableIterator<KeyValueEntry<K, V>> {
    for (const store of this.stores.all<KeyValueStore<K, V>>(this.store, this.options)) {
      for (const { key, timestamp, value } of store.range(from, to)) yield { key, value, timestamp };
    }
  }

  all(): IterableIterator<KeyValueEntry<K, V>> {
    return this.range(null, null);
  }
}

class WindowView<K, V> extends View implements ReadOnlyWindowStore<K, V> {
  fetch(key: K, startMs: number): V | null {
    return this.stores.ofKey<WindowStore<K, V>>(this.store, key, this.options).fetch(key, startMs);
  }

  fetchEntry(key: K, startMs: number): WindowEntry<K, V> | null {
    return this.stores.ofKey<WindowStore<K, V>>(this.store, key, this.options).fetchEntry(key, startMs);
  }

  fetchRange(key: K, fromMs: number, toMs: number): IterableIterator<WindowEntry<K, V>> {
    return this.stores.ofKey<WindowStore<K, V>>(this.store, key, this.options).fetchRange(key, fromMs, toMs);
  }

  *fetchAll(fromMs: number, toMs: number): IterableIterator<WindowEntry<K, V>> {
    for (const store of this.stores.all<WindowStore<K, V>>(this.store, this.options)) {
      yield* store.fetchAll(fromMs, toMs);
    }
  }
}

class SessionView<K, V> extends View implements ReadOnlySessionStore<K, V> {
  fetchSession(key: K, startMs: number, endMs: number): V | null {
    return this.stores.ofKey<SessionStore<K, V>>(this.store, key, this.options).fetchSession(key, startMs, endMs);
  }

  findSessions(key: K, earliestEndMs: number, latestStartMs: number): SessionEntry<K, V>[] {
    const store = this.stores.ofKey<SessionStore<K, V>>(this.store, key, this.options);
    return store.findSessions(key, earliestEndMs, latestStartMs);
  }

  *all(): IterableIterator<SessionEntry<K, V>> {
    for (const store of this.stores.all<SessionStore<K, V>>(this.store, this.options)) yield* store.all();
  }
}
