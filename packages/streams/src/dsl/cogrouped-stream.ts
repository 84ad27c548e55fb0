import type { SessionMerger } from '../operators/session-aggregate.ts';
import { PassThrough } from '../operators/stateless.ts';
import { type Aggregator, type Initializer, StreamAggregate } from '../operators/stream-aggregate.ts';
import type { TableTraits } from '../operators/table-source.ts';
import type { Operator } from '../processor/operator.ts';
import type { Serde } from '../serdes/serde.ts';
import type { Windowed } from '../stores/window-store.ts';
import type { KGroupedStream } from './kgrouped-stream.ts';
import { KTable } from './ktable.ts';
import { defaultValueSerde, type Materialized } from './options.ts';
import { refuseTtl } from './row-ttl-option.ts';
import { keyValueStore } from './stores.ts';
import type { TopologyWriter } from './topology-writer.ts';
import { type WindowedAggregation, windowedOperator, windowedStore, windowedTable } from './windowed-table.ts';
import type { SessionWindows, SlidingWindows, TimeWindows } from './windows.ts';

/** One of the streams, and how its values are added. */
interface Part<K, A> {
  readonly grouped: KGroupedStream<K, unknown>;
  readonly aggregate: Aggregator<K, unknown, A>;
}

/** Streams of several kinds that go into one result for each key (KIP-150). */
export class CogroupedStream<K, A> {
  readonly #writer: TopologyWriter;
  readonly #parts: readonly Part<K, A>[];

  constructor(writer: TopologyWriter, parts: readonly Part<K, A>[]) {
    this.#writer = writer;
    this.#parts = parts;
  }

  /** Another stream that goes into the same results. */
  cogroup<V>(grouped: KGroupedStream<K, V>, aggregate: Aggregator<K, V, A>): CogroupedStream<K, A> {
    return new CogroupedStream(this.#writer, [...this.#parts, partOf(grouped, aggregate)]);
  }

  aggregate(initialize: Initializer<A>, materialized: Materialized<K, A> = {}): KTable<K, A> {
    const { isLogged = true, key, name, storage, store, ttlMs, value } = materialized;
    refuseTtl(ttlMs, 'a cogrouped table has none');
    const writer = this.#writer;
    const storeName = store ?? writer.newName('COGROUPKSTREAM-AGGREGATE-STATE-STORE-');
    const parents = this.#partitioned(storeName);
    const keySerde = key ?? this.#parts[0]!.grouped.stream.keySerde;
    const valueSerde = value ?? (defaultValueSerde as Serde<A>);
    const changelog = isLogged ? {} : { changelog: null };
    writer.topology.addStateStore(keyValueStore({ name: storeName, keySerde, valueSerde, storage, ...changelog }));
    const traits: TableTraits = { isOldValueSent: false };
    const node = this.#merged(parents, storeName, name, (aggregate) => {
      return new StreamAggregate<K, unknown, A>(storeName, initialize, aggregate, traits);
    });
    const sources = parents.flatMap((parent) => parent.sources);
    return new KTable<K, A>(writer, { node, keySerde, valueSerde, sources, traits, store: storeName });
  }

  windowedBy(windows: SessionWindows): SessionCogroupedStream<K, A>;
  windowedBy(windows: TimeWindows | SlidingWindows): TimeCogroupedStream<K, A>;
  windowedBy(
    windows: SessionWindows | TimeWindows | SlidingWindows,
  ): SessionCogroupedStream<K, A> | TimeCogroupedStream<K, A> {
    if (windows.kind === 'session') {
      const aggregate: SessionCogroupedStream<K, A>['aggregate'] = (initialize, merge, materialized = {}) =>
        this.#windowed(windows, initialize, merge, materialized);
      return { aggregate };
    }
    const aggregate: TimeCogroupedStream<K, A>['aggregate'] = (initialize, materialized = {}) =>
      this.#windowed(windows, initialize, null, materialized);
    return { aggregate };
  }

  #windowed(
    windows: SessionWindows | TimeWindows | SlidingWindows,
    initialize: Initializer<A>,
    merge: SessionMerger<K, A> | null,
    { isLogged = true, key, name, retentionMs, storage, store, ttlMs, value }: Materialized<K, A>,
  ): KTable<Windowed<K>, A> {
    refuseTtl(ttlMs, 'a cogrouped table has none');
    const writer = this.#writer;
    const storeName = store ?? writer.newName('COGROUPKSTREAM-AGGREGATE-STATE-STORE-');
    const parents = this.#partitioned(storeName);
    const aggregation: WindowedAggregation<K, A> = {
      windows,
      emit: 'window-update',
      merge,
      storeName,
      initialize,
      keySerde: key ?? this.#parts[0]!.grouped.stream.keySerde,
      valueSerde: value ?? (defaultValueSerde as Serde<A>),
      traits: { isOldValueSent: false },
    };
    writer.topology.addStateStore(windowedStore(aggregation, { isLogged, retentionMs, storage }));
    const node = this.#merged(parents, storeName, name, (aggregate) => windowedOperator(aggregation, aggregate));
    const sources = parents.flatMap((parent) => parent.sources);
    return windowedTable(writer, node, sources, aggregation);
  }

  /** The streams by their key; all in as many partitions. */
  #partitioned(storeName: string): { node: string; sources: readonly string[] }[] {
    const places = this.#parts.map(({ grouped }) => grouped.partitioned(storeName).place);
    this.#writer.topology.coPartition(places.flatMap(({ sources }) => sources));
    return places.map(({ node, sources }) => ({ node, sources }));
  }

  /** A node for each stream, all with the same store, and one in which they come together. */
  #merged(
    parents: readonly { node: string }[],
    storeName: string,
    name: string | undefined,
    create: (aggregate: Aggregator<K, unknown, A>) => Operator,
  ): string {
    const writer = this.#writer;
    const nodes = this.#parts.map(({ aggregate }, index) =>
      writer.processor('COGROUPKSTREAM-AGGREGATE-', [parents[index]!.node], () => create(aggregate), {
        ...(name === undefined ? {} : { name: `${name}-cogroup-agg-${index}` }),
        stores: [storeName],
      }),
    );
    return writer.processor('COGROUPKSTREAM-MERGE-', nodes, () => new PassThrough(), {
      ...(name === undefined ? {} : { name: `${name}-cogroup-merge` }),
    });
  }
}

/** Streams of several kinds by key and window. */
export interface TimeCogroupedStream<K, A> {
  aggregate(initialize: Initializer<A>, materialized?: Materialized<K, A>): KTable<Windowed<K>, A>;
}

/** Streams of several kinds by key and session. */
export interface SessionCogroupedStream<K, A> {
  aggregate(
    initialize: Initializer<A>,
    merge: SessionMerger<K, A>,
    materialized?: Materialized<K, A>,
  ): KTable<Windowed<K>, A>;
}

export function partOf<K, V, A>(grouped: KGroupedStream<K, V>, aggregate: Aggregator<K, V, A>): Part<K, A> {
  // Its values come from the stream that it is put together with.
  return { grouped, aggregate } as unknown as Part<K, A>;
}
