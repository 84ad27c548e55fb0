import { type AsyncValueMapper, MapValuesAsync } from '../operators/map-values-async.ts';
import {
  Branch,
  Filter,
  FlatMap,
  FlatMapValues,
  type KeyValueMapper,
  MapRecords,
  MapValues,
  PassThrough,
  Peek,
  type Predicate,
  SelectKey,
  type ValueMapper,
} from '../operators/stateless.ts';
import { StreamTableJoin, type ValueJoiner } from '../operators/stream-table-join.ts';
import { TableSource, type TableTraits } from '../operators/table-source.ts';
import { storeView } from '../operators/table-view.ts';
import { type FixedKeyProcessor, fixedKeyOperator } from '../processor/fixed-key-processor.ts';
import type { Operator } from '../processor/operator.ts';
import { type Processor, ProcessorOperator } from '../processor/processor.ts';
import type { RecordContext } from '../processor/record-context.ts';
import type { Serde } from '../serdes/serde.ts';
import { StreamsError } from '../streams-error.ts';
import type { StreamPartitioner } from '../topology/node-spec.ts';
import type { GlobalTable } from './global-table.ts';
import { KeptRows } from './kept-rows.ts';
import { KGroupedStream } from './kgrouped-stream.ts';
import { KTable } from './ktable.ts';
import {
  type AsyncOptions,
  defaultKeySerde,
  defaultValueSerde,
  type Grouped,
  type Materialized,
  type Named,
  type OperatorOptions,
  type Produced,
  type Repartitioned,
  type StreamJoined,
} from './options.ts';
import { ttlOf } from './row-ttl-option.ts';
import { keyValueStore } from './stores.ts';
import { writeStreamJoin } from './stream-join.ts';
import type { TopologyWriter } from './topology-writer.ts';
import type { JoinWindows } from './windows.ts';

/** Where a stream is in the topology. */
export interface StreamPlace<K, V> {
  readonly node: string;
  /** Null when it is not known any more: a key or value was made that nobody gave a serde for. */
  readonly keySerde: Serde<K> | null;
  readonly valueSerde: Serde<V> | null;
  /** The sources that it comes from: what it is joined with has as many partitions. */
  readonly sources: readonly string[];
  /** The key is another than the one that the partition was chosen by. */
  readonly isKeyChanged: boolean;
}

/** Records one after the other. Each method gives a new stream; none changes the one that it is called on. */
export class KStream<K, V> {
  readonly place: StreamPlace<K, V>;
  readonly #writer: TopologyWriter;
  /** Behind the repartition topic that all joins of this stream share. */
  #forJoins: KStream<K, V> | null = null;

  constructor(writer: TopologyWriter, place: StreamPlace<K, V>) {
    this.#writer = writer;
    this.place = place;
  }

  filter<VOut extends V>(isWanted: (value: V, key: K) => value is VOut, named?: Named): KStream<K, VOut>;
  filter(isWanted: Predicate<K, V>, named?: Named): KStream<K, V>;
  filter(isWanted: Predicate<K, V>, { name }: Named = {}): KStream<K, V> {
    return this.#then('KSTREAM-FILTER-', () => new Filter(isWanted), name);
  }

  filterNot(isUnwanted: Predicate<K, V>, { name }: Named = {}): KStream<K, V> {
    return this.#then('KSTREAM-FILTER-', () => new Filter<K, V>((value, key) => !isUnwanted(value, key)), name);
  }

  mapValues<VOut>(map: ValueMapper<K, V, VOut>, { name }: Named = {}): KStream<K, VOut> {
    return this.#then<K, VOut>('KSTREAM-MAPVALUES-', () => new MapValues(map), name, { valueSerde: null });
  }

  /**
   * The value that something outside answers with: a service, a database. Several calls are under way at once; results are in the order of
   * the partition's records unless `ordered` is false. A commit waits for the calls that have begun, so nothing is lost or, exactly-once,
   * written twice; a call itself may be made again after a failure. What it rejects with is an error of processing at its record.
   *
   * @example
   * orders.mapValuesAsync((order, id, { signal }) => fetch(`${url}/${id}`, { signal }).then((answer) => answer.json()), { concurrency: 20 });
   * @throws StreamsError HW_STREAMS_BAD_OPTION
   */
  mapValuesAsync<VOut>(map: AsyncValueMapper<K, V, VOut>, options: AsyncOptions = {}): KStream<K, VOut> {
    const { concurrency = 100, name, ordered: isOrdered = true, timeoutMs = 30_000 } = options;
    if (!Number.isSafeInteger(concurrency) || concurrency < 1 || !(timeoutMs >= 1 && timeoutMs <= 0x7fff_ffff)) {
      const message = 'mapValuesAsync: concurrency is a whole number from 1, timeoutMs one from 1 to 2147483647';
      throw new StreamsError('HW_STREAMS_BAD_OPTION', message);
    }
    const limits = { concurrency, timeoutMs, isOrdered };
    return this.#then<K, VOut>('KSTREAM-MAPVALUES-ASYNC-', () => new MapValuesAsync(map, limits), name, {
      valueSerde: null,
    });
  }

  /** `[key, value]` of each record. */
  map<KOut, VOut>(map: KeyValueMapper<K, V, KOut, VOut>, { name }: Named = {}): KStream<KOut, VOut> {
    return this.#then<KOut, VOut>('KSTREAM-MAP-', () => new MapRecords(map), name, newKey);
  }

  selectKey<KOut>(select: ValueMapper<K, V, KOut>, { name }: Named = {}): KStream<KOut, V> {
    return this.#then<KOut, V>('KSTREAM-KEY-SELECT-', () => new SelectKey(select), name, {
      keySerde: null,
      isKeyChanged: true,
    });
  }

  flatMapValues<VOut>(map: ValueMapper<K, V, Iterable<VOut>>, { name }: Named = {}): KStream<K, VOut> {
    return this.#then<K, VOut>('KSTREAM-FLATMAPVALUES-', () => new FlatMapValues(map), name, { valueSerde: null });
  }

  flatMap<KOut, VOut>(
    map: ValueMapper<K, V, Iterable<readonly [KOut, VOut]>>,
    { name }: Named = {},
  ): KStream<KOut, VOut> {
    return this.#then<KOut, VOut>('KSTREAM-FLATMAP-', () => new FlatMap(map), name, newKey);
  }

  peek(look: (value: V, key: K) => void, { name }: Named = {}): KStream<K, V> {
    return this.#then('KSTREAM-PEEK-', () => new Peek(look), name);
  }

  forEach(look: (value: V, key: K) => void, { name }: Named = {}): void {
    this.#then('KSTREAM-FOREACH-', () => new Peek(look), name);
  }

  /** One stream for each predicate: a record goes to the first that holds. `() => true` takes the rest. */
  branch(...predicates: Predicate<K, V>[]): KStream<K, V>[] {
    const branch = this.#then('KSTREAM-BRANCH-', () => new Branch(predicates), undefined);
    const { topology } = this.#writer;
    return predicates.map((_, index) => {
      // A number is used up for each, as there.
      this.#writer.newName('KSTREAM-BRANCHCHILD-');
      const node = `${branch.place.node}${index + 1}`;
      topology.addProcessor({ name: node, parents: [branch.place.node], create: () => new PassThrough() as Operator });
      return new KStream(this.#writer, { ...this.place, node });
    });
  }

  /** The records of both, in no order in particular. */
  merge(other: KStream<K, V>, { name }: Named = {}): KStream<K, V> {
    const node = this.#writer.processor(
      'KSTREAM-MERGE-',
      [this.place.node, other.place.node],
      () => new PassThrough(),
      { name },
    );
    return new KStream(this.#writer, {
      node,
      keySerde: this.place.keySerde,
      valueSerde: this.place.valueSerde,
      sources: [...this.place.sources, ...other.place.sources],
      isKeyChanged: this.place.isKeyChanged || other.place.isKeyChanged,
    });
  }

  /** The serdes of what follows, where they are not those that the stream was read by. */
  withSerdes({ key, value }: { key?: Serde<K>; value?: Serde<V> }): KStream<K, V> {
    const { keySerde, valueSerde } = this.place;
    return new KStream(this.#writer, { ...this.place, keySerde: key ?? keySerde, valueSerde: value ?? valueSerde });
  }

  /** Through a topic that brings each record to the partition of its key. */
  repartition({ key, name, partitions, value }: Repartitioned<K, V> = {}): KStream<K, V> {
    return this.withSerdes({ ...(key && { key }), ...(value && { value }) }).repartitionedAs(
      name ?? this.#writer.newName('KSTREAM-REPARTITION-'),
      partitions ?? null,
    );
  }

  /** A step of one's own; see `Processor`. */
  process<KOut, VOut>(
    create: () => Processor<K, V, KOut, VOut>,
    { name, stores = [] }: Named & { stores?: readonly string[] } = {},
  ): KStream<KOut, VOut> {
    const node = this.#writer.processor(
      'KSTREAM-PROCESSOR-',
      [this.place.node],
      () => new ProcessorOperator(create()),
      { name, stores },
    );
    return new KStream<KOut, VOut>(this.#writer, {
      ...this.place,
      node,
      keySerde: null,
      valueSerde: null,
      isKeyChanged: true,
    });
  }

  /**
   * A step of one's own that allocates nothing for a record: see `Operator`. Records go on with the key that the partition was chosen by,
   * unless `isKeyChanged` says otherwise.
   *
   * @example lines.through(() => new UpperCase(), { value: serdes.string })
   */
  through<KOut = K, VOut = V>(
    create: () => Operator<K, V>,
    { isKeyChanged = false, key, name, stores = [], value }: OperatorOptions<KOut, VOut> = {},
  ): KStream<KOut, VOut> {
    const node = this.#writer.processor('KSTREAM-PROCESSOR-', [this.place.node], create as () => Operator, {
      name,
      stores,
    });
    return new KStream<KOut, VOut>(this.#writer, {
      node,
      keySerde: key ?? (isKeyChanged ? null : (this.place.keySerde as unknown as Serde<KOut> | null)),
      valueSerde: value ?? null,
      sources: this.place.sources,
      isKeyChanged: this.place.isKeyChanged || isKeyChanged,
    });
  }

  /** A step of one's own that keeps the key, so that nothing has to go through a repartition topic after it; see `FixedKeyProcessor`. */
  processValues<VOut>(
    create: () => FixedKeyProcessor<K, V, VOut>,
    { name, stores = [] }: Named & { stores?: readonly string[] } = {},
  ): KStream<K, VOut> {
    const node = this.#writer.processor('KSTREAM-PROCESSVALUES-', [this.place.node], () => fixedKeyOperator(create()), {
      name,
      stores,
    });
    return new KStream<K, VOut>(this.#writer, { ...this.place, node, valueSerde: null });
  }

  /** Writes the records to a topic, which is there already; a function chooses it for each record. */
  to(topic: string | ((key: K, value: V, record: RecordContext) => string), produced: Produced<K, V> = {}): void {
    this.#writer.topology.addSink({
      name: this.#writer.nameOr(produced.name, 'KSTREAM-SINK-'),
      parents: [this.place.node],
      topic: topic as string | ((key: unknown, value: unknown, record: RecordContext) => string),
      keySerde: (produced.key ?? this.keySerde) as Serde<unknown>,
      valueSerde: (produced.value ?? this.valueSerde) as Serde<unknown>,
      partitioner: (produced.partitioner ?? null) as StreamPartitioner | null,
    });
  }

  groupByKey({ key, name, value }: Grouped<K, V> = {}): KGroupedStream<K, V> {
    return new KGroupedStream(this.#writer, this.withSerdes({ ...(key && { key }), ...(value && { value }) }), name);
  }

  groupBy<KOut>(select: ValueMapper<K, V, KOut>, { key, name, value }: Grouped<KOut, V> = {}): KGroupedStream<KOut, V> {
    const selected = this.selectKey(select, { ...(name !== undefined && { name }) }).withSerdes({
      ...(key && { key }),
      ...(value && { value }),
    });
    return new KGroupedStream(this.#writer, selected, name);
  }

  /** The last value of each key. */
  toTable({ isLogged = true, key, name, storage, store, ttlMs, value }: Materialized<K, V> = {}): KTable<K, V> {
    const writer = this.#writer;
    const typed = this.withSerdes({ ...(key && { key }), ...(value && { value }) });
    const node = writer.nameOr(name, 'KSTREAM-TOTABLE-');
    const storeName = store ?? writer.newName('KSTREAM-TOTABLE-STATE-STORE-');
    const ready = typed.place.isKeyChanged ? typed.repartitionedAs(node, null) : typed;
    const { keySerde, valueSerde } = ready;
    const changelog = isLogged ? {} : { changelog: null };
    const spec = keyValueStore({ name: storeName, keySerde, valueSerde, storage, ...changelog });
    const rows = new KeptRows(writer, node, spec);
    const traits: TableTraits = { isOldValueSent: false, isKeptForOthers: store === undefined };
    const ttl = ttlOf(ttlMs, keySerde);
    const create = () => new TableSource<K, V>(rows.store, traits, ttl);
    writer.topology.addProcessor({ name: node, parents: [ready.place.node], create });
    if (store !== undefined || ttl !== null) rows.keep();
    const { sources } = ready.place;
    return new KTable<K, V>(writer, { node, keySerde, valueSerde, sources, traits, store: store ?? null, rows });
  }

  /** Each record with the row of its key; without one it is left out. */
  join<VTable, VOut>(
    table: KTable<K, VTable>,
    joiner: ValueJoiner<K, V, VTable, VOut>,
    named?: Named,
  ): KStream<K, VOut>;
  /** Each pair of records of a key whose times lie near enough to each other. */
  join<VOther, VOut>(
    other: KStream<K, VOther>,
    joiner: ValueJoiner<K, V, VOther, VOut>,
    windows: JoinWindows,
    joined?: StreamJoined<K, V, VOther>,
  ): KStream<K, VOut>;
  join<VOther, VOut>(
    other: KTable<K, VOther> | KStream<K, VOther>,
    joiner: ValueJoiner<K, V, VOther, VOut>,
    how: Named | JoinWindows = {},
    joined: StreamJoined<K, V, VOther> = {},
  ): KStream<K, VOut> {
    const either = joiner as ValueJoiner<K, V | null, VOther | null, VOut>;
    if (other instanceof KStream) return this.#joinStream(other, either, how as JoinWindows, joined, false, false);
    return this.#joinTable(other, either, false, how as Named);
  }

  /** Each record with the row of its key, or null. */
  leftJoin<VTable, VOut>(
    table: KTable<K, VTable>,
    joiner: ValueJoiner<K, V, VTable | null, VOut>,
    named?: Named,
  ): KStream<K, VOut>;
  /** As `join`; and each record that found no partner, with null, once its window has closed. */
  leftJoin<VOther, VOut>(
    other: KStream<K, VOther>,
    joiner: ValueJoiner<K, V, VOther | null, VOut>,
    windows: JoinWindows,
    joined?: StreamJoined<K, V, VOther>,
  ): KStream<K, VOut>;
  leftJoin<VOther, VOut>(
    other: KTable<K, VOther> | KStream<K, VOther>,
    joiner: ValueJoiner<K, V, VOther | null, VOut>,
    how: Named | JoinWindows = {},
    joined: StreamJoined<K, V, VOther> = {},
  ): KStream<K, VOut> {
    const either = joiner as ValueJoiner<K, V | null, VOther | null, VOut>;
    if (other instanceof KStream) return this.#joinStream(other, either, how as JoinWindows, joined, true, false);
    return this.#joinTable(other, either, true, how as Named);
  }

  /** As `leftJoin`, for the records of both. */
  outerJoin<VOther, VOut>(
    other: KStream<K, VOther>,
    joiner: ValueJoiner<K, V | null, VOther | null, VOut>,
    windows: JoinWindows,
    joined: StreamJoined<K, V, VOther> = {},
  ): KStream<K, VOut> {
    return this.#joinStream(other, joiner, windows, joined, true, true);
  }

  /** Each record with the row of a table that every instance has, found by a key of the caller's choice. */
  joinGlobal<KTab, VTable, VOut>(
    table: GlobalTable<KTab, VTable>,
    select: ValueMapper<K, V, KTab>,
    joiner: ValueJoiner<K, V, VTable, VOut>,
    named?: Named,
  ): KStream<K, VOut> {
    return this.#joinGlobal(table, select, joiner as ValueJoiner<K, V, VTable | null, VOut>, false, named);
  }

  leftJoinGlobal<KTab, VTable, VOut>(
    table: GlobalTable<KTab, VTable>,
    select: ValueMapper<K, V, KTab>,
    joiner: ValueJoiner<K, V, VTable | null, VOut>,
    named?: Named,
  ): KStream<K, VOut> {
    return this.#joinGlobal(table, select, joiner, true, named);
  }

  // --- for the other parts of the DSL ---------------------------------------------------------------------------------

  get keySerde(): Serde<K> {
    return this.place.keySerde ?? (defaultKeySerde as Serde<K>);
  }

  get valueSerde(): Serde<V> {
    return this.place.valueSerde ?? (defaultValueSerde as Serde<V>);
  }

  /** This stream behind a repartition topic of the given name. */
  repartitionedAs(name: string, partitions: number | null): KStream<K, V> {
    const { keySerde, valueSerde } = this;
    const serdes = { keySerde: keySerde as Serde<unknown>, valueSerde: valueSerde as Serde<unknown> };
    const source = this.#writer.repartition(name, this.place.node, serdes, partitions);
    return new KStream(this.#writer, { node: source, keySerde, valueSerde, sources: [source], isKeyChanged: false });
  }

  /** This stream, by way of a topic if its key was changed: one that is named after the node where it was, unless it is given a name. */
  partitionedForJoin(name: string | undefined, serdes: { key?: Serde<K>; value?: Serde<V> } = {}): KStream<K, V> {
    if (!this.place.isKeyChanged) return this.withSerdes(serdes);
    if (name !== undefined) return this.withSerdes(serdes).repartitionedAs(name, null);
    if (this.#forJoins === null) this.#forJoins = this.withSerdes(serdes).repartitionedAs(this.place.node, null);
    else this.#writer.skipRepartition();
    return this.#forJoins;
  }

  #joinStream<VOther, VOut>(
    other: KStream<K, VOther>,
    joiner: ValueJoiner<K, V | null, VOther | null, VOut>,
    windows: JoinWindows,
    options: StreamJoined<K, V, VOther>,
    isLeftOuter: boolean,
    isRightOuter: boolean,
  ): KStream<K, VOut> {
    const { key, name, otherValue, value } = options;
    const side = (suffix: string) => (name === undefined ? undefined : name + suffix);
    const left = this.partitionedForJoin(side('-left'), { ...(key && { key }), ...(value && { value }) });
    const right = other.partitionedForJoin(side('-right'), {
      ...(key && { key }),
      ...(otherValue && { value: otherValue }),
    });
    const sources = [...new Set([...left.place.sources, ...right.place.sources])];
    this.#writer.topology.coPartition(sources);
    const node = writeStreamJoin(this.#writer, {
      leftNode: left.place.node,
      rightNode: right.place.node,
      keySerde: left.keySerde,
      leftSerde: left.valueSerde,
      rightSerde: right.valueSerde,
      windows,
      joiner,
      isLeftOuter,
      isRightOuter,
      options,
    });
    if (isLeftOuter || isRightOuter) this.#writer.noteKeylessJoin(node);
    const { keySerde } = left.place;
    return new KStream<K, VOut>(this.#writer, { node, keySerde, valueSerde: null, sources, isKeyChanged: false });
  }

  #joinTable<VTable, VOut>(
    table: KTable<K, VTable>,
    joiner: ValueJoiner<K, V, VTable | null, VOut>,
    isLeft: boolean,
    { name }: Named = {},
  ): KStream<K, VOut> {
    const left = this.partitionedForJoin(name);
    const view = table.view();
    const node = this.#writer.processor(
      isLeft ? 'KSTREAM-LEFTJOIN-' : 'KSTREAM-JOIN-',
      [left.place.node],
      () => new StreamTableJoin(view.create(), joiner, null, isLeft),
      { name, stores: view.stores },
    );
    if (isLeft) this.#writer.noteKeylessJoin(node);
    const sources = [...left.place.sources, ...table.place.sources];
    this.#writer.topology.coPartition(sources);
    return new KStream<K, VOut>(this.#writer, { ...left.place, node, valueSerde: null, sources });
  }

  #joinGlobal<KTab, VTable, VOut>(
    table: GlobalTable<KTab, VTable>,
    select: ValueMapper<K, V, KTab>,
    joiner: ValueJoiner<K, V, VTable | null, VOut>,
    isLeft: boolean,
    { name }: Named = {},
  ): KStream<K, VOut> {
    const joined = this.#then<K, VOut>(
      // Kafka Streams calls both so.
      'KSTREAM-LEFTJOIN-',
      () => new StreamTableJoin(storeView<KTab, VTable>(table.store), joiner, select, isLeft),
      name,
      { valueSerde: null },
    );
    if (isLeft) this.#writer.noteKeylessJoin(joined.place.node);
    return joined;
  }

  #then<KOut = K, VOut = V>(
    prefix: string,
    create: () => Operator,
    name: string | undefined,
    change: Partial<StreamPlace<KOut, VOut>> = {},
  ): KStream<KOut, VOut> {
    const node = this.#writer.processor(prefix, [this.place.node], create as () => Operator, { name });
    const before = this.place as unknown as StreamPlace<KOut, VOut>;
    return new KStream<KOut, VOut>(this.#writer, { ...before, node, ...change });
  }
}

const newKey = { keySerde: null, valueSerde: null, isKeyChanged: true };
