import type { TimestampExtractor } from '@headwater/streams';
import type { DataSource } from '../../catalog/data-source.ts';
import { SqlError } from '../../sql-error.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { DateTimePattern } from '../../values/date-time-pattern/date-time-pattern.ts';
import { utc } from '../../values/time-zone.ts';
import type { QueryContext } from './query-context.ts';

/** Reads a record's time from its row: epoch milliseconds, -1 where there is none. */
export function timestampExtractor(source: DataSource, { onError, properties }: QueryContext): TimestampExtractor {
  const { format, name } = source.timestamp!;
  const isThrowing = properties.get('ksql.timestamp.throw.on.invalid') === 'true';
  const { key, value } = source.schema;
  const inValue = value.findIndex((column) => column.name === name);
  const inKey = key.findIndex((column) => column.name === name);
  const { type } = inValue >= 0 ? value[inValue]! : key[inKey]!;
  const read = momentReader(type, format);
  return (row, recordKey, recordTimestamp) => {
    const columns = row as readonly unknown[] | null;
    if (columns === null && inValue >= 0) return recordTimestamp;
    const given =
      inValue >= 0
        ? columns![inValue]
        : key.length === 1
          ? recordKey
          : ((recordKey as unknown[] | null)?.[inKey] ?? null);
    try {
      if (given === null || given === undefined)
        throw new SqlError('HW_SQL_EVALUATION', `The timestamp column ${name} is null`);
      const time = read(given);
      if (time < 0) throw new SqlError('HW_SQL_EVALUATION', `The timestamp column ${name} is before 1970: ${time}`);
      return time;
    } catch (error) {
      if (isThrowing) throw error;
      onError(error);
      return -1;
    }
  };
}

/** Epoch milliseconds of a column's value. */
export function momentReader(type: SqlType, format: string | null): (value: unknown) => number {
  if (type.kind === 'STRING' && format !== null) {
    const pattern = new DateTimePattern(format);
    return (value) => pattern.parseTimestamp(value as string, utc);
  }
  return (value) => Number(value);
}
