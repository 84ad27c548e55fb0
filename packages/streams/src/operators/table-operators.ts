import { Change } from '../processor/change.ts';
import { Operator } from '../processor/operator.ts';
import type { TaskContext } from '../processor/task-context.ts';
import type { KeyValueStore } from '../stores/key-value-store.ts';
import type { TableTraits } from './table-source.ts';

/** What becomes of a row: null when it is not one of the new table. */
export type RowMapper<K, V, VOut> = (value: V, key: K) => VOut | null;

export interface MapTableOptions<K, V, VOut> {
  readonly map: RowMapper<K, V, VOut>;
  /** Null: rows are worked out again when they are asked for. */
  readonly storeName: string | null;
  readonly traits: TableTraits;
  /** What was not a row before and is none now needs no word: so for a filter, which can tell. */
  readonly isNothingLeftOut: boolean;
}

/** A table whose rows are made of another's: filter and mapValues. */
export class MapTable<K, V, VOut> extends Operator<K, Change<V>> {
  readonly #options: MapTableOptions<K, V, VOut>;
  #store: KeyValueStore<K, VOut> | null = null;

  constructor(options: MapTableOptions<K, V, VOut>) {
    super();
    this.#options = options;
  }

  override init(context: TaskContext): void {
    super.init(context);
    const { storeName } = this.#options;
    if (storeName !== null) this.#store = context.store<KeyValueStore<K, VOut>>(storeName);
  }

  process(key: K, { newValue, oldValue }: Change<V>, timestamp: number): void {
    const { isNothingLeftOut, map, traits } = this.#options;
    const after = newValue === null ? null : map(newValue, key);
    let before: VOut | null = null;
    if (traits.isOldValueSent) {
      if (this.#store !== null) before = this.#store.get(key);
      else if (oldValue !== null) before = map(oldValue, key);
      if (isNothingLeftOut && after === null && before === null) return;
    }
    this.#store?.put(key, after, timestamp);
    this.next.process(key, new Change(after, before), timestamp);
  }
}

/** The updates of a table as records: the new value, null for a row that was taken away. */
export class TableToStream<K, V> extends Operator<K, Change<V>> {
  process(key: K, { newValue }: Change<V>, timestamp: number): void {
    this.next.process(key, newValue, timestamp);
  }
}
