import { Change } from '../processor/change.ts';
import { Operator } from '../processor/operator.ts';
import type { TaskContext } from '../processor/task-context.ts';
import type { Serde } from '../serdes/serde.ts';
import type { KeyValueEntry, KeyValueStore } from '../stores/key-value-store.ts';
import { stateKey } from '../stores/state-key.ts';
import { RowTtl, type RowTtlSpec } from './row-ttl.ts';
import type { Aggregator, Initializer } from './stream-aggregate.ts';
import type { TableTraits } from './table-source.ts';

/** Null, or a part of the pair that is: the row belongs to no group. */
export type GroupMapper<K, V, KOut, VOut> = (value: V, key: K) => readonly [KOut, VOut] | null;

/** Tells the group that a row was in and the one that it is in now. A row that stays in its group is one record, else the old one goes first. */
export class TableGroupMap<K, V, KOut, VOut> extends Operator<K, Change<V>> {
  readonly #select: GroupMapper<K, V, KOut, VOut>;
  readonly #keySerde: Serde<KOut>;

  constructor(select: GroupMapper<K, V, KOut, VOut>, keySerde: Serde<KOut>) {
    super();
    this.#select = select;
    this.#keySerde = keySerde;
  }

  process(key: K, { newValue, oldValue }: Change<V>, timestamp: number): void {
    const after = this.#pair(key, newValue);
    const before = this.#pair(key, oldValue);
    if (before !== null && after !== null && this.#isSame(before[0], after[0])) {
      this.next.process(after[0], new Change(after[1], before[1]), timestamp);
      return;
    }
    if (before !== null) this.next.process(before[0], new Change(null, before[1]), timestamp);
    if (after !== null) this.next.process(after[0], new Change(after[1], null), timestamp);
  }

  #pair(key: K, value: V | null): readonly [KOut, VOut] | null {
    if (value === null) return null;
    const pair = this.#select(value, key);
    return pair === null || (pair[0] ?? null) === null || (pair[1] ?? null) === null ? null : pair;
  }

  #isSame(one: KOut, other: KOut): boolean {
    return one === other || stateKey(one, this.#keySerde, '') === stateKey(other, this.#keySerde, '');
  }
}

export interface TableAggregateOptions<K, V, A> {
  readonly storeName: string;
  readonly initialize: Initializer<A>;
  readonly add: Aggregator<K, V, A>;
  readonly subtract: Aggregator<K, V, A>;
  readonly traits: TableTraits;
  readonly ttl: RowTtlSpec | null;
}

/** One aggregate for each group of a table's rows: what a row was is subtracted, what it is now is added. */
export class TableAggregate<K, V, A> extends Operator<K, Change<V>> {
  readonly #options: TableAggregateOptions<K, V, A>;
  readonly #ttl: RowTtl<K, A> | null;
  #store!: KeyValueStore<K, A>;

  constructor(options: TableAggregateOptions<K, V, A>) {
    super();
    this.#ttl = options.ttl === null ? null : new RowTtl<K, A>(options.ttl);
    this.#options = options;
  }

  override init(context: TaskContext): void {
    super.init(context);
    this.#store = context.store<KeyValueStore<K, A>>(this.#options.storeName);
    if (!context.isEachUpdateSent) this.#store.trackUpdates(context.record);
    this.#ttl?.init(context, this.#store);
  }

  process(key: K, { newValue, oldValue }: Change<V>, timestamp: number): void {
    const { add, initialize, subtract, traits } = this.#options;
    this.#ttl?.advance(timestamp, this.#expire);
    const row = this.#store.getEntry(key);
    const before = row === null ? null : row.value;
    const isTouched = newValue !== null || oldValue !== null;
    const newest = row !== null && isTouched ? Math.max(timestamp, row.timestamp) : timestamp;
    let after = oldValue !== null && before !== null ? subtract(before, oldValue, key) : before;
    if (newValue !== null) after = add(after ?? initialize(), newValue, key);
    if (after !== null) this.#ttl?.writing(key, newest, row);
    this.#store.put(key, after, newest);
    if (!this.context.isEachUpdateSent) return;
    this.next.process(key, new Change(after, traits.isOldValueSent ? before : null), newest);
  }

  readonly #expire = ({ key, value }: KeyValueEntry<K, A>, atMs: number): void => {
    this.#store.put(key, null, atMs);
    if (!this.context.isEachUpdateSent) return;
    this.next.process(key, new Change<A>(null, this.#options.traits.isOldValueSent ? value : null), atMs);
  };

  override close(): void {
    this.#ttl?.close();
    super.close();
  }

  override flush(): void {
    this.#ttl?.flush(this.#expire);
    if (this.context.isEachUpdateSent) return;
    const { isOldValueSent } = this.#options.traits;
    this.#store.takeUpdates((key, value, before, timestamp) => {
      this.next.process(key, new Change(value, isOldValueSent ? before : null), timestamp);
    });
  }
}
