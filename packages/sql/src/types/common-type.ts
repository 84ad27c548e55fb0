import { Decimal } from '@headwater/serdes';
import { SqlError } from '../sql-error.ts';
import { parseDecimal } from '../values/big-decimal.ts';
import { booleanOfText } from '../values/boolean-text.ts';
import { fitDecimal, precisionOf } from '../values/decimal-arithmetic.ts';
import { castFunction } from './cast.ts';
import { coercedType, isKindWidened, isNumeric, widerDecimal } from './implicit-cast.ts';
import { decimalType, isSameType, type SqlType, sqlTypes, typeText } from './sql-type.ts';

/**
 * An expression of a list that must have one type (ARRAY[…], MAP(…), IN (…), the results of CASE): its type, and what of it is known
 * while it is compiled.
 */
export interface ListItem {
  /** Null for the untyped NULL. */
  readonly type: SqlType | null;
  /** For messages. */
  readonly text: string;
  /** The value of a literal; undefined for other expressions. */
  readonly literal?: unknown;
  /** The parts of constructors: literals within them are taken as literals. */
  readonly elements?: readonly ListItem[];
  readonly entries?: readonly { readonly key: ListItem; readonly value: ListItem }[];
  readonly fields?: readonly { readonly name: string; readonly value: ListItem }[];
}

/**
 * The type that holds all of the list: the widest number, the union of structs' fields; literals that are texts become what the others
 * are. Null where all are NULL.
 *
 * @throws SqlError where two of them have no type in common
 */
export function commonType(items: readonly ListItem[]): SqlType | null {
  let common: SqlType | null = null;
  for (const item of items) common = withItem(item, common);
  return common;
}

function withItem(item: ListItem, common: SqlType | null): SqlType | null {
  const { type } = item;
  if (type === null) return common;
  if (common === null) return type;
  if (item.elements !== undefined && common.kind === 'ARRAY') {
    const element = withItems(item.elements, common.element);
    return element && { kind: 'ARRAY', element };
  }
  if (item.entries !== undefined && common.kind === 'MAP') {
    const key = withItems(
      item.entries.map((entry) => entry.key),
      common.key,
    );
    const value = withItems(
      item.entries.map((entry) => entry.value),
      common.value,
    );
    return key && value && { kind: 'MAP', key, value };
  }
  if (item.fields !== undefined && common.kind === 'STRUCT') return withFields(item.fields, common);
  if (typeof item.literal === 'string' && type.kind === 'STRING') {
    if (isNumeric(common)) return withNumberText(item.literal, common);
    if (common.kind === 'BOOLEAN') {
      if (booleanOfText(item.literal) === undefined) throw invalidText(item.literal, common);
      return common;
    }
  }
  const isLiteral = item.literal !== undefined;
  const both = coercedType(type, common, isLiteral) ?? coercedType(common, type, isLiteral);
  if (both === undefined) throw noCommonType(item, common);
  return both;
}

function withItems(items: readonly ListItem[], common: SqlType): SqlType | null {
  let result: SqlType | null = common;
  for (const item of items) result = withItem(item, result);
  return result;
}

function withFields(values: NonNullable<ListItem['fields']>, common: SqlType & { kind: 'STRUCT' }): SqlType {
  const fields: { name: string; type: SqlType }[] = [];
  for (const { name, value } of values) {
    const other = common.fields.find((field) => field.name === name);
    const type = withItem(value, other?.type ?? null);
    if (type !== null) fields.push({ name, type });
  }
  for (const field of common.fields) if (!fields.some(({ name }) => name === field.name)) fields.push(field);
  return { kind: 'STRUCT', fields };
}

function withNumberText(text: string, common: SqlType): SqlType {
  const type = numberTypeOf(text);
  if (type === undefined) throw invalidText(text, common);
  if (common.kind === 'DOUBLE') return common;
  if (type.kind === 'DECIMAL' || common.kind === 'DECIMAL') return widerDecimal(type, common);
  return isKindWidened(type.kind, common.kind) ? common : type;
}

function numberTypeOf(text: string): SqlType | undefined {
  let value: Decimal;
  try {
    value = parseDecimal(text.trim());
  } catch {
    return undefined;
  }
  if (!/[.eE]/.test(text)) {
    if (BigInt.asIntN(32, value.unscaled) === value.unscaled) return sqlTypes.integer;
    if (BigInt.asIntN(64, value.unscaled) === value.unscaled) return sqlTypes.bigint;
  }
  return typeOfDecimal(value);
}

/** The DECIMAL of a literal: just its digits; for 0 those after the point and one. */
export function typeOfDecimal(value: Decimal): SqlType {
  const digits = value.unscaled === 0n ? value.scale + 1 : Math.max(precisionOf(value), value.scale);
  return decimalType(digits, value.scale);
}

/**
 * A literal's value as one of another type, as lists and INSERT VALUES do it: exact, so a number that needs rounding is none of that type.
 *
 * @throws SqlError where it is not possible
 */
export function coerceLiteral(value: unknown, from: SqlType, to: SqlType): unknown {
  if (value === null || isSameType(from, to)) return value;
  const refused = (): SqlError =>
    new SqlError('HW_SQL_STATEMENT', `invalid input syntax for type ${to.kind}: "${String(value)}".`);
  try {
    if (from.kind === 'STRING') {
      if (to.kind === 'BOOLEAN') {
        const flag = booleanOfText(value as string);
        if (flag === undefined) throw refused();
        return flag;
      }
      if (to.kind === 'DECIMAL') return exactDecimal(parseDecimal((value as string).trim()), to, refused);
    }
    if (to.kind === 'DECIMAL') {
      return exactDecimal(Decimal.from(value as Decimal | number | bigint), to, refused);
    }
    return castFunction(from, to)(value);
  } catch (error) {
    throw error instanceof SqlError ? error : refused();
  }
}

function exactDecimal(value: Decimal, to: SqlType & { kind: 'DECIMAL' }, refused: () => SqlError): Decimal {
  const fit = fitDecimal(value, to.precision, to.scale);
  if (!fit.equals(value)) throw refused();
  return fit;
}

function invalidText(text: string, type: SqlType): SqlError {
  return new SqlError('HW_SQL_STATEMENT', `invalid input syntax for type ${type.kind}: "${text}".`);
}

function noCommonType(item: ListItem, common: SqlType): SqlError {
  return new SqlError(
    'HW_SQL_STATEMENT',
    `operator does not exist: ${typeText(common)} = ${typeText(item.type!)} (${item.text})\nHint: You might need to add explicit type casts.`,
  );
}
