import type { SessionMerger } from '../operators/session-aggregate.ts';
import type { Aggregator, Initializer } from '../operators/stream-aggregate.ts';
import { longSerde } from '../serdes/basic-serdes.ts';
import type { Windowed } from '../stores/window-store.ts';
import { countOneMore, type KGroupedStream, reducer } from './kgrouped-stream.ts';
import type { KTable } from './ktable.ts';
import type { Materialized } from './options.ts';
import type { EmitStrategy, SessionWindows } from './windows.ts';

/** Records that are put together by their key and session. Where sessions become one, null is sent for each that was there before. */
export class SessionWindowedStream<K, V> {
  readonly #grouped: KGroupedStream<K, V>;
  readonly #windows: SessionWindows;
  readonly #emit: EmitStrategy;

  constructor(grouped: KGroupedStream<K, V>, windows: SessionWindows, emit: EmitStrategy) {
    this.#grouped = grouped;
    this.#windows = windows;
    this.#emit = emit;
  }

  count(materialized?: Materialized<K, number>): KTable<Windowed<K>, number> {
    this.#grouped.skipNameOfCount(materialized);
    const merge = (one: number, other: number) => one + other;
    return this.aggregate(() => 0, countOneMore, merge, { value: longSerde, ...materialized });
  }

  reduce(reduce: (result: V, value: V, key: K) => V, materialized: Materialized<K, V> = {}): KTable<Windowed<K>, V> {
    const aggregate = reducer(reduce);
    return this.#aggregate('KSTREAM-REDUCE-', () => null as V, aggregate, aggregate, {
      value: this.#grouped.stream.valueSerde,
      ...materialized,
    });
  }

  /** `merge` makes one of the results of two sessions, of which the first may be what `initialize` gave. */
  aggregate<A>(
    initialize: Initializer<A>,
    aggregate: Aggregator<K, V, A>,
    merge: SessionMerger<K, A>,
    materialized: Materialized<K, A> = {},
  ): KTable<Windowed<K>, A> {
    return this.#aggregate('KSTREAM-AGGREGATE-', initialize, aggregate, merge, materialized);
  }

  #aggregate<A>(
    prefix: string,
    initialize: Initializer<A>,
    aggregate: Aggregator<K, V, A>,
    merge: SessionMerger<K, A>,
    materialized: Materialized<K, A>,
  ): KTable<Windowed<K>, A> {
    const how = { windows: this.#windows, emit: this.#emit, merge };
    return this.#grouped.windowedAggregate(prefix, how, initialize, aggregate, materialized);
  }
}
