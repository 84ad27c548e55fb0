import { sqlTypes } from '../types/sql-type.ts';
import type { Column } from './column.ts';

/** Columns that every row has without being declared; not part of `*`. */
export const pseudoColumns: readonly Column[] = [
  { name: 'ROWTIME', type: sqlTypes.bigint },
  { name: 'ROWPARTITION', type: sqlTypes.integer },
  { name: 'ROWOFFSET', type: sqlTypes.bigint },
];

/** Bounds of the window that a row of a windowed source, or of a windowed aggregation, belongs to. */
export const windowBounds: readonly Column[] = [
  { name: 'WINDOWSTART', type: sqlTypes.bigint },
  { name: 'WINDOWEND', type: sqlTypes.bigint },
];

const pseudoNames = new Set(pseudoColumns.map(({ name }) => name));
const boundNames = new Set(windowBounds.map(({ name }) => name));

export function isPseudoColumn(name: string): boolean {
  return pseudoNames.has(name);
}

export function isWindowBound(name: string): boolean {
  return boundNames.has(name);
}

/** Names that no column may be given. */
export function isSystemColumn(name: string): boolean {
  return pseudoNames.has(name) || boundNames.has(name);
}

export const systemColumnNames: readonly string[] = [...pseudoNames, ...boundNames];
