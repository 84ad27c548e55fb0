import type { TaskContext } from '../processor/task-context.ts';
import type { KeyValueEntry, KeyValueStore } from '../stores/key-value-store.ts';

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
