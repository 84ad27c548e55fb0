import type { TimestampColumn } from '../catalog/data-source.ts';
import type { LogicalSchema } from '../schema/column.ts';
import { quotedName } from '../types/sql-type.ts';
import { statementError } from './statement-error.ts';

/** @throws SqlError when there is no such column, or none that can be a record's time */
export function checkTimestampColumn(
  { key, value }: Pick<LogicalSchema, 'key' | 'value'>,
  { format, name }: TimestampColumn,
): void {
  const column = [...key, ...value].find((each) => each.name === name);
  if (column === undefined) {
    throw statementError(`The TIMESTAMP column set in the WITH clause does not exist in the schema: '${name}'`);
  }
  const { kind } = column.type;
  if (kind === 'STRING') {
    if (format !== null) return;
    throw statementError(
      `A String timestamp field has been specified without also specifying the timestamp_format: timestamp column, ${quotedName(name)}`,
    );
  }
  if (kind !== 'BIGINT' && kind !== 'TIMESTAMP') {
    throw statementError(
      `Timestamp column, ${quotedName(name)}, should be LONG(INT64), TIMESTAMP, or a String with a timestamp_format specified.`,
    );
  }
  if (format !== null) {
    throw statementError("'timestamp_format' can only be used when the timestamp column is of type STRING.");
  }
}
