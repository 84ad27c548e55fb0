import type { ForeignKeyOf } from '../operators/foreign-key-subscriber.ts';
import type { ValueJoiner } from '../operators/stream-table-join.ts';
import { type GroupMapper, TableGroupMap } from '../operators/table-aggregate.ts';
import type { RowJoiner, TableJoinKind } from '../operators/table-join.ts';
import { MapTable, type RowMapper, TableToStream } from '../operators/table-operators.ts';
import type { TableTraits } from '../operators/table-source.ts';
import { mappedView, storeView, type TableView } from '../operators/table-view.ts';
import { TransformValues, transformedView, type ValueTransformer } from '../operators/transform-values.ts';
import type { Change } from '../processor/change.ts';
import type { Operator } from '../processor/operator.ts';
import type { Serde } from '../serdes/serde.ts';
import type { Windowed } from '../stores/window-store.ts';
import { writeForeignKeyJoin } from './foreign-key-join.ts';
import type { KeptRows } from './kept-rows.ts';
import { KGroupedTable } from './kgrouped-table.ts';
import { KStream } from './kstream.ts';
import {
  defaultKeySerde,
  defaultValueSerde,
  type ForeignKeyJoined,
  type Grouped,
  type Materialized,
  type Named,
} from './options.ts';
import { refuseTtl } from './row-ttl-option.ts';
import { keyValueStore } from './stores.ts';
import { suppressTable } from './suppress-table.ts';
import type { UntilTimeLimit, UntilWindowCloses } from './suppressed.ts';
import { writeTableJoin } from './table-join.ts';
import type { TopologyWriter } from './topology-writer.ts';

/** Where a table is in the topology. */
export interface TablePlace<K, V> {
  readonly node: string;
  readonly keySerde: Serde<K>;
  /** Null when it is not known: a value was made that nobody gave a serde for. */
  readonly valueSerde: Serde<V> | null;
  readonly sources: readonly string[];
  readonly traits: TableTraits;
  /** Its rows are kept under this name; null when they are worked out from those of another. */
  readonly store: string | null;
  /** Where it is open yet whether they are kept. */
  readonly rows?: KeptRows;
  /** Of a windowed table: how long after its end (of a session: its last record) a window is closed, in stream time. */
  readonly closeMs?: number | undefined;
}

/** How another operator looks up rows. */
export interface TableViewSpec<K, V> {
  readonly stores: readonly string[];
  create(): TableView<K, V>;
}

/** Rows by key that change. Each method gives a new table or stream; none changes the one that it is called on. */
export class KTable<K, V> {
  readonly place: TablePlace<K, V>;
  readonly #writer: TopologyWriter;
  readonly #view: TableViewSpec<K, V> | null;
  readonly #askForOldValues: () => void;
  /** The table whose rows these are made of, one by one, without a store. */
  #before: KTable<unknown, unknown> | null = null;

  constructor(
    writer: TopologyWriter,
    place: TablePlace<K, V>,
    /** For a table without a store, or with another than one of rows by key. */
    view: TableViewSpec<K, V> | null = null,
    /** Asks the table before it. */
    askForOldValues: () => void = () => {},
  ) {
    this.#writer = writer;
    this.place = place;
    this.#view = view;
    this.#askForOldValues = askForOldValues;
  }

  filter(isWanted: (value: V, key: K) => boolean, materialized: Materialized<K, V> = {}): KTable<K, V> {
    const map: RowMapper<K, V, V> = (value, key) => (isWanted(value, key) ? value : null);
    // Where the rows are kept anyway, nothing is said of one that is left out and was left out before.
    const isKept = this.sendOldValuesIfKept();
    const table = this.#mapped('KTABLE-FILTER-', map, { value: this.valueSerde, ...materialized }, true);
    if (materialized.store === undefined) table.#before = this as unknown as KTable<unknown, unknown>;
    if (isKept) table.place.traits.isOldValueSent = true;
    return table;
  }

  filterNot(isUnwanted: (value: V, key: K) => boolean, materialized: Materialized<K, V> = {}): KTable<K, V> {
    return this.filter((value, key) => !isUnwanted(value, key), materialized);
  }

  mapValues<VOut>(map: (value: V, key: K) => VOut, materialized: Materialized<K, VOut> = {}): KTable<K, VOut> {
    const table = this.#mapped('KTABLE-MAPVALUES-', map, materialized, false);
    if (materialized.store === undefined) table.#before = this as unknown as KTable<unknown, unknown>;
    return table;
  }

  /** The rows whose keys both tables have. */
  join<VOther, VOut>(
    other: KTable<K, VOther>,
    joiner: ValueJoiner<K, V, VOther, VOut>,
    materialized: Materialized<K, VOut> = {},
  ): KTable<K, VOut> {
    return this.#joinWith('inner', other, joiner as RowJoiner<K, V, VOther, VOut>, materialized);
  }

  /** All rows of this table, with those of the other or null. */
  leftJoin<VOther, VOut>(
    other: KTable<K, VOther>,
    joiner: ValueJoiner<K, V, VOther | null, VOut>,
    materialized: Materialized<K, VOut> = {},
  ): KTable<K, VOut> {
    return this.#joinWith('left', other, joiner as RowJoiner<K, V, VOther, VOut>, materialized);
  }

  /** All rows of both; null for one that a table does not have. */
  outerJoin<VOther, VOut>(
    other: KTable<K, VOther>,
    joiner: ValueJoiner<K, V | null, VOther | null, VOut>,
    materialized: Materialized<K, VOut> = {},
  ): KTable<K, VOut> {
    return this.#joinWith('outer', other, joiner, materialized);
  }

  /**
   * Each row with the one of another table that it names: by any key, and without regard to partitions. Rows whose `foreignKeyOf` is null, or
   * names none that is there, are left out. A change of either row makes a new result; one of a foreign key takes the old result away.
   *
   * @example
   * orders.joinForeignKey(customers, (order) => order.customerId, (order, customer) => ({ ...order, name: customer.name }));
   */
  joinForeignKey<KOther, VOther, VOut>(
    other: KTable<KOther, VOther>,
    foreignKeyOf: ForeignKeyOf<K, V, KOther>,
    joiner: ValueJoiner<K, V, VOther, VOut>,
    options: ForeignKeyJoined<K, VOut, KOther> = {},
  ): KTable<K, VOut> {
    return this.#joinForeignKey(other, foreignKeyOf, joiner as ValueJoiner<K, V, VOther | null, VOut>, false, options);
  }

  /** As `joinForeignKey`, with null for a row that is not there. */
  leftJoinForeignKey<KOther, VOther, VOut>(
    other: KTable<KOther, VOther>,
    foreignKeyOf: ForeignKeyOf<K, V, KOther>,
    joiner: ValueJoiner<K, V, VOther | null, VOut>,
    options: ForeignKeyJoined<K, VOut, KOther> = {},
  ): KTable<K, VOut> {
    return this.#joinForeignKey(other, foreignKeyOf, joiner, true, options);
  }

  /** As `mapValues`, by a step of one's own that has stores and punctuation. It hears of rows that are taken away, too. */
  transformValues<VOut>(
    create: () => ValueTransformer<K, V, VOut>,
    { stores = [], ...materialized }: Materialized<K, VOut> & { stores?: readonly string[] } = {},
  ): KTable<K, VOut> {
    return this.#derived('KTABLE-TRANSFORMVALUES-', materialized, stores, {
      operator: (storeName, traits) => new TransformValues<K, V, VOut>({ create, storeName, traits }),
      view: (before) => transformedView(before, create()),
    });
  }

  /**
   * Rows by another key and value, to be counted or put together. A row for which `select` gives null belongs to no group.
   *
   * @example shops.groupBy((shop) => [shop.region, shop.sales]).reduce((sum, sales) => sum + sales, (sum, sales) => sum - sales)
   */
  groupBy<KOut, VOut>(
    select: GroupMapper<K, V, KOut, VOut>,
    { key, name, value }: Grouped<KOut, VOut> = {},
  ): KGroupedTable<KOut, VOut> {
    const keySerde = key ?? (defaultKeySerde as Serde<KOut>);
    const valueSerde = value ?? (defaultValueSerde as Serde<VOut>);
    this.sendOldValues();
    const create = () => new TableGroupMap(select, keySerde);
    const node = this.#writer.processor('KTABLE-SELECT-', [this.place.node], create, { name });
    return new KGroupedTable(this.#writer, { node, keySerde, valueSerde, name });
  }

  /**
   * Holds back updates: until a window closes (windowed tables), or for a time. See `untilWindowCloses`, `untilTimeLimit`.
   *
   * @throws StreamsError HW_STREAMS_BAD_OPTION where there are no windows that close
   */
  suppress(until: K extends Windowed<unknown> ? UntilWindowCloses | UntilTimeLimit : UntilTimeLimit): KTable<K, V> {
    return suppressTable(this.#writer, this, until);
  }

  /** The updates as records, by a key of the caller's choice. */
  toStream<KOut>(select: (value: V | null, key: K) => KOut, named?: Named): KStream<KOut, V>;
  /** The updates as records: null for a row that was taken away. */
  toStream(named?: Named): KStream<K, V>;
  toStream<KOut>(
    select: Named | ((value: V | null, key: K) => KOut) = {},
    named: Named = {},
  ): KStream<K, V> | KStream<KOut, V> {
    if (typeof select !== 'function') return this.#toStream(select);
    return this.#toStream({}).selectKey(select as (value: V | null, key: K) => KOut, named);
  }

  #toStream({ name }: Named): KStream<K, V> {
    const node = this.#writer.processor('KTABLE-TOSTREAM-', [this.place.node], () => new TableToStream(), { name });
    const { keySerde, sources, valueSerde } = this.place;
    return new KStream<K, V>(this.#writer, { node, keySerde, valueSerde, sources, isKeyChanged: false });
  }

  /** The name of the store that the rows can be queried by; null when they are not kept. */
  get store(): string | null {
    return this.place.store;
  }

  // --- for the other parts of the DSL ---------------------------------------------------------------------------------

  get keySerde(): Serde<K> {
    return this.place.keySerde;
  }

  get valueSerde(): Serde<V> {
    return this.place.valueSerde ?? (defaultValueSerde as Serde<V>);
  }

  view(): TableViewSpec<K, V> {
    this.place.traits.isKeptForOthers = false;
    if (this.#view !== null) return this.#view;
    this.place.rows?.keep();
    const store = this.place.rows?.storeName ?? this.place.store!;
    return { stores: [store], create: () => storeView<K, V>(store) };
  }

  /** From now on updates come with the value before. */
  sendOldValues(): void {
    const { traits } = this.place;
    traits.isOldValueSent = true;
    traits.isKeptForOthers = false;
    this.place.rows?.keep();
    this.#askForOldValues();
  }

  /** As `sendOldValues`, where the rows are kept anyway; whether they are. */
  sendOldValuesIfKept(): boolean {
    const { traits } = this.place;
    if (traits.isOldValueSent) return true;
    if (traits.isKeptForOthers === true || this.#before?.sendOldValuesIfKept() === false) return false;
    this.sendOldValues();
    return true;
  }

  #joinWith<VOther, VOut>(
    kind: TableJoinKind,
    other: KTable<K, VOther>,
    joiner: RowJoiner<K, V, VOther, VOut>,
    materialized: Materialized<K, VOut>,
  ): KTable<K, VOut> {
    const parts = writeTableJoin(this.#writer, kind, this, other, joiner, materialized);
    return new KTable<K, VOut>(this.#writer, parts.place, parts.view, () => parts.askForOldValues());
  }

  #joinForeignKey<KOther, VOther, VOut>(
    other: KTable<KOther, VOther>,
    foreignKeyOf: ForeignKeyOf<K, V, KOther>,
    joiner: ValueJoiner<K, V, VOther | null, VOut>,
    isLeft: boolean,
    options: ForeignKeyJoined<K, VOut, KOther>,
  ): KTable<K, VOut> {
    const join = { left: this, right: other, foreignKeyOf, joiner, isLeft, options };
    return new KTable<K, VOut>(this.#writer, writeForeignKeyJoin<K, V, KOther, VOther, VOut>(this.#writer, join));
  }

  #mapped<VOut>(
    prefix: string,
    map: RowMapper<K, V, VOut>,
    materialized: Materialized<K, VOut>,
    isNothingLeftOut: boolean,
  ): KTable<K, VOut> {
    return this.#derived(prefix, materialized, [], {
      operator: (storeName, traits) => new MapTable<K, V, VOut>({ map, storeName, traits, isNothingLeftOut }),
      view: (before) => mappedView(before, map),
    });
  }

  /** A table whose rows are made of this one's, each by itself. */
  #derived<VOut>(
    prefix: string,
    { isLogged = true, key, name, storage, store, ttlMs, value }: Materialized<K, VOut>,
    stores: readonly string[],
    {
      operator,
      view,
    }: {
      operator(storeName: string | null, traits: TableTraits): Operator<K, Change<V>>;
      view(before: TableView<K, V>): TableView<K, VOut>;
    },
  ): KTable<K, VOut> {
    refuseTtl(ttlMs, 'a derived table is as the one that it is made of');
    const writer = this.#writer;
    const keySerde = key ?? this.place.keySerde;
    const valueSerde = value ?? null;
    const traits: TableTraits = { isOldValueSent: false };
    const storeName = store ?? null;
    if (storeName !== null) {
      const valueSerdeOfStore = valueSerde ?? (defaultValueSerde as Serde<VOut>);
      const changelog = isLogged ? {} : { changelog: null };
      const options = { name: storeName, keySerde, valueSerde: valueSerdeOfStore, storage, ...changelog };
      writer.topology.addStateStore(keyValueStore(options));
    }
    const create = () => operator(storeName, traits) as Operator;
    const node = writer.processor(prefix, [this.place.node], create, {
      name,
      stores: storeName === null ? stores : [storeName, ...stores],
    });
    const before = this.view.bind(this);
    const viewSpec: TableViewSpec<K, VOut> = {
      get stores() {
        return [...before().stores, ...stores];
      },
      create: () => view(before().create()),
    };
    const { closeMs, sources } = this.place;
    const place = { node, keySerde, valueSerde, sources, traits, store: storeName, closeMs };
    // With a store of its own it knows what was before.
    if (storeName !== null) return new KTable<K, VOut>(writer, place);
    return new KTable<K, VOut>(writer, place, viewSpec, () => this.sendOldValues());
  }
}
