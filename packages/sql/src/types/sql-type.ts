/**
 * The types of columns and expressions. Values of each in JavaScript (SQL's null is always `null`):
 * BOOLEAN boolean · INT number · BIGINT number within ±(2^53-1), bigint beyond (see `values/long.ts`) · DOUBLE number · DECIMAL `Decimal` ·
 * STRING string · BYTES Buffer · TIME milliseconds of the day · DATE days since 1970-01-01 · TIMESTAMP milliseconds since the epoch ·
 * ARRAY array · MAP `Map` · STRUCT array of the fields' values in the order of the type.
 */
export type SqlType =
  | { readonly kind: SimpleKind }
  | { readonly kind: 'DECIMAL'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'ARRAY'; readonly element: SqlType }
  | { readonly kind: 'MAP'; readonly key: SqlType; readonly value: SqlType }
  | { readonly kind: 'STRUCT'; readonly fields: readonly StructField[] };

export type SimpleKind =
  | 'BOOLEAN'
  | 'INTEGER'
  | 'BIGINT'
  | 'DOUBLE'
  | 'STRING'
  | 'BYTES'
  | 'TIME'
  | 'DATE'
  | 'TIMESTAMP';

export interface StructField {
  readonly name: string;
  readonly type: SqlType;
}

export const sqlTypes = {
  boolean: { kind: 'BOOLEAN' },
  integer: { kind: 'INTEGER' },
  bigint: { kind: 'BIGINT' },
  double: { kind: 'DOUBLE' },
  string: { kind: 'STRING' },
  bytes: { kind: 'BYTES' },
  time: { kind: 'TIME' },
  date: { kind: 'DATE' },
  timestamp: { kind: 'TIMESTAMP' },
} as const satisfies Record<string, SqlType>;

/** Digits of a DECIMAL that a statement may name or make: arithmetic on more would take long for each row. */
export const decimalDigitsMax = 10_000;

export function decimalType(precision: number, scale: number): SqlType {
  return { kind: 'DECIMAL', precision, scale };
}

export function arrayType(element: SqlType): SqlType {
  return { kind: 'ARRAY', element };
}

export function mapType(key: SqlType, value: SqlType): SqlType {
  return { kind: 'MAP', key, value };
}

export function structType(fields: readonly StructField[]): SqlType {
  return { kind: 'STRUCT', fields };
}

/** Whether values of both have one form and one meaning: names of fields count, and their order. */
export function isSameType(one: SqlType, other: SqlType): boolean {
  if (one === other) return true;
  switch (one.kind) {
    case 'DECIMAL':
      return other.kind === 'DECIMAL' && one.precision === other.precision && one.scale === other.scale;
    case 'ARRAY':
      return other.kind === 'ARRAY' && isSameType(one.element, other.element);
    case 'MAP':
      return other.kind === 'MAP' && isSameType(one.key, other.key) && isSameType(one.value, other.value);
    case 'STRUCT':
      return (
        other.kind === 'STRUCT' &&
        one.fields.length === other.fields.length &&
        one.fields.every(
          ({ name, type }, at) => name === other.fields[at]!.name && isSameType(type, other.fields[at]!.type),
        )
      );
    default:
      return one.kind === other.kind;
  }
}

/** As ksqlDB shows it: `STRUCT<`A` INTEGER, `B` ARRAY<STRING>>`. Names are quoted always, or by the given function. */
export function typeText(type: SqlType, nameText: (name: string) => string = quotedName): string {
  switch (type.kind) {
    case 'DECIMAL':
      return `DECIMAL(${type.precision}, ${type.scale})`;
    case 'ARRAY':
      return `ARRAY<${typeText(type.element, nameText)}>`;
    case 'MAP':
      return `MAP<${typeText(type.key, nameText)}, ${typeText(type.value, nameText)}>`;
    case 'STRUCT': {
      const fields = type.fields.map((field) => `${nameText(field.name)} ${typeText(field.type, nameText)}`);
      return fields.length === 0 ? 'STRUCT< >' : `STRUCT<${fields.join(', ')}>`;
    }
    default:
      return type.kind;
  }
}

/** An identifier in backquotes. */
export function quotedName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
