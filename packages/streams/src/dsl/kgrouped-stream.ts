import { type Aggregator, type Initializer, StreamAggregate } from '../operators/stream-aggregate.ts';
import type { TableTraits } from '../operators/table-source.ts';
import { longSerde } from '../serdes/basic-serdes.ts';
import type { Serde } from '../serdes/serde.ts';
import type { KStream } from './kstream.ts';
import { KTable } from './ktable.ts';
import { defaultValueSerde, type Materialized } from './options.ts';
import { keyValueStore } from './stores.ts';
import { TimeWindowedStream } from './time-windowed-stream.ts';
import type { TopologyWriter } from './topology-writer.ts';
import type { TimeWindows } from './windows.ts';

/** Records that are put together by their key. */
export class KGroupedStream<K, V> {
  readonly #writer: TopologyWriter;
  readonly #stream: KStream<K, V>;
  readonly #name: string | undefined;
  /** Behind the repartition topic, once for all that is made of it. */
  #repartitioned: KStream<K, V> | null = null;

  constructor(writer: TopologyWriter, stream: KStream<K, V>, name: string | undefined) {
    this.#writer = writer;
    this.#stream = stream;
    this.#name = name;
  }

  /** How many records of each key; as numbers, in Kafka's long form. */
  count(materialized: Materialized<K, number> = {}): KTable<K, number> {
    return this.aggregate(() => 0, countOneMore, { value: longSerde, ...materialized });
  }

  /** The first value of a key as it is, then what `reduce` makes of the last result and the next value. */
  reduce(reduce: (result: V, value: V, key: K) => V, materialized: Materialized<K, V> = {}): KTable<K, V> {
    const first = () => null as V;
    const aggregate: Aggregator<K, V, V> = (result, value, key) =>
      result === null ? value : reduce(result, value, key);
    return this.aggregate(first, aggregate, { value: this.#stream.valueSerde, ...materialized });
  }

  /** `aggregate` makes the next result of the last one and the next value; it must not change what it was given. */
  aggregate<A>(
    initialize: Initializer<A>,
    aggregate: Aggregator<K, V, A>,
    materialized: Materialized<K, A> = {},
  ): KTable<K, A> {
    const writer = this.#writer;
    const { isLogged = true, key, name, value } = materialized;
    const store = materialized.store ?? writer.newName('KSTREAM-AGGREGATE-STATE-STORE-');
    const stream = this.partitioned(store);
    const keySerde = key ?? stream.keySerde;
    const valueSerde = value ?? (defaultValueSerde as Serde<A>);
    writer.topology.addStateStore(
      keyValueStore({ name: store, keySerde, valueSerde, ...(isLogged ? {} : { changelog: null }) }),
    );
    const traits: TableTraits = { isOldValueSent: false };
    const node = writer.processor(
      'KSTREAM-AGGREGATE-',
      [stream.place.node],
      () => new StreamAggregate<K, V, A>(store, initialize, aggregate, traits),
      { name, stores: [store] },
    );
    return new KTable<K, A>(writer, { node, keySerde, valueSerde, sources: stream.place.sources, traits, store });
  }

  windowedBy(windows: TimeWindows): TimeWindowedStream<K, V> {
    return new TimeWindowedStream(this.#writer, this, windows);
  }

  // --- for the other parts of the DSL ---------------------------------------------------------------------------------

  get stream(): KStream<K, V> {
    return this.#stream;
  }

  /** The stream by its key; behind a topic when the key was changed, which is named after the store unless it was given a name. */
  partitioned(store: string): KStream<K, V> {
    if (!this.#stream.place.isKeyChanged) return this.#stream;
    this.#repartitioned ??= this.#stream.repartitionedAs(this.#name ?? store, null);
    return this.#repartitioned;
  }
}

export function countOneMore(count: number): number {
  return count + 1;
}
