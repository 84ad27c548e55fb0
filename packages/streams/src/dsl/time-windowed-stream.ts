import type { Aggregator, Initializer } from '../operators/stream-aggregate.ts';
import type { TableTraits } from '../operators/table-source.ts';
import { WindowAggregate } from '../operators/window-aggregate.ts';
import { longSerde } from '../serdes/basic-serdes.ts';
import type { Serde } from '../serdes/serde.ts';
import { timeWindowedSerde } from '../serdes/windowed-serdes.ts';
import type { Windowed } from '../stores/window-store.ts';
import { countOneMore, type KGroupedStream } from './kgrouped-stream.ts';
import { KTable } from './ktable.ts';
import { defaultValueSerde, type Materialized } from './options.ts';
import { windowStore } from './stores.ts';
import type { TopologyWriter } from './topology-writer.ts';
import type { TimeWindows } from './windows.ts';

/** Records that are put together by their key and window. */
export class TimeWindowedStream<K, V> {
  readonly #writer: TopologyWriter;
  readonly #grouped: KGroupedStream<K, V>;
  readonly #windows: TimeWindows;

  constructor(writer: TopologyWriter, grouped: KGroupedStream<K, V>, windows: TimeWindows) {
    this.#writer = writer;
    this.#grouped = grouped;
    this.#windows = windows;
  }

  count(materialized: Materialized<K, number> = {}): KTable<Windowed<K>, number> {
    return this.aggregate(() => 0, countOneMore, { value: longSerde, ...materialized });
  }

  reduce(reduce: (result: V, value: V, key: K) => V, materialized: Materialized<K, V> = {}): KTable<Windowed<K>, V> {
    const first = () => null as V;
    const aggregate: Aggregator<K, V, V> = (result, value, key) =>
      result === null ? value : reduce(result, value, key);
    return this.aggregate(first, aggregate, { value: this.#grouped.stream.valueSerde, ...materialized });
  }

  aggregate<A>(
    initialize: Initializer<A>,
    aggregate: Aggregator<K, V, A>,
    materialized: Materialized<K, A> = {},
  ): KTable<Windowed<K>, A> {
    const writer = this.#writer;
    const windows = this.#windows;
    const { isLogged = true, key, name, value } = materialized;
    const storeName = materialized.store ?? writer.newName('KSTREAM-AGGREGATE-STATE-STORE-');
    const stream = this.#grouped.partitioned(storeName);
    const keySerde = key ?? stream.keySerde;
    const valueSerde = value ?? (defaultValueSerde as Serde<A>);
    const retentionMs = materialized.retentionMs ?? windows.sizeMs + windows.graceMs;
    writer.topology.addStateStore(
      windowStore({ name: storeName, keySerde, valueSerde, retentionMs, ...(isLogged ? {} : { changelog: null }) }),
    );
    const traits: TableTraits = { isOldValueSent: false };
    const node = writer.processor(
      'KSTREAM-AGGREGATE-',
      [stream.place.node],
      () => new WindowAggregate<K, V, A>({ storeName, windows, initialize, aggregate, traits }),
      { name, stores: [storeName] },
    );
    return new KTable<Windowed<K>, A>(writer, {
      node,
      keySerde: timeWindowedSerde(keySerde, windows.sizeMs),
      valueSerde,
      sources: stream.place.sources,
      traits,
      store: storeName,
    });
  }
}
