import type { TaskContext } from '../processor/task-context.ts';
import type { KeyValueEntry, KeyValueStore } from '../stores/key-value-store.ts';
import type { SessionStore } from '../stores/session-store.ts';
import type { Windowed, WindowStore } from '../stores/window-store.ts';

/** The rows of a table as another operator looks them up: from its store, or worked out from that of the table before it. */
export interface TableView<K, V> {
  init(context: TaskContext): void;
  get(key: K): KeyValueEntry<K, V> | null;
}

export function storeView<K, V>(storeName: string): TableView<K, V> {
  let store: KeyValueStore<K, V>;
  return {
    init(context) {
      store = context.store<KeyValueStore<K, V>>(storeName);
    },
    get: (key) => store.getEntry(key),
  };
}

/** The rows of a windowed table. */
export function windowView<K, V>(storeName: string): TableView<Windowed<K>, V> {
  let store: WindowStore<K, V>;
  return {
    init(context) {
      store = context.store<WindowStore<K, V>>(storeName);
    },
    get(key) {
      const row = store.fetchEntry(key.key, key.window.startMs);
      return row === null ? null : { key, value: row.value, timestamp: row.timestamp };
    },
  };
}

/** The rows of a table of sessions; their time is their end. */
export function sessionView<K, V>(storeName: string): TableView<Windowed<K>, V> {
  let store: SessionStore<K, V>;
  return {
    init(context) {
      store = context.store<SessionStore<K, V>>(storeName);
    },
    get(key) {
      const { endMs, startMs } = key.window;
      const value = store.fetchSession(key.key, startMs, endMs);
      return value === null ? null : { key, value, timestamp: endMs };
    },
  };
}

/** What `map` makes of the rows of another; null for one that it leaves out. */
export function mappedView<K, V, VOut>(
  before: TableView<K, V>,
  map: (value: V, key: K) => VOut | null,
): TableView<K, VOut> {
  return {
    init: (context) => before.init(context),
    get(key) {
      const row = before.get(key);
      if (row === null) return null;
      const value = map(row.value, key);
      return value === null ? null : { key, value, timestamp: row.timestamp };
    },
  };
}
