import { SqlError } from '../sql-error.ts';
import { type SqlType, typeText } from '../types/sql-type.ts';
import type { DataSource } from './data-source.ts';

/** What is known by name: sources and types. Plain in-memory state; who may change it is the engine's business. */
export class Catalog {
  readonly #sources = new Map<string, DataSource>();
  readonly #types = new Map<string, SqlType>();

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

  get types(): ReadonlyMap<string, SqlType> {
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

  /** As it is now; what is changed in one is not seen in the other. */
  copy(): Catalog {
    const copy = new Catalog();
    for (const [name, source] of this.#sources) copy.#sources.set(name, source);
    for (const [name, type] of this.#types) copy.#types.set(name, type);
    return copy;
  }
}
