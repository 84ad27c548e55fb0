import { Change } from '../processor/change.ts';
import { Operator } from '../processor/operator.ts';
import type { TaskContext } from '../processor/task-context.ts';
import type { KeyValueEntry, KeyValueStore } from '../stores/key-value-store.ts';
import { RowTtl, type RowTtlSpec } from './row-ttl.ts';

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
  readonly #ttl: RowTtl<K, V> | null;
  #store: KeyValueStore<K, V> | null = null;

  constructor(storeName: string | null, traits: TableTraits, ttl: RowTtlSpec | null = null) {
    super();
    this.#ttl = ttl === null ? null : new RowTtl<K, V>(ttl);
    this.#storeName = storeName;
    this.#traits = traits;
  }

  override init(context: TaskContext): void {
    super.init(context);
    if (this.#storeName === null) return;
    this.#store = context.store<KeyValueStore<K, V>>(this.#storeName);
    this.#ttl?.init(context, this.#store);
  }

  process(key: K, value: V | null, timestamp: number): void {
    if (key === null) {
      this.context.metrics.recordsSkipped++;
      return;
    }
    let before: V | null = null;
    if (this.#ttl !== null) {
      this.#ttl.advance(timestamp, this.#expire);
      if (value !== null) this.#ttl.writing(key, timestamp, this.#store!.getEntry(key));
    }
    if (this.#store !== null) {
      if (this.#traits.isOldValueSent) before = this.#store.get(key);
      this.#store.put(key, value, timestamp);
    }
    this.next.process(key, new Change(value, before), timestamp);
  }

  override flush(): void {
    this.#ttl?.flush(this.#expire);
  }

  override close(): void {
    this.#ttl?.close();
    super.close();
  }

  readonly #expire = ({ key, value }: KeyValueEntry<K, V>, atMs: number): void => {
    this.#store!.put(key, null, atMs);
    this.next.process(key, new Change<V>(null, this.#traits.isOldValueSent ? value : null), atMs);
  };
}
