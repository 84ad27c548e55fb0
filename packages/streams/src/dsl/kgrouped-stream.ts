import { type Aggregator, type Initializer, StreamAggregate } from '../operators/stream-aggregate.ts';
import type { TableTraits } from '../operators/table-source.ts';
import { longSerde } from '../serdes/basic-serdes.ts';
import type { Serde } from '../serdes/serde.ts';
import type { Windowed } from '../stores/window-store.ts';
import { CogroupedStream } from './cogrouped-stream.ts';
import type { KStream } from './kstream.ts';
import { KTable } from './ktable.ts';
import { defaultValueSerde, type Materialized } from './options.ts';
import { refuseTtl, ttlOf } from './row-ttl-option.ts';
import { SessionWindowedStream } from './session-windowed-stream.ts';
import { keyValueStore } from './stores.ts';
import { TimeWindowedStream } from './time-windowed-stream.ts';
import type { TopologyWriter } from './topology-writer.ts';
import { type WindowedAggregation, windowedOperator, windowedStore, windowedTable } from './windowed-table.ts';
import type { SessionWindows, SlidingWindows, TimeWindows, WindowedOptions } from './windows.ts';

/** Records that are put together by their key. */
export class KGroupedStream<K, V> {
  readonly #writer: TopologyWriter;
  readonly #stream: KStream<K, V>;
  readonly #name: string | undefined;
  /** Behind the repartition topic that has a name: once for all that is made of it. */
  #repartitioned: KStream<K, V> | null = null;

  constructor(writer: TopologyWriter, stream: KStream<K, V>, name: string | undefined) {
    this.#writer = writer;
    this.#stream = stream;
    this.#name = name;
  }

  /** How many records of each key; as numbers, in Kafka's long form. */
  count(materialized?: Materialized<K, number>): KTable<K, number> {
    this.skipNameOfCount(materialized);
    return this.aggregate(() => 0, countOneMore, { value: longSerde, ...materialized });
  }

  /** The first value of a key as it is, then what `reduce` makes of the last result and the next value. */
  reduce(reduce: (result: V, value: V, key: K) => V, materialized: Materialized<K, V> = {}): KTable<K, V> {
    return this.#aggregate('KSTREAM-REDUCE-', () => null as V, reducer(reduce), {
      value: this.#stream.valueSerde,
      ...materialized,
    });
  }

  /** `aggregate` makes the next result of the last one and the next value; it must not change what it was given. */
  aggregate<A>(
    initialize: Initializer<A>,
    aggregate: Aggregator<K, V, A>,
    materialized: Materialized<K, A> = {},
  ): KTable<K, A> {
    return this.#aggregate('KSTREAM-AGGREGATE-', initialize, aggregate, materialized);
  }

  /**
   * Begins a result that streams of several kinds go into.
   *
   * @example orders.cogroup((sum: Sum, order) => add(sum, order)).cogroup(refunds, take).aggregate(() => none)
   */
  cogroup<A>(aggregate: Aggregator<K, V, A>): CogroupedStream<K, A> {
    return new CogroupedStream<K, A>(this.#writer, []).cogroup(this, aggregate);
  }

  /** @example windowedBy(session(30_000), { emit: 'window-close' }) // one result for each session, when it is over */
  windowedBy(windows: SessionWindows, options?: WindowedOptions): SessionWindowedStream<K, V>;
  windowedBy(windows: TimeWindows | SlidingWindows, options?: WindowedOptions): TimeWindowedStream<K, V>;
  windowedBy(
    windows: SessionWindows | TimeWindows | SlidingWindows,
    { emit = 'window-update' }: WindowedOptions = {},
  ): SessionWindowedStream<K, V> | TimeWindowedStream<K, V> {
    return windows.kind === 'session'
      ? new SessionWindowedStream(this, windows, emit)
      : new TimeWindowedStream(this, windows, emit);
  }

  // --- for the other parts of the DSL ---------------------------------------------------------------------------------

  get stream(): KStream<K, V> {
    return this.#stream;
  }

  /** The stream by its key; behind a topic when the key was changed, which is named after the store unless it was given a name. */
  partitioned(store: string): KStream<K, V> {
    if (!this.#stream.place.isKeyChanged) return this.#stream;
    if (this.#name === undefined) return this.#stream.repartitionedAs(store, null);
    if (this.#repartitioned === null) this.#repartitioned = this.#stream.repartitionedAs(this.#name, null);
    else this.#writer.skipRepartition();
    return this.#repartitioned;
  }

  /** Kafka Streams uses up a name in `count(materialized)` without a store's name, and keeps to it. */
  skipNameOfCount(materialized: Materialized<K, number> | undefined): void {
    if (materialized !== undefined && materialized.store === undefined)
      this.#writer.newName('KSTREAM-AGGREGATE-STATE-STORE-');
  }

  windowedAggregate<A>(
    prefix: string,
    how: Pick<WindowedAggregation<K, A>, 'windows' | 'emit' | 'merge'>,
    initialize: Initializer<A>,
    aggregate: Aggregator<K, V, A>,
    { isLogged = true, key, name, retentionMs, storage, store, ttlMs, value }: Materialized<K, A>,
  ): KTable<Windowed<K>, A> {
    refuseTtl(ttlMs, 'windows have retentionMs');
    const writer = this.#writer;
    const storeName = store ?? writer.newName(`${prefix}STATE-STORE-`);
    const node = writer.nameOr(name, prefix);
    const stream = this.partitioned(storeName);
    const aggregation: WindowedAggregation<K, A> = {
      ...how,
      storeName,
      initialize,
      keySerde: key ?? stream.keySerde,
      valueSerde: value ?? (defaultValueSerde as Serde<A>),
      traits: { isOldValueSent: false },
    };
    writer.topology.addStateStore(windowedStore(aggregation, { isLogged, retentionMs, storage }));
    const create = () => windowedOperator(aggregation, aggregate);
    writer.topology.addProcessor({ name: node, parents: [stream.place.node], create, stores: [storeName] });
    return windowedTable(writer, node, stream.place.sources, aggregation);
  }

  #aggregate<A>(
    prefix: string,
    initialize: Initializer<A>,
    aggregate: Aggregator<K, V, A>,
    { isLogged = true, key, name, storage, store, ttlMs, value }: Materialized<K, A>,
  ): KTable<K, A> {
    const writer = this.#writer;
    const storeName = store ?? writer.newName(`${prefix}STATE-STORE-`);
    const node = writer.nameOr(name, prefix);
    const stream = this.partitioned(storeName);
    const keySerde = key ?? stream.keySerde;
    const valueSerde = value ?? (defaultValueSerde as Serde<A>);
    const changelog = isLogged ? {} : { changelog: null };
    writer.topology.addStateStore(keyValueStore({ name: storeName, keySerde, valueSerde, storage, ...changelog }));
    const traits: TableTraits = { isOldValueSent: false };
    const ttl = ttlOf(ttlMs, keySerde);
    const create = () => new StreamAggregate<K, V, A>(storeName, initialize, aggregate, traits, ttl);
    writer.topology.addProcessor({ name: node, parents: [stream.place.node], create, stores: [storeName] });
    const { sources } = stream.place;
    return new KTable<K, A>(writer, { node, keySerde, valueSerde, sources, traits, store: storeName });
  }
}

export function countOneMore(count: number): number {
  return count + 1;
}

/** The first value as it is; also what makes one of two results. */
export function reducer<K, V>(reduce: (result: V, value: V, key: K) => V): Aggregator<K, V, V> {
  return (result, value, key) => (result === null ? value : reduce(result, value, key));
}
