import { Decimal } from '@headwater/serdes';
import { castFunction } from '../../types/cast.ts';
import { arrayType, decimalType, mapType, type SqlType, sqlTypes } from '../../types/sql-type.ts';
import { builtInFunctions } from '../built-in.ts';
import type { AggregateFunction, Aggregator, ScalarFunction } from '../function.ts';
import type { Argument } from '../match-argument.ts';

/** A value with its type, as tests write arguments. */
export interface Typed {
  readonly type: SqlType | null;
  readonly value: unknown;
}

const registry = builtInFunctions();
const typed = (type: SqlType | null, value: unknown): Typed => ({ type, value });

export const of = {
  int: (value: number | null) => typed(sqlTypes.integer, value),
  big: (value: number | bigint | null) => typed(sqlTypes.bigint, value),
  double: (value: number | null) => typed(sqlTypes.double, value),
  text: (value: string | null) => typed(sqlTypes.string, value),
  boolean: (value: boolean | null) => typed(sqlTypes.boolean, value),
  bytes: (value: string | null) => typed(sqlTypes.bytes, value === null ? null : Buffer.from(value, 'latin1')),
  date: (value: number | null) => typed(sqlTypes.date, value),
  time: (value: number | null) => typed(sqlTypes.time, value),
  timestamp: (value: number | null) => typed(sqlTypes.timestamp, value),
  decimal: (text: string, precision = 20) => {
    const value = Decimal.parse(text);
    return typed(decimalType(precision, value.scale), value);
  },
  array: (element: SqlType, value: unknown[] | null) => typed(arrayType(element), value),
  map: (element: SqlType, value: Record<string, unknown> | null) =>
    typed(mapType(sqlTypes.string, element), value === null ? null : new Map(Object.entries(value))),
  nothing: typed(null, null),
};

/** A lambda as a test writes it. */
export function lambda(
  returns: SqlType | ((types: readonly SqlType[]) => SqlType),
  run: (...values: never[]) => unknown,
) {
  return { returns, run };
}

type Lambda = ReturnType<typeof lambda>;
export type Given = Typed | Lambda | { readonly unit: string };

function argumentOf(given: Given): Argument {
  if ('unit' in given) return { kind: 'unit', literal: given.unit };
  if ('run' in given) {
    const { returns, run } = given;
    return {
      kind: 'lambda',
      parametersCount: run.length,
      returnType: (types) => (typeof returns === 'function' ? returns(types) : returns),
    };
  }
  return { kind: 'value', type: given.type, ...(given.value !== null && { literal: given.value }) };
}

/** What a call of a scalar function gives; null where it throws, as in a query. */
export function call(name: string, ...given: Given[]): unknown {
  try {
    return callOrThrow(name, ...given);
  } catch {
    return null;
  }
}

export function callOrThrow(name: string, ...given: Given[]): unknown {
  const resolved = registry.scalar(registry.get(name) as ScalarFunction, given.map(argumentOf));
  const values = given.map((each, at) => {
    if ('unit' in each) return each.unit;
    if ('run' in each) return each.run;
    if (each.value === null || each.type === null) return null;
    return castFunction(each.type, resolved.argumentTypes[at]!)(each.value);
  });
  if (!resolved.isNullTaken && values.includes(null)) return null;
  return (resolved.evaluate as (...values: unknown[]) => unknown)(...values);
}

/** The type of a call's result. */
export function typeOfCall(name: string, ...given: Given[]): SqlType {
  return registry.scalar(registry.get(name) as ScalarFunction, given.map(argumentOf)).returnType;
}

export function aggregatorOf(
  name: string,
  types: readonly SqlType[],
  literals: readonly Typed[] = [],
  properties: Readonly<Record<string, string>> = {},
): Aggregator {
  const given = [...types.map((type) => ({ kind: 'value', type }) as const), ...literals.map(argumentOf)];
  const found = registry.get(name) as AggregateFunction;
  return registry.aggregate(found, given, new Map(Object.entries(properties))).aggregator;
}

/** The result after each row; an undone row is written `{ undo: [...] }`. */
export function aggregated(
  aggregator: Aggregator,
  rows: readonly (readonly unknown[] | { undo: readonly unknown[] })[],
): unknown[] {
  let state = aggregator.initial();
  return rows.map((row) => {
    state =
      'undo' in row ? aggregator.undo!(state, ...row.undo) : aggregator.add(state, ...(row as readonly unknown[]));
    return aggregator.result(state);
  });
}
