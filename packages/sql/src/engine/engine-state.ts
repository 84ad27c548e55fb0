import { Catalog } from '../catalog/catalog.ts';
import type { DataSource } from '../catalog/data-source.ts';
import { type LayerChanges, LayeredMap } from '../catalog/layered-map.ts';
import type { SqlType } from '../types/sql-type.ts';
import type { PersistentQuery } from './engine-services.ts';
import { Queries } from './queries.ts';
import type { Rewind } from './rewind/rewind.ts';

/** What was changed since the last `settle`. */
export interface StateChanges {
  readonly sources: LayerChanges<string, DataSource>;
  readonly types: LayerChanges<string, SqlType>;
  readonly queries: LayerChanges<string, PersistentQuery>;
  readonly paused: LayerChanges<string, true>;
  readonly rewinds: LayerChanges<string, Rewind>;
}

/** What statements change. What a statement costs does not depend on how much there is: it is not copied, and not compared. */
export class EngineState {
  readonly catalog: Catalog;
  /** By their ids. */
  readonly queries: Queries;
  /** New generations of queries that are being rebuilt, by their own ids. */
  readonly rewinds: LayeredMap<string, Rewind>;
  /** Of queries that were ever rewound, by their ids: the newest. The first is 1. */
  readonly generations: LayeredMap<string, number>;
  /** Ids of queries that rest. */
  readonly paused: LayeredMap<string, true>;

  /** @param base what is not changed is as there, which is left as it is */
  constructor(base?: EngineState) {
    this.catalog = new Catalog(base?.catalog);
    this.queries = new Queries(base?.queries);
    this.rewinds = new LayeredMap(base?.rewinds);
    this.generations = new LayeredMap(base?.generations);
    this.paused = new LayeredMap(base?.paused);
  }

  changes(): StateChanges {
    return {
      ...this.catalog.changes(),
      queries: this.queries.changes(),
      paused: this.paused.changes(),
      rewinds: this.rewinds.changes(),
    };
  }

  /** From now on changes are those from here on. */
  settle(): void {
    this.catalog.settle();
    for (const map of [this.queries, this.rewinds, this.generations, this.paused]) map.settle();
  }
}
