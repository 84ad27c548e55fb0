import { quotedName, typeText } from '../types/sql-type.ts';
import type { Column, LogicalSchema } from './column.ts';

/** `` `ID` INTEGER ``, as ksqlDB shows a column. */
export function columnText({ name, type }: Column): string {
  return `${quotedName(name)} ${typeText(type)}`;
}

export function columnsText(columns: readonly Column[], suffix = ''): string {
  return columns.map((column) => columnText(column) + suffix).join(', ');
}

/** All columns of a source, in their order: keys, values, headers. */
export function schemaText({ headers, key, value }: LogicalSchema): string {
  return [
    ...key.map((column) => `${columnText(column)} KEY`),
    ...value.map(columnText),
    ...headers.map((column) =>
      column.headerKey === null
        ? `${columnText(column)} HEADERS`
        : `${columnText(column)} HEADER('${column.headerKey}')`,
    ),
  ].join(', ');
}
