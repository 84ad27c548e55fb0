import { decimalType, isSameType, type SqlType } from './sql-type.ts';

/** DECIMAL(p, s) that holds all values of a whole number's type. */
export function asDecimalType(type: SqlType): { precision: number; scale: number } | undefined {
  switch (type.kind) {
    case 'DECIMAL':
      return type;
    case 'INTEGER':
      return { precision: 10, scale: 0 };
    case 'BIGINT':
      return { precision: 19, scale: 0 };
    default:
      return undefined;
  }
}

export function isNumeric(type: SqlType): boolean {
  return type.kind === 'INTEGER' || type.kind === 'BIGINT' || type.kind === 'DOUBLE' || type.kind === 'DECIMAL';
}

const numberRank: Readonly<Record<string, number>> = { INTEGER: 1, BIGINT: 2, DECIMAL: 3, DOUBLE: 4 };

/** INTEGER → BIGINT → DECIMAL → DOUBLE, and a type to itself. Kinds only: a DECIMAL counts as any other. */
export function isKindWidened(from: SqlType['kind'], to: SqlType['kind']): boolean {
  if (from === to) return true;
  const rank = numberRank[from];
  return rank !== undefined && rank < (numberRank[to] ?? 0);
}

/** The DECIMAL that holds all values of both; both must be DECIMAL or whole numbers. */
export function widerDecimal(one: SqlType, other: SqlType): SqlType {
  const [a, b] = [asDecimalType(one)!, asDecimalType(other)!];
  const scale = Math.max(a.scale, b.scale);
  return decimalType(Math.max(a.precision - a.scale, b.precision - b.scale) + scale, scale);
}

/**
 * The type that values of `from` take where `to` is wanted, or undefined where it needs a CAST: numbers widen, texts are read as
 * TIMESTAMP, TIME, DATE and BYTES; arrays, maps and structs by their parts, structs to the union of their fields. With
 * `isLiteral` texts also become numbers and booleans, and those texts.
 */
export function coercedType(from: SqlType, to: SqlType, isLiteral = false): SqlType | undefined {
  if (from.kind === 'ARRAY' && to.kind === 'ARRAY') {
    const element = coercedType(from.element, to.element, isLiteral);
    return element && { kind: 'ARRAY', element };
  }
  if (from.kind === 'MAP' && to.kind === 'MAP') {
    const key = coercedType(from.key, to.key, isLiteral);
    const value = key && coercedType(from.value, to.value, isLiteral);
    return value && { kind: 'MAP', key, value };
  }
  if (from.kind === 'STRUCT' && to.kind === 'STRUCT') return coercedStruct(from, to, isLiteral);
  if (to.kind === 'DECIMAL' && asDecimalType(from) !== undefined) return widerDecimal(from, to);
  if (isKindWidened(from.kind, to.kind) && (isNumeric(to) || isSameType(from, to))) return to;
  if (from.kind === 'STRING') {
    if (to.kind === 'TIMESTAMP' || to.kind === 'TIME' || to.kind === 'DATE' || to.kind === 'BYTES') return to;
    return isLiteral && (to.kind === 'BOOLEAN' || isNumeric(to)) ? to : undefined;
  }
  const isTextual = from.kind !== 'ARRAY' && from.kind !== 'MAP' && from.kind !== 'STRUCT' && from.kind !== 'BYTES';
  return isLiteral && to.kind === 'STRING' && isTextual ? to : undefined;
}

type Struct = SqlType & { kind: 'STRUCT' };

function coercedStruct(from: Struct, to: Struct, isLiteral: boolean): SqlType | undefined {
  const fields: { name: string; type: SqlType }[] = [];
  for (const field of from.fields) {
    const other = to.fields.find(({ name }) => name === field.name);
    const type = other === undefined ? field.type : coercedType(field.type, other.type, isLiteral);
    if (type === undefined) return undefined;
    fields.push({ name: field.name, type });
  }
  for (const field of to.fields) {
    if (!from.fields.some(({ name }) => name === field.name)) fields.push(field);
  }
  return { kind: 'STRUCT', fields };
}
