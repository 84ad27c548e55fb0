import type { ResultColumn } from '../rest/sql-service.ts';
import { keyPlaces, type SimpleQuery } from './row-selection.ts';

/** Columns of one source's rows; a table's tell which of them are its key. */
export function resultColumns(simple: SimpleQuery, isTable: boolean): ResultColumn[] {
  const keys = keyPlaces(simple);
  return simple.project.items.map(({ expression }, at) => {
    const isBound = expression.kind === 'column' && /^WINDOW(START|END)$/.test(expression.name);
    return { ...simple.project.schema.value[at]!, isKey: isTable && (keys[at] !== null || isBound) };
  });
}
