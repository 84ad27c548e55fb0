import { Change } from '../processor/change.ts';
import { Operator } from '../processor/operator.ts';
import type { TaskContext } from '../processor/task-context.ts';
import type { KeyValueStore } from '../stores/key-value-store.ts';
import type { ValueJoiner } from './stream-table-join.ts';
import type { TableTraits } from './table-source.ts';
import type { TableView } from './table-view.ts';

/** Which tables a result needs a row of: both, the left one, or any. */
export type TableJoinKind = 'inner' | 'left' | 'outer';

export type RowJoiner<K, VLeft, VRight, VOut> = ValueJoiner<K, VLeft | null, VRight | null, VOut>;

export interface TableJoinOptions<K, VLeft, VRight, VOut> {
  readonly kind: TableJoinKind;
  readonly joiner: RowJoiner<K, VLeft, VRight, VOut>;
  /** Whose updates these are. */
  readonly isLeft: boolean;
  /** The rows of the other table. */
  readonly other: TableView<K, VLeft | VRight>;
  readonly traits: TableTraits;
}

/** One side of a join of two tables: what an update of its table makes of the joined row. */
export class TableJoin<K, VLeft, VRight, VOut> extends Operator<K, Change<VLeft | VRight>> {
  readonly #options: TableJoinOptions<K, VLeft, VRight, VOut>;

  constructor(options: TableJoinOptions<K, VLeft, VRight, VOut>) {
    super();
    this.#options = options;
  }

  override init(context: TaskContext): void {
    super.init(context);
    this.#options.other.init(context);
  }

  process(key: K, { newValue, oldValue }: Change<VLeft | VRight>, timestamp: number): void {
    if (key === null) {
      this.context.metrics.recordsSkipped++;
      return;
    }
    const { isLeft, kind, other, traits } = this.#options;
    const row = other.get(key);
    const isOtherNeeded = kind === 'inner' || (kind === 'left' && !isLeft);
    if (row === null && (isOtherNeeded || (newValue === null && oldValue === null))) return;
    const value = row === null ? null : row.value;
    const after = this.#join(newValue, value, key);
    const before = traits.isOldValueSent ? this.#join(oldValue, value, key) : null;
    this.next.process(key, new Change(after, before), row === null ? timestamp : Math.max(timestamp, row.timestamp));
  }

  #join(own: VLeft | VRight | null, other: VLeft | VRight | null, key: K): VOut | null {
    const { isLeft, joiner, kind } = this.#options;
    return isLeft
      ? joinRows(kind, joiner, own as VLeft | null, other as VRight | null, key)
      : joinRows(kind, joiner, other as VLeft | null, own as VRight | null, key);
  }
}

/** The joined row; null when a row that it needs is not there. */
function joinRows<K, VLeft, VRight, VOut>(
  kind: TableJoinKind,
  joiner: RowJoiner<K, VLeft, VRight, VOut>,
  left: VLeft | null,
  right: VRight | null,
  key: K,
): VOut | null {
  const isThere =
    kind === 'outer' ? left !== null || right !== null : left !== null && (kind === 'left' || right !== null);
  return isThere ? joiner(left, right, key) : null;
}

/** Both sides of a join run together here; with a store the rows are kept. */
export class MergeTables<K, V> extends Operator<K, Change<V>> {
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
    if (this.#storeName === null) return;
    this.#store = context.store<KeyValueStore<K, V>>(this.#storeName);
    if (!context.isEachUpdateSent) this.#store.trackUpdates(context.record);
  }

  process(key: K, change: Change<V>, timestamp: number): void {
    this.#store?.put(key, change.newValue, timestamp);
    if (this.#store === null || this.context.isEachUpdateSent) this.next.process(key, change, timestamp);
  }

  override flush(): void {
    if (this.#store === null || this.context.isEachUpdateSent) return;
    const { isOldValueSent } = this.#traits;
    this.#store.takeUpdates((key, value, before, timestamp) => {
      this.next.process(key, new Change(value, isOldValueSent ? before : null), timestamp);
    });
  }
}

/** The rows of a join that are not kept. */
export function joinedView<K, VLeft, VRight, VOut>(
  kind: TableJoinKind,
  joiner: RowJoiner<K, VLeft, VRight, VOut>,
  left: TableView<K, VLeft>,
  right: TableView<K, VRight>,
): TableView<K, VOut> {
  return {
    init(context) {
      left.init(context);
      right.init(context);
    },
    get(key) {
      const one = left.get(key);
      const other = right.get(key);
      const value = joinRows(kind, joiner, one?.value ?? null, other?.value ?? null, key);
      if (value === null) return null;
      return { key, value, timestamp: Math.max(one?.timestamp ?? -1, other?.timestamp ?? -1) };
    },
  };
}
