import { Change } from '../processor/change.ts';
import { Operator } from '../processor/operator.ts';
import type { TaskContext } from '../processor/task-context.ts';
import type { KeyValueStore } from '../stores/key-value-store.ts';

/** Where a table is known by: whether those after it asked for the values before an update. */
export interface TableTraits {
  isOldValueSent: boolean;
  /** Nobody gave its store a name: as in Kafka Streams, a filter takes away only what it has let through where somebody else needs its rows. */
  isKeptForOthers?: boolean;
}

/** Makes a table of a topic: the last value of a key is its row, null takes it away. Without a store, updates are only handed on. */
export class TableSource<K, V> extends Operator<K, V | null> {
  readonly #storeName: string | null;
  readonly #traits: TableTraits;
  #store: KeyValueStore<K, V> | null = null;

  constructor(storeName: string | null, traits: TableTraits) {
    super();
    this.#storeName = storeName;
    this.#traits = traits;
  }

  override init(context: TaskContext): void {
    super.init(context);
    if (this.#storeName !== null) this.#store = context.store<KeyValueStore<K, V>>(this.#storeName);
  }

  process(key: K, value: V | null, timestamp: number): void {
    if (key === null) {
      this.context.metrics.recordsSkipped++;
      return;
    }
    let before: V | null = null;
    if (this.#store !== null) {
      if (this.#traits.isOldValueSent) before = this.#store.get(key);
      this.#store.put(key, value, timestamp);
    }
    this.next.process(key, new Change(value, before), timestamp);
  }
}
