import { TableSource, type TableTraits } from '../operators/table-source.ts';
import type { Serde } from '../serdes/serde.ts';
import type { StoreSpec } from '../stores/state-store.ts';
import type { TimestampExtractor } from '../topology/node-spec.ts';
import type { Topology } from '../topology/topology.ts';
import { GlobalTable } from './global-table.ts';
import { KeptRows } from './kept-rows.ts';
import { KStream } from './kstream.ts';
import { KTable } from './ktable.ts';
import { type Consumed, defaultKeySerde, defaultValueSerde, type Materialized } from './options.ts';
import { refuseTtl, ttlOf } from './row-ttl-option.ts';
import { keyValueStore } from './stores.ts';
import { TopologyWriter } from './topology-writer.ts';

/**
 * Where a topology begins.
 *
 * @example
 * const builder = new StreamsBuilder();
 * builder
 *   .stream<string, string>('lines', { value: serdes.string })
 *   .flatMapValues((line) => line.toLowerCase().split(/\W+/).filter(Boolean))
 *   .groupBy((word) => word)
 *   .count({ store: 'counts' })
 *   .toStream()
 *   .to('counts');
 * const topology = builder.build();
 */
export class StreamsBuilder {
  readonly #writer = new TopologyWriter();

  /** Records of one or several topics, or of all whose names match a pattern. */
  stream<K = string, V = unknown>(
    topics: string | readonly string[] | RegExp,
    consumed: Consumed<K, V> = {},
  ): KStream<K, V> {
    const name = this.#writer.nameOr(consumed.name, 'KSTREAM-SOURCE-');
    const { keySerde, valueSerde } = this.#addSource(name, topics, consumed);
    return new KStream<K, V>(this.#writer, { node: name, keySerde, valueSerde, sources: [name], isKeyChanged: false });
  }

  /** The last value of each key of a topic. With a store it can be queried; the topic itself is the store's changelog. */
  table<K = string, V = unknown>(topic: string, consumed: Consumed<K, V> & Materialized<K, V> = {}): KTable<K, V> {
    const writer = this.#writer;
    const store = consumed.store ?? writer.newName(`${topic}-STATE-STORE-`);
    const source = writer.newName('KSTREAM-SOURCE-');
    const { keySerde, valueSerde } = this.#addSource(source, topic, consumed);
    const name = writer.nameOr(consumed.name, 'KTABLE-SOURCE-');
    const traits: TableTraits = { isOldValueSent: false, isKeptForOthers: consumed.store === undefined };
    const { storage, ttlMs } = consumed;
    const ttl = ttlOf(ttlMs, keySerde);
    // What is taken away here is still in the topic: with a ttl the store has a changelog of its own.
    const changelog = ttl === null ? { changelog: { topic, configs: {} } } : {};
    const spec = keyValueStore({ name: store, keySerde, valueSerde, storage, ...changelog });
    const rows = new KeptRows(writer, name, spec);
    const create = () => new TableSource<K, V>(rows.store, traits, ttl);
    writer.topology.addProcessor({ name, parents: [source], create });
    if (consumed.store !== undefined || ttl !== null) rows.keep();
    const place = { node: name, keySerde, valueSerde, sources: [source], traits, store: consumed.store ?? null, rows };
    return new KTable<K, V>(writer, place);
  }

  /** A table that every instance has whole: joined without regard to partitions, by any key. */
  globalTable<K = string, V = unknown>(
    topic: string,
    consumed: Consumed<K, V> & Materialized<K, V> = {},
  ): GlobalTable<K, V> {
    const keySerde = consumed.key ?? (defaultKeySerde as Serde<K>);
    const valueSerde = consumed.value ?? (defaultValueSerde as Serde<V>);
    refuseTtl(consumed.ttlMs, 'a global table is as its topic');
    const store = consumed.store ?? this.#writer.newName(`${topic}-STATE-STORE-`);
    // The source and the processor that Kafka Streams has for it.
    const source = this.#writer.newName('KSTREAM-SOURCE-');
    const processor = this.#writer.newName('KTABLE-SOURCE-');
    this.#writer.topology.addGlobalTable({
      nodes: { source, processor },
      store,
      topic,
      keySerde: keySerde as Serde<unknown>,
      valueSerde: valueSerde as Serde<unknown>,
    });
    return new GlobalTable<K, V>(store, keySerde, valueSerde);
  }

  /** A store for `process`. */
  addStateStore(store: StoreSpec): this {
    this.#writer.topology.addStateStore(store);
    return this;
  }

  /** What was built so far. */
  build(): Topology {
    return this.#writer.topology;
  }

  #addSource<K, V>(
    name: string,
    topics: string | readonly string[] | RegExp,
    { key, offsetReset, timestamp, value }: Consumed<K, V>,
  ): { keySerde: Serde<K>; valueSerde: Serde<V> } {
    const keySerde = key ?? (defaultKeySerde as Serde<K>);
    const valueSerde = value ?? (defaultValueSerde as Serde<V>);
    this.#writer.topology.addSource({
      name,
      topics: typeof topics === 'string' ? [topics] : topics,
      keySerde: keySerde as Serde<unknown>,
      valueSerde: valueSerde as Serde<unknown>,
      timestampExtractor: (timestamp ?? null) as TimestampExtractor | null,
      offsetReset: offsetReset ?? null,
    });
    return { keySerde, valueSerde };
  }
}
