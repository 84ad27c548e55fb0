import { SqlError } from '../sql-error.ts';
import { type SqlType, typeText } from '../types/sql-type.ts';
import type { DataSource } from './data-source.ts';
import { type LayerChanges, LayeredMap } from './layered-map.ts';

/** What is known by name: sources and types. Plain in-memory state; who may change it is the engine's business. */
export class Catalog {
  readonly #sources: LayeredMap<string, DataSource>;
  readonly #types: LayeredMap<string, SqlType>;

  /** @param base what is not changed is as there; what is changed here is not seen there */
  constructor(base?: Catalog) {
    if (base === undefined) [this.#sources, this.#types] = [new LayeredMap(), new LayeredMap()];
    else [this.#sources, this.#types] = [new LayeredMap(base.#sources), new LayeredMap(base.#types)];
  }

  source(name: string): DataSource | undefined {
    return this.#sources.get(name);
  }

  get sources(): readonly DataSource[] {
    return [...this.#sources.values()];
  }

  /** Adds it, or puts it in the place of one of the same name. */
  put(source: DataSource): void {
    this.#sources.set(source.name, source);
  }

  drop(name: string): void {
    this.#sources.delete(name);
  }

  type(name: string): SqlType | undefined {
    return this.#types.get(name);
  }

  get types(): Iterable<readonly [string, SqlType]> {
    return this.#types;
  }

  /** @throws SqlError HW_SQL_STATEMENT when there is one of that name */
  registerType(name: string, type: SqlType): void {
    const known = this.#types.get(name);
    if (known !== undefined) {
      throw new SqlError(
        'HW_SQL_STATEMENT',
        `Cannot register custom type '${name}' since it is already registered with type: ${typeText(known)}`,
      );
    }
    this.#types.set(name, type);
  }

  dropType(name: string): boolean {
    return this.#types.delete(name);
  }

  /** What was changed since the last `settle`, or is other than in the base. */
  changes(): { sources: LayerChanges<string, DataSource>; types: LayerChanges<string, SqlType> } {
    return { sources: this.#sources.changes(), types: this.#types.changes() };
  }

  /** From now on changes are those from here on. */
  settle(): void {
    this.#sources.settle();
    this.#types.settle();
  }
}
