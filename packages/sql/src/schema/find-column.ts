import type { Column } from './column.ts';

/** Short lists are looked through faster than an index is made. */
const indexedFrom = 32;
const indexes = new WeakMap<readonly Column[], ReadonlyMap<string, Column>>();

/** The column of a name, also where there are thousands. The list must not change. */
export function findColumn<T extends Column>(columns: readonly T[], name: string): T | undefined {
  if (columns.length < indexedFrom) return columns.find((column) => column.name === name);
  let index = indexes.get(columns);
  if (index === undefined) {
    const made = new Map<string, Column>();
    for (const column of columns) if (!made.has(column.name)) made.set(column.name, column);
    index = made;
    indexes.set(columns, index);
  }
  return index.get(name) as T | undefined;
}

/** The first column whose name another one had before it. */
export function repeatedColumn<T extends Column>(columns: readonly T[]): T | undefined {
  const names = new Set<string>();
  return columns.find(({ name }) => names.size === names.add(name).size);
}
