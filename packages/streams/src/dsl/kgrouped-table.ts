import type { Aggregator, Initializer } from '../operators/stream-aggregate.ts';
import { TableAggregate } from '../operators/table-aggregate.ts';
import type { TableTraits } from '../operators/table-source.ts';
import { longSerde } from '../serdes/basic-serdes.ts';
import { changeSerde } from '../serdes/change-serde.ts';
import type { Serde } from '../serdes/serde.ts';
import { KTable } from './ktable.ts';
import { defaultValueSerde, type Materialized } from './options.ts';
import { ttlOf } from './row-ttl-option.ts';
import { keyValueStore } from './stores.ts';
import type { TopologyWriter } from './topology-writer.ts';

export interface TableGroups<K, V> {
  /** The node that tells groups of their rows. */
  readonly node: string;
  readonly keySerde: Serde<K>;
  readonly valueSerde: Serde<V>;
  /** Of the repartition topic, when it was given one. */
  readonly name: string | undefined;
}

/** Rows of a table by another key. They go through a topic that carries what a row was and what it is now. */
export class KGroupedTable<K, V> {
  readonly #writer: TopologyWriter;
  readonly #groups: TableGroups<K, V>;
  /** Behind the repartition topic, when it has a name of its own. */
  #source: string | null = null;

  constructor(writer: TopologyWriter, groups: TableGroups<K, V>) {
    this.#writer = writer;
    this.#groups = groups;
  }

  /** How many rows each group has; as numbers, in Kafka's long form. */
  count(materialized: Materialized<K, number> = {}): KTable<K, number> {
    const add = (count: number) => count + 1;
    const subtract = (count: number) => count - 1;
    return this.aggregate(() => 0, add, subtract, { value: longSerde, ...materialized });
  }

  /** `subtract` takes from the result what a row was. */
  reduce(
    add: (result: V, value: V, key: K) => V,
    subtract: (result: V, value: V, key: K) => V,
    materialized: Materialized<K, V> = {},
  ): KTable<K, V> {
    const addFirst: Aggregator<K, V, V> = (result, value, key) => (result === null ? value : add(result, value, key));
    const options = { value: this.#groups.valueSerde, ...materialized };
    return this.#aggregate('KTABLE-REDUCE-', () => null as V, addFirst, subtract, options);
  }

  /** Neither `add` nor `subtract` may change what it was given. */
  aggregate<A>(
    initialize: Initializer<A>,
    add: Aggregator<K, V, A>,
    subtract: Aggregator<K, V, A>,
    materialized: Materialized<K, A> = {},
  ): KTable<K, A> {
    return this.#aggregate('KTABLE-AGGREGATE-', initialize, add, subtract, materialized);
  }

  #aggregate<A>(
    prefix: string,
    initialize: Initializer<A>,
    add: Aggregator<K, V, A>,
    subtract: Aggregator<K, V, A>,
    { isLogged = true, key, name, storage, store, ttlMs, value }: Materialized<K, A>,
  ): KTable<K, A> {
    const writer = this.#writer;
    const storeName = store ?? writer.newName('KTABLE-AGGREGATE-STATE-STORE-');
    const sinkName = writer.newName('KSTREAM-SINK-');
    const sourceName = writer.newName('KSTREAM-SOURCE-');
    const node = writer.nameOr(name, prefix);
    const source = this.#partitioned(storeName, sinkName, sourceName);
    const keySerde = key ?? this.#groups.keySerde;
    const valueSerde = value ?? (defaultValueSerde as Serde<A>);
    const changelog = isLogged ? {} : { changelog: null };
    writer.topology.addStateStore(keyValueStore({ name: storeName, keySerde, valueSerde, storage, ...changelog }));
    const traits: TableTraits = { isOldValueSent: false };
    const ttl = ttlOf(ttlMs, keySerde);
    const create = () => new TableAggregate<K, V, A>({ storeName, initialize, add, subtract, traits, ttl });
    writer.topology.addProcessor({ name: node, parents: [source], create, stores: [storeName] });
    return new KTable<K, A>(writer, { node, keySerde, valueSerde, sources: [source], traits, store: storeName });
  }

  #partitioned(store: string, sinkName: string, sourceName: string): string {
    if (this.#source !== null) return this.#source;
    const { topology } = this.#writer;
    const { keySerde, name, node, valueSerde } = this.#groups;
    const topic = `${name ?? store}-repartition`;
    const serdes = {
      keySerde: keySerde as Serde<unknown>,
      valueSerde: changeSerde(valueSerde) as Serde<unknown>,
    };
    topology.addRepartitionTopic({ name: topic, partitions: null });
    topology.addSink({ name: sinkName, parents: [node], topic, ...serdes });
    topology.addSource({ name: sourceName, topics: [topic], ...serdes });
    if (name !== undefined) this.#source = sourceName;
    return sourceName;
  }
}
