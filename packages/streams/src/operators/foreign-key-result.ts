import { Change } from '../processor/change.ts';
import { Operator } from '../processor/operator.ts';
import type { TaskContext } from '../processor/task-context.ts';
import { murmur3 } from '../serdes/murmur3.ts';
import type { Serde } from '../serdes/serde.ts';
import type { SubscriptionResponse } from '../serdes/subscription-serdes.ts';
import { bufferOf } from '../stores/bytes.ts';
import type { KeyValueStore } from '../stores/key-value-store.ts';
import { pseudoTopicsOf } from './foreign-key-subscriber.ts';
import type { ValueJoiner } from './stream-table-join.ts';
import type { TableTraits } from './table-source.ts';
import type { TableView } from './table-view.ts';

export interface ResolverOptions<K, V, VForeign, VOut> {
  readonly isLeft: boolean;
  readonly joiner: ValueJoiner<K, V, VForeign | null, VOut>;
  /** The rows of the left table. */
  readonly table: TableView<K, V>;
  readonly valueSerde: Serde<V>;
  /** Without the application's prefix. */
  readonly registrationTopic: string;
}

/** Joins the left row with the answer, unless the row is another by now: then the answer to that one is on its way. */
export class ForeignKeyResolver<K, V, VForeign, VOut> extends Operator<K, SubscriptionResponse<VForeign>> {
  readonly #options: ResolverOptions<K, V, VForeign, VOut>;
  #hashTopic = '';

  constructor(options: ResolverOptions<K, V, VForeign, VOut>) {
    super();
    this.#options = options;
  }

  override init(context: TaskContext): void {
    super.init(context);
    const { registrationTopic, table } = this.#options;
    table.init(context);
    this.#hashTopic = pseudoTopicsOf(context.applicationId, registrationTopic).valueHash;
  }

  process(key: K, { hash, value }: SubscriptionResponse<VForeign>, timestamp: number): void {
    const { isLeft, joiner, table, valueSerde } = this.#options;
    const row = table.get(key);
    const current = row === null ? null : murmur3(bufferOf(valueSerde.encode(row.value, this.#hashTopic)));
    if (hash !== current) {
      this.context.metrics.recordsSkipped++;
      return;
    }
    const isJoined = row !== null && (value !== null || isLeft);
    this.next.process(key, isJoined ? joiner(row.value, value, key) : null, timestamp);
  }
}

export interface ForeignKeyRowsOptions {
  /** Null: they are only handed on. */
  readonly storeName: string | null;
  readonly traits: TableTraits;
  readonly isLeft: boolean;
}

/** The rows of a foreign-key join. */
export class ForeignKeyRows<K, V> extends Operator<K, V | null> {
  readonly #options: ForeignKeyRowsOptions;
  #store: KeyValueStore<K, V> | null = null;

  constructor(options: ForeignKeyRowsOptions) {
    super();
    this.#options = options;
  }

  override init(context: TaskContext): void {
    super.init(context);
    const { storeName } = this.#options;
    if (storeName === null) return;
    this.#store = context.store<KeyValueStore<K, V>>(storeName);
    if (!context.isEachUpdateSent) this.#store.trackUpdates(context.record);
  }

  process(key: K, value: V | null, timestamp: number): void {
    if (this.#store === null) {
      this.next.process(key, new Change<V>(value, null), timestamp);
      return;
    }
    const { isLeft, traits } = this.#options;
    const before = traits.isOldValueSent || value === null ? this.#store.get(key) : null;
    // An inner join hears of rows that it has not got whenever a row of the left table has no partner.
    if (value === null && before === null && !isLeft) return;
    this.#store.put(key, value, timestamp);
    if (!this.context.isEachUpdateSent) return;
    this.next.process(key, new Change(value, traits.isOldValueSent ? before : null), timestamp);
  }

  override flush(): void {
    if (this.#store === null || this.context.isEachUpdateSent) return;
    const { isOldValueSent } = this.#options.traits;
    this.#store.takeUpdates((key, value, before, timestamp) => {
      this.next.process(key, new Change(value, isOldValueSent ? before : null), timestamp);
    });
  }
}
