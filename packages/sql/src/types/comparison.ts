import { Decimal } from '@headwater/serdes';
import { SqlError } from '../sql-error.ts';
import { dayMs } from '../values/calendar.ts';
import { compareDecimals } from '../values/decimal-arithmetic.ts';
import type { Long } from '../values/long.ts';
import { parseDate, parseTime, parseTimestamp } from '../values/time-text.ts';
import { isNumeric } from './implicit-cast.ts';
import { type SqlType, typeText } from './sql-type.ts';

export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>=' | 'IS DISTINCT FROM' | 'IS NOT DISTINCT FROM';
/** Of values other than null: below, at or above 0. */
export type Comparator = (one: never, other: never) => number;
export type Equality = (one: never, other: never) => boolean;

/** @throws SqlError HW_SQL_STATEMENT where values of these types cannot be compared so */
export function checkComparison(operator: ComparisonOperator, left: SqlType | null, right: SqlType | null): void {
  if (left === null || right === null) {
    throw new SqlError(
      'HW_SQL_STATEMENT',
      `Comparison with NULL not supported: ${left?.kind ?? 'NULL'} ${operator} ${right?.kind ?? 'NULL'}\nUse 'IS NULL' or 'IS NOT NULL' instead.`,
    );
  }
  const isEquality = !/^[<>]=?$/.test(operator);
  if (comparator(left, right) !== null || (isEquality && equality(left, right) !== null)) return;
  throw new SqlError(
    'HW_SQL_STATEMENT',
    `Cannot compare ${text(left)} to ${text(right)} with ${operatorNames[operator]}.`,
  );
}

export const operatorNames: Readonly<Record<ComparisonOperator, string>> = {
  '=': 'EQUAL',
  '<>': 'NOT_EQUAL',
  '<': 'LESS_THAN',
  '<=': 'LESS_THAN_OR_EQUAL',
  '>': 'GREATER_THAN',
  '>=': 'GREATER_THAN_OR_EQUAL',
  'IS DISTINCT FROM': 'IS_DISTINCT_FROM',
  'IS NOT DISTINCT FROM': 'IS_NOT_DISTINCT_FROM',
};

function text(type: SqlType): string {
  return typeText(type);
}

/** Orders values of two types; null where there is no order between them (booleans, arrays, maps, structs; types that do not meet). */
export function comparator(left: SqlType, right: SqlType): Comparator | null {
  if (isNumeric(left) && isNumeric(right)) return numberComparator(left, right);
  if (left.kind === 'STRING' && right.kind === 'STRING') return compareTexts;
  if (left.kind === 'BYTES' && right.kind === 'BYTES') return Buffer.compare as Comparator;
  return timeComparator(left, right);
}

/** Whether values of two types are the same; null where they cannot be compared. */
export function equality(left: SqlType, right: SqlType): Equality | null {
  if (left.kind === right.kind) {
    switch (left.kind) {
      case 'BOOLEAN':
      case 'INTEGER':
      case 'BIGINT':
      case 'STRING':
      case 'TIME':
      case 'DATE':
      case 'TIMESTAMP':
        return (one: unknown, other: unknown) => one === other;
      case 'ARRAY':
      case 'MAP':
      case 'STRUCT':
        return isSameValue;
    }
  }
  const compare = comparator(left, right) as ((one: unknown, other: unknown) => number) | null;
  return compare && ((one: unknown, other: unknown) => compare(one, other) === 0);
}

/** By UTF-16 code units, as Java's `compareTo`. */
function compareTexts(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function compareNumbers(one: Long, other: Long): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** As `Double.compare`: NaN is the greatest and equal to itself, -0.0 is below 0.0. */
export function compareDoubles(one: number, other: number): number {
  if (one < other) return -1;
  if (one > other) return 1;
  if (one === other) return one !== 0 ? 0 : (Object.is(one, -0) ? 0 : 1) - (Object.is(other, -0) ? 0 : 1);
  return (Number.isNaN(one) ? 1 : 0) - (Number.isNaN(other) ? 1 : 0);
}

function numberComparator(left: SqlType, right: SqlType): Comparator {
  if (left.kind === 'DECIMAL' || right.kind === 'DECIMAL') {
    return (one: Decimal | Long, other: Decimal | Long) => compareDecimals(decimalOf(one), decimalOf(other));
  }
  if (left.kind === 'DOUBLE' && right.kind === 'DOUBLE') return compareDoubles;
  if (left.kind === 'DOUBLE' || right.kind === 'DOUBLE') {
    return (one: Long, other: Long) => compareDoubles(Number(one), Number(other));
  }
  return compareNumbers;
}

/** A double is taken as its shortest text, as BigDecimal's `valueOf` does. */
function decimalOf(value: Decimal | Long): Decimal {
  return value instanceof Decimal ? value : Decimal.from(value);
}

type ToNumber = (value: never) => number;

const asItIs: ToNumber = (value: number) => value;
const daysToMs: ToNumber = (days: number) => days * dayMs;

/** Texts are read as the other side's type; a DATE beside a TIMESTAMP is its midnight. */
function timeComparator(left: SqlType, right: SqlType): Comparator | null {
  const kinds = [left.kind, right.kind];
  const has = (kind: SqlType['kind']): boolean => kinds.includes(kind);
  const reader = (readers: Partial<Record<SqlType['kind'], ToNumber>>): Comparator | null => {
    const [one, other] = [readers[left.kind], readers[right.kind]] as (((value: unknown) => number) | undefined)[];
    return one && other ? (a: unknown, b: unknown) => one(a) - other(b) : null;
  };
  if (has('TIMESTAMP')) return reader({ TIMESTAMP: asItIs, DATE: daysToMs, STRING: parseTimestamp as ToNumber });
  if (has('DATE')) return reader({ DATE: asItIs, STRING: parseDate as ToNumber });
  if (has('TIME')) return reader({ TIME: asItIs, STRING: parseTime as ToNumber });
  return null;
}

/** Equal in all parts, as Java's `equals`; nulls are equal. Scales of decimals do not count. */
export function isSameValue(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (one === null || other === null || typeof one !== 'object' || typeof other !== 'object') {
    return typeof one === 'number' && typeof other === 'number' && Number.isNaN(one) && Number.isNaN(other);
  }
  if (one instanceof Decimal) return other instanceof Decimal && one.equals(other);
  if (one instanceof Uint8Array) return other instanceof Uint8Array && Buffer.compare(one, other) === 0;
  if (Array.isArray(one)) {
    return Array.isArray(other) && one.length === other.length && one.every((each, at) => isSameValue(each, other[at]));
  }
  if (!(one instanceof Map) || !(other instanceof Map) || one.size !== other.size) return false;
  for (const [key, value] of one) if (!other.has(key) || !isSameValue(value, other.get(key))) return false;
  return true;
}
