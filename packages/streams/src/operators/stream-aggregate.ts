import { Change } from '../processor/change.ts';
import { Operator } from '../processor/operator.ts';
import type { TaskContext } from '../processor/task-context.ts';
import type { KeyValueEntry, KeyValueStore } from '../stores/key-value-store.ts';
import { RowTtl, type RowTtlSpec } from './row-ttl.ts';
import type { TableTraits } from './table-source.ts';

export type Initializer<A> = () => A;
/** Makes the next aggregate of the last one; must not change what it was given. */
export type Aggregator<K, V, A> = (aggregate: A, value: V, key: K) => A;

/** One aggregate for each key. Records without key or value are left out and counted. */
export class StreamAggregate<K, V, A> extends Operator<K, V | null> {
  readonly #storeName: string;
  readonly #initialize: Initializer<A>;
  readonly #aggregate: Aggregator<K, V, A>;
  readonly #traits: TableTraits;
  readonly #ttl: RowTtl<K, A> | null;
  #store!: KeyValueStore<K, A>;

  constructor(
    storeName: string,
    initialize: Initializer<A>,
    aggregate: Aggregator<K, V, A>,
    traits: TableTraits,
    ttl: RowTtlSpec | null = null,
  ) {
    super();
    this.#ttl = ttl === null ? null : new RowTtl<K, A>(ttl);
    this.#storeName = storeName;
    this.#initialize = initialize;
    this.#aggregate = aggregate;
    this.#traits = traits;
  }

  override init(context: TaskContext): void {
    super.init(context);
    this.#store = context.store<KeyValueStore<K, A>>(this.#storeName);
    if (!context.isEachUpdateSent) this.#store.trackUpdates(context.record);
    this.#ttl?.init(context, this.#store);
  }

  process(key: K, value: V | null, timestamp: number): void {
    if (key === null || value === null) {
      this.context.metrics.recordsSkipped++;
      return;
    }
    this.#ttl?.advance(timestamp, this.#expire);
    const row = this.#store.getEntry(key);
    const before = row === null ? null : row.value;
    const newest = row === null ? timestamp : Math.max(row.timestamp, timestamp);
    // Told of each update, those downstream hear of what was there at first as the value before, as in Kafka Streams.
    const start = before ?? this.#initialize();
    const after = this.#aggregate(start, value, key);
    this.#ttl?.writing(key, newest, row);
    this.#store.put(key, after, newest);
    if (this.context.isEachUpdateSent) {
      this.next.process(key, new Change(after, this.#traits.isOldValueSent ? start : null), newest);
    }
  }

  readonly #expire = ({ key, value }: KeyValueEntry<K, A>, atMs: number): void => {
    this.#store.put(key, null, atMs);
    if (!this.context.isEachUpdateSent) return;
    this.next.process(key, new Change<A>(null, this.#traits.isOldValueSent ? value : null), atMs);
  };

  override close(): void {
    this.#ttl?.close();
    super.close();
  }

  override flush(): void {
    this.#ttl?.flush(this.#expire);
    if (this.context.isEachUpdateSent) return;
    const { isOldValueSent } = this.#traits;
    this.#store.takeUpdates((key, value, before, timestamp) => {
      this.next.process(key, new Change(value, isOldValueSent ? before : null), timestamp);
    });
  }
}
