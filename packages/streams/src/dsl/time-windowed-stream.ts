import type { Aggregator, Initializer } from '../operators/stream-aggregate.ts';
import { longSerde } from '../serdes/basic-serdes.ts';
import type { Windowed } from '../stores/window-store.ts';
import { countOneMore, type KGroupedStream, reducer } from './kgrouped-stream.ts';
import type { KTable } from './ktable.ts';
import type { Materialized } from './options.ts';
import type { EmitStrategy, SlidingWindows, TimeWindows } from './windows.ts';

/** Records that are put together by their key and tumbling, hopping or sliding window. */
export class TimeWindowedStream<K, V> {
  readonly #grouped: KGroupedStream<K, V>;
  readonly #windows: TimeWindows | SlidingWindows;
  readonly #emit: EmitStrategy;

  constructor(grouped: KGroupedStream<K, V>, windows: TimeWindows | SlidingWindows, emit: EmitStrategy) {
    this.#grouped = grouped;
    this.#windows = windows;
    this.#emit = emit;
  }

  count(materialized?: Materialized<K, number>): KTable<Windowed<K>, number> {
    // Kafka Streams does not use up that name for sliding windows.
    if (this.#windows.kind === 'time') this.#grouped.skipNameOfCount(materialized);
    return this.aggregate(() => 0, countOneMore, { value: longSerde, ...materialized });
  }

  reduce(reduce: (result: V, value: V, key: K) => V, materialized: Materialized<K, V> = {}): KTable<Windowed<K>, V> {
    return this.#aggregate('KSTREAM-REDUCE-', () => null as V, reducer(reduce), {
      value: this.#grouped.stream.valueSerde,
      ...materialized,
    });
  }

  aggregate<A>(
    initialize: Initializer<A>,
    aggregate: Aggregator<K, V, A>,
    materialized: Materialized<K, A> = {},
  ): KTable<Windowed<K>, A> {
    return this.#aggregate('KSTREAM-AGGREGATE-', initialize, aggregate, materialized);
  }

  #aggregate<A>(
    prefix: string,
    initialize: Initializer<A>,
    aggregate: Aggregator<K, V, A>,
    materialized: Materialized<K, A>,
  ): KTable<Windowed<K>, A> {
    const how = { windows: this.#windows, emit: this.#emit, merge: null };
    return this.#grouped.windowedAggregate(prefix, how, initialize, aggregate, materialized);
  }
}
