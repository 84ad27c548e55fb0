import { Decimal } from '@headwater/serdes';
import { SqlClientError } from './sql-client-error.ts';

/** What a column can be given: by name as in statements, upper case unless it is in backquotes. */
export type InsertRow = Readonly<Record<string, unknown>>;

/** A row as a line of `/inserts-stream`: bigints and Decimals digit for digit, bytes in base64, Date as TIMESTAMP, Map as object. */
export function rowJson(row: InsertRow): string {
  return write(row, 0);
}

/** A value of a row as JSON, in the same way. */
export function rowValueJson(value: unknown): string {
  return write(value, 0);
}

const depthMax = 200;

function write(value: unknown, depth: number): string {
  if (depth > depthMax) throw new SqlClientError('HW_SQL_CLIENT_ROW', `a row is nested more than ${depthMax} deep`);
  if (value === null || value === undefined) return 'null';
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'number':
      return Number.isFinite(value) ? String(value) : `"${value}"`;
    case 'object':
      break;
    default:
      throw new SqlClientError('HW_SQL_CLIENT_ROW', `a ${typeof value} is no value of a row`);
  }
  if (value instanceof Decimal) return value.toString();
  if (value instanceof Date) return JSON.stringify(value.toISOString().slice(0, -1));
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'));
  if (Array.isArray(value)) return `[${value.map((each) => write(each, depth + 1)).join(',')}]`;
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  const members = entries
    .filter(([, each]) => each !== undefined)
    .map(([name, each]) => `${JSON.stringify(String(name))}:${write(each, depth + 1)}`);
  return `{${members.join(',')}}`;
}
