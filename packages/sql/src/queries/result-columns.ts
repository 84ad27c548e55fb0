import type { ResultColumn } from '../rest/sql-service.ts';
import { isWindowBound } from '../schema/system-columns.ts';
import type { SimpleQuery } from './row-selection.ts';

/** Columns of one source's rows; of a table those are told as its key that have the name of a column of its key, as in ksqlDB. */
export function resultColumns({ project, source }: SimpleQuery, isTable: boolean): ResultColumn[] {
  const keyNames = source.source.schema.key.map(({ name }) => name);
  return project.schema.value.map((column) => {
    const isKey = isTable && (keyNames.includes(column.name) || isWindowBound(column.name));
    return { ...column, isKey };
  });
}
