import { joinedView, MergeTables, type RowJoiner, TableJoin, type TableJoinKind } from '../operators/table-join.ts';
import type { TableTraits } from '../operators/table-source.ts';
import type { Serde } from '../serdes/serde.ts';
import type { KTable, TablePlace, TableViewSpec } from './ktable.ts';
import { defaultValueSerde, type Materialized } from './options.ts';
import { refuseTtl } from './row-ttl-option.ts';
import { keyValueStore } from './stores.ts';
import type { TopologyWriter } from './topology-writer.ts';

/** What a table is made of. */
export interface TableParts<K, V> {
  readonly place: TablePlace<K, V>;
  /** For a table without a store. */
  readonly view: TableViewSpec<K, V> | null;
  askForOldValues(): void;
}

/** Adds the nodes of a join of two tables. */
export function writeTableJoin<K, VLeft, VRight, VOut>(
  writer: TopologyWriter,
  kind: TableJoinKind,
  left: KTable<K, VLeft>,
  right: KTable<K, VRight>,
  joiner: RowJoiner<K, VLeft, VRight, VOut>,
  options: Materialized<K, VOut>,
): TableParts<K, VOut> {
  const { key, name, store = null, value = null } = options;
  refuseTtl(options.ttlMs, 'a joined table is as those that it is made of');
  const merge = writer.nameOr(name, 'KTABLE-MERGE-');
  const suffixed = (suffix: string) => (name === undefined ? undefined : name + suffix);
  const leftName = writer.nameOr(suffixed('-join-this'), 'KTABLE-JOINTHIS-');
  const rightName = writer.nameOr(suffixed('-join-other'), 'KTABLE-JOINOTHER-');
  const sources = [...new Set([...left.place.sources, ...right.place.sources])];
  writer.topology.coPartition(sources);
  const keySerde = key ?? left.keySerde;
  if (store !== null) {
    const valueSerde = value ?? (defaultValueSerde as Serde<VOut>);
    const changelog = options.isLogged === false ? { changelog: null } : {};
    writer.topology.addStateStore(
      keyValueStore({ name: store, keySerde, valueSerde, storage: options.storage, ...changelog }),
    );
  }
  // What a row was is asked of the tables that may be without a partner.
  if (kind !== 'inner') left.sendOldValues();
  if (kind === 'outer') right.sendOldValues();
  const traits: TableTraits = { isOldValueSent: false };
  const leftView = left.view();
  const rightView = right.view();
  writer.topology.addProcessor({
    name: leftName,
    parents: [left.place.node],
    create: () => new TableJoin({ kind, joiner, isLeft: true, other: rightView.create(), traits }),
    stores: rightView.stores,
  });
  writer.topology.addProcessor({
    name: rightName,
    parents: [right.place.node],
    create: () => new TableJoin({ kind, joiner, isLeft: false, other: leftView.create(), traits }),
    stores: leftView.stores,
  });
  writer.topology.addProcessor({
    name: merge,
    parents: [leftName, rightName],
    create: () => new MergeTables<K, VOut>(store, traits),
    stores: store === null ? [] : [store],
  });
  return {
    place: { node: merge, keySerde, valueSerde: value, sources, traits, store },
    view:
      store !== null
        ? null
        : {
            stores: [...new Set([...leftView.stores, ...rightView.stores])],
            create: () => joinedView(kind, joiner, leftView.create(), rightView.create()),
          },
    askForOldValues() {
      left.sendOldValues();
      right.sendOldValues();
    },
  };
}
