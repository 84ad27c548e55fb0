import type { ValueJoiner } from '../operators/stream-table-join.ts';
import type { RowJoiner, TableJoinKind } from '../operators/table-join.ts';
import { MapTable, type RowMapper, TableToStream } from '../operators/table-operators.ts';
import type { TableTraits } from '../operators/table-source.ts';
import { mappedView, storeView, type TableView } from '../operators/table-view.ts';
import type { Serde } from '../serdes/serde.ts';
import { KStream } from './kstream.ts';
import { defaultValueSerde, type Materialized, type Named } from './options.ts';
import { keyValueStore } from './stores.ts';
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
    return this.#mapped('KTABLE-FILTER-', map, { value: this.valueSerde, ...materialized }, true);
  }

  filterNot(isUnwanted: (value: V, key: K) => boolean, materialized: Materialized<K, V> = {}): KTable<K, V> {
    return this.filter((value, key) => !isUnwanted(value, key), materialized);
  }

  mapValues<VOut>(map: (value: V, key: K) => VOut, materialized: Materialized<K, VOut> = {}): KTable<K, VOut> {
    return this.#mapped('KTABLE-MAPVALUES-', map, materialized, false);
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

  /** The updates as records: null for a row that was taken away. */
  toStream({ name }: Named = {}): KStream<K, V> {
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
    if (this.#view !== null) return this.#view;
    const store = this.place.store!;
    return { stores: [store], create: () => storeView<K, V>(store) };
  }

  /** From now on updates come with the value before. */
  sendOldValues(): void {
    this.place.traits.isOldValueSent = true;
    this.#askForOldValues();
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

  #mapped<VOut>(
    prefix: string,
    map: RowMapper<K, V, VOut>,
    materialized: Materialized<K, VOut>,
    isNothingLeftOut: boolean,
  ): KTable<K, VOut> {
    const writer = this.#writer;
    const { isLogged = true, key, name, store, value } = materialized;
    const keySerde = key ?? this.place.keySerde;
    const valueSerde = value ?? null;
    const traits: TableTraits = { isOldValueSent: false };
    const storeName = store ?? null;
    if (storeName !== null) {
      const valueSerdeOfStore = valueSerde ?? (defaultValueSerde as Serde<VOut>);
      writer.topology.addStateStore(
        keyValueStore({
          name: storeName,
          keySerde,
          valueSerde: valueSerdeOfStore,
          ...(isLogged ? {} : { changelog: null }),
        }),
      );
    }
    const node = writer.processor(
      prefix,
      [this.place.node],
      () => new MapTable<K, V, VOut>({ map, storeName, traits, isNothingLeftOut }),
      { name, stores: storeName === null ? [] : [storeName] },
    );
    const before = this.view.bind(this);
    const view: TableViewSpec<K, VOut> | null =
      storeName !== null
        ? null
        : {
            get stores() {
              return before().stores;
            },
            create: () => mappedView(before().create(), map),
          };
    const { closeMs, sources } = this.place;
    const place = { node, keySerde, valueSerde, sources, traits, store: storeName, closeMs };
    // With a store of its own it knows what was before.
    return new KTable<K, VOut>(writer, place, view, storeName === null ? () => this.sendOldValues() : undefined);
  }
}
