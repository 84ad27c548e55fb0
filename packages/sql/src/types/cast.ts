import { Decimal } from '@headwater/serdes';
import { SqlError } from '../sql-error.ts';
import { parseDecimal } from '../values/big-decimal.ts';
import { booleanOfText } from '../values/boolean-text.ts';
import { dayMs } from '../values/calendar.ts';
import { decimalOfDouble, fitDecimal, rescale } from '../values/decimal-arithmetic.ts';
import { parseDouble } from '../values/double-text.ts';
import { integerOfDouble, integerOfLong, longOfDouble, parseInteger, parseLong } from '../values/integer-text.ts';
import { type Long, longOf } from '../values/long.ts';
import { parseDate, parseTime, parseTimestamp } from '../values/time-text.ts';
import { textFunction } from '../values/value-text.ts';
import { isSameType, type SqlType, typeText } from './sql-type.ts';

/** Makes of a value other than null one of another type. What it throws makes the column null. */
export type Conversion = (value: unknown) => unknown;

const same: Conversion = (value) => value;

/** The type of `CAST(x AS to)`. Null, the untyped NULL, can be cast to all. @throws SqlError where there is no such CAST */
export function castType(from: SqlType | null, to: SqlType): SqlType {
  if (from !== null) castFunction(from, to);
  return to;
}

/**
 * The conversion that `CAST(x AS to)` does.
 *
 * @throws SqlError HW_SQL_STATEMENT where there is no such CAST
 */
export function castFunction(from: SqlType | null, to: SqlType): Conversion {
  if (from === null || isSameType(from, to)) return same;
  const conversion = conversionOf(from, to);
  if (conversion === undefined) {
    const plain = (name: string): string => name;
    throw new SqlError(
      'HW_SQL_STATEMENT',
      `Cast of ${typeText(from, plain)} to ${typeText(to, plain)} is not supported`,
    );
  }
  return conversion;
}

function conversionOf(from: SqlType, to: SqlType): Conversion | undefined {
  switch (to.kind) {
    case 'STRING':
      return textFunction(from);
    case 'BOOLEAN':
      // What is no word for true is false, as in ksqlDB.
      return from.kind === 'STRING' ? (text) => booleanOfText(text as string) ?? false : undefined;
    case 'INTEGER':
      return toInteger(from);
    case 'BIGINT':
      return toBigint(from);
    case 'DOUBLE':
      return toDouble(from);
    case 'DECIMAL':
      return toDecimal(from, to.precision, to.scale);
    case 'BYTES':
      return from.kind === 'STRING' ? (text) => bytesOfBase64(text as string) : undefined;
    case 'TIME':
      if (from.kind === 'STRING') return parseTime as Conversion;
      return from.kind === 'TIMESTAMP' ? (ms) => (ms as number) - startOfDay(ms as number) : undefined;
    case 'DATE':
      if (from.kind === 'STRING') return parseDate as Conversion;
      return from.kind === 'TIMESTAMP' ? (ms) => Math.floor((ms as number) / dayMs) : undefined;
    case 'TIMESTAMP':
      if (from.kind === 'STRING') return parseTimestamp as Conversion;
      return from.kind === 'DATE' ? (days) => (days as number) * dayMs : undefined;
    case 'ARRAY': {
      if (from.kind !== 'ARRAY') return undefined;
      const convert = nullable(castFunction(from.element, to.element));
      return (value) => (value as unknown[]).map(convert);
    }
    case 'MAP': {
      if (from.kind !== 'MAP') return undefined;
      const convertKey = nullable(castFunction(from.key, to.key));
      const convertValue = nullable(castFunction(from.value, to.value));
      return (value) =>
        new Map(
          Array.from(value as Map<unknown, unknown>, ([key, each]) => [convertKey(key), convertValue(each)] as const),
        );
    }
    case 'STRUCT':
      return from.kind === 'STRUCT' ? toStruct(from, to) : undefined;
  }
}

function startOfDay(ms: number): number {
  return Math.floor(ms / dayMs) * dayMs;
}

function nullable(conversion: Conversion): Conversion {
  if (conversion === same) return same;
  return (value) => (value === null || value === undefined ? null : conversion(value));
}

function toInteger(from: SqlType): Conversion | undefined {
  switch (from.kind) {
    case 'STRING':
      return parseInteger as Conversion;
    case 'BIGINT':
      return integerOfLong as Conversion;
    case 'DOUBLE':
      return integerOfDouble as Conversion;
    case 'DECIMAL':
      return (value) => Number(BigInt.asIntN(32, rescale(value as Decimal, 0, 'DOWN').unscaled));
    default:
      return undefined;
  }
}

function toBigint(from: SqlType): Conversion | undefined {
  switch (from.kind) {
    case 'STRING':
      return parseLong as Conversion;
    case 'INTEGER':
      return same;
    case 'DOUBLE':
      return longOfDouble as Conversion;
    case 'DECIMAL':
      return (value) => longOf(rescale(value as Decimal, 0, 'DOWN').unscaled);
    default:
      return undefined;
  }
}

function toDouble(from: SqlType): Conversion | undefined {
  switch (from.kind) {
    case 'STRING':
      return (text) => doubleOfText(text as string);
    case 'INTEGER':
      return same;
    case 'BIGINT':
      return Number;
    case 'DECIMAL':
      return (value) => (value as Decimal).toNumber();
    default:
      return undefined;
  }
}

function doubleOfText(text: string): number {
  const value = parseDouble(text);
  if (value === undefined) throw new RangeError(`"${text}" is no DOUBLE`);
  return value;
}

function toDecimal(from: SqlType, precision: number, scale: number): Conversion | undefined {
  switch (from.kind) {
    case 'STRING':
      return (text) => fitDecimal(parseDecimal((text as string).trim()), precision, scale);
    case 'INTEGER':
    case 'BIGINT':
      return (value) => fitDecimal(new Decimal(BigInt(value as Long), 0), precision, scale);
    case 'DOUBLE':
      return (value) => fitDecimal(decimalOfDouble(value as number, precision), precision, scale);
    case 'DECIMAL':
      return (value) => fitDecimal(value as Decimal, precision, scale);
    default:
      return undefined;
  }
}

/** By name; fields that are not there become null. */
function toStruct(from: SqlType & { kind: 'STRUCT' }, to: SqlType & { kind: 'STRUCT' }): Conversion {
  const fields = to.fields.map((field) => {
    const at = from.fields.findIndex(({ name }) => name === field.name);
    return { at, convert: at === -1 ? same : nullable(castFunction(from.fields[at]!.type, field.type)) };
  });
  return (value) => fields.map(({ at, convert }) => (at === -1 ? null : convert((value as unknown[])[at])));
}

const base64Pattern = /^[A-Za-z0-9+/]*={0,2}$/;

/** @throws RangeError for what is no base64 */
export function bytesOfBase64(text: string): Buffer {
  const trimmed = text.trim();
  const digits = trimmed.replace(/=+$/, '').length;
  if (!base64Pattern.test(trimmed) || digits % 4 === 1) throw new RangeError(`"${text}" is no base64`);
  return Buffer.from(trimmed, 'base64');
}
