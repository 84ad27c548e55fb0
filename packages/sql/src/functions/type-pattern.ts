import { type SqlType, sqlTypes, typeText } from '../types/sql-type.ts';
import type { Parameter, TypePattern } from './function.ts';

/** Ready-made patterns for signatures. */
export const patterns = {
  any: { kind: 'ANY' },
  decimal: { kind: 'ANY_DECIMAL' },
  unit: { kind: 'INTERVAL_UNIT' },
} as const satisfies Record<string, TypePattern>;

const { integer, bigint, double, string, bytes, date, time, timestamp } = sqlTypes;
/** The types whose values have an order. */
export const orderedPatterns: readonly TypePattern[] = [
  integer,
  bigint,
  double,
  patterns.decimal,
  string,
  bytes,
  date,
  time,
  timestamp,
];

export function variable(name: string): TypePattern {
  return { kind: 'VARIABLE', name };
}

export function arrayOf(element: TypePattern): TypePattern {
  return { kind: 'ARRAY_OF', element };
}

export function mapOf(key: TypePattern, value: TypePattern): TypePattern {
  return { kind: 'MAP_OF', key, value };
}

export function structOf(fields: Readonly<Record<string, TypePattern>>): TypePattern {
  return { kind: 'STRUCT_OF', fields: Object.entries(fields).map(([name, type]) => ({ name, type })) };
}

export function lambdaOf(parameters: readonly TypePattern[], returns: TypePattern): TypePattern {
  return { kind: 'LAMBDA', parameters, returns };
}

/** Whether the pattern has a type variable in it. */
export function isGeneric(pattern: TypePattern): boolean {
  switch (pattern.kind) {
    case 'VARIABLE':
      return true;
    case 'ARRAY_OF':
      return isGeneric(pattern.element);
    case 'MAP_OF':
      return isGeneric(pattern.key) || isGeneric(pattern.value);
    case 'STRUCT_OF':
      return pattern.fields.some(({ type }) => isGeneric(type));
    case 'LAMBDA':
      return pattern.parameters.some(isGeneric) || isGeneric(pattern.returns);
    default:
      return false;
  }
}

const plain = (name: string): string => name;

/** As ksqlDB shows parameters: `ARRAY<T>`, `DECIMAL`, `LAMBDA (T) => R`. */
export function patternText(pattern: TypePattern): string {
  switch (pattern.kind) {
    case 'VARIABLE':
      return pattern.name;
    case 'ANY_DECIMAL':
      return 'DECIMAL';
    case 'ANY':
      return 'ANY';
    case 'INTERVAL_UNIT':
      return 'INTERVALUNIT';
    case 'ARRAY_OF':
      return `ARRAY<${patternText(pattern.element)}>`;
    case 'MAP_OF':
      return `MAP<${patternText(pattern.key)}, ${patternText(pattern.value)}>`;
    case 'STRUCT_OF':
      return `STRUCT<${pattern.fields.map(({ name, type }) => `${name} ${patternText(type)}`).join(', ')}>`;
    case 'LAMBDA': {
      const parameters = pattern.parameters.map(patternText).join(', ');
      return `LAMBDA (${parameters}) => ${patternText(pattern.returns)}`;
    }
    default:
      return typeText(pattern, plain);
  }
}

/** `name(TYPE parameter, TYPE... others)` */
export function signatureText(name: string, parameters: readonly Parameter[]): string {
  const texts = parameters.map(
    ({ name: parameter, type, isVariadic }) => `${patternText(type)}${isVariadic ? '...' : ''} ${parameter}`,
  );
  return `${name}(${texts.join(', ')})`;
}

/** What the type variables of a signature stand for. */
export type Bindings = Map<string, SqlType>;

/** The type that a pattern is with its variables bound; undefined where one is not, or where it is no single type. */
export function boundType(pattern: TypePattern, bindings: Bindings): SqlType | undefined {
  switch (pattern.kind) {
    case 'VARIABLE':
      return bindings.get(pattern.name);
    case 'ARRAY_OF': {
      const element = boundType(pattern.element, bindings);
      return element && { kind: 'ARRAY', element };
    }
    case 'MAP_OF': {
      const key = boundType(pattern.key, bindings);
      const value = boundType(pattern.value, bindings);
      return key && value && { kind: 'MAP', key, value };
    }
    case 'STRUCT_OF': {
      const fields: { name: string; type: SqlType }[] = [];
      for (const field of pattern.fields) {
        const type = boundType(field.type, bindings);
        if (type === undefined) return undefined;
        fields.push({ name: field.name, type });
      }
      return { kind: 'STRUCT', fields };
    }
    case 'ANY':
    case 'ANY_DECIMAL':
    case 'INTERVAL_UNIT':
    case 'LAMBDA':
      return undefined;
    default:
      return pattern;
  }
}
