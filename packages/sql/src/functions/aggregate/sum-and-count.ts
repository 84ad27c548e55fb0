import { Decimal } from '@headwater/serdes';
import { type SqlType, sqlTypes } from '../../types/sql-type.ts';
import { addDecimals, fitDecimal, subtractDecimals } from '../../values/decimal-arithmetic.ts';
import { addLongs, type Long, subtractLongs } from '../../values/long.ts';
import { parameter } from '../define.ts';
import type { AggregateFunction, Aggregator } from '../function.ts';
import { arrayOf, patterns, variable } from '../type-pattern.ts';
import { aggregate, aggregateVariant, same } from './define-aggregate.ts';

const { integer, bigint, double } = sqlTypes;
type Operation = (one: never, other: never) => unknown;

function val(type: Parameters<typeof parameter>[1]): ReturnType<typeof parameter> {
  return parameter('val', type, 'The column.');
}

/** Nulls are left out; the sum of nothing is 0. */
function summing(stateType: SqlType, zero: unknown, add: Operation, subtract: Operation): Aggregator {
  const plus = add as (one: unknown, other: unknown) => unknown;
  const minus = subtract as (one: unknown, other: unknown) => unknown;
  return {
    stateType,
    initial: () => zero,
    add: (state, value) => (value === null ? state : plus(state, value)),
    undo: (state, value) => (value === null ? state : minus(state, value)),
    merge: plus,
    result: same,
  };
}

interface Summable {
  readonly type: SqlType;
  readonly add: Operation;
  readonly subtract: Operation;
}

const numbers: readonly Summable[] = [
  { type: integer, add: (a: number, b: number) => (a + b) | 0, subtract: (a: number, b: number) => (a - b) | 0 },
  { type: bigint, add: addLongs, subtract: subtractLongs },
  { type: double, add: (a: number, b: number) => a + b, subtract: (a: number, b: number) => a - b },
];

/** Fails where the sum has more digits than the column's type. */
function decimalSum(type: SqlType): Aggregator {
  const { precision, scale } = type as SqlType & { kind: 'DECIMAL' };
  return summing(
    type,
    new Decimal(0n, scale),
    (a: Decimal, b: Decimal) => fitDecimal(addDecimals(a, b), precision, scale),
    (a: Decimal, b: Decimal) => fitDecimal(subtractDecimals(a, b), precision, scale),
  );
}

function listSum({ type, add, subtract }: Summable): Aggregator {
  const plus = add as (one: unknown, other: unknown) => unknown;
  const minus = subtract as (one: unknown, other: unknown) => unknown;
  const each = (state: unknown, list: unknown, operation: typeof plus): unknown => {
    let sum = state;
    for (const value of (list as unknown[] | null) ?? []) if (value !== null) sum = operation(sum, value);
    return sum;
  };
  return {
    stateType: type,
    initial: () => 0,
    add: (state, list) => each(state, list, plus),
    undo: (state, list) => each(state, list, minus),
    merge: plus,
    result: same,
  };
}

function counting(isNullCounted: boolean): Aggregator {
  return {
    stateType: bigint,
    initial: () => 0,
    add: isNullCounted
      ? (state) => (state as number) + 1
      : (state, value) => (value === null ? state : (state as number) + 1),
    undo: isNullCounted
      ? (state) => (state as number) - 1
      : (state, value) => (value === null ? state : (state as number) - 1),
    merge: (one, other) => addLongs(one as Long, other as Long),
    result: same,
  };
}

export const sumAndCountFunctions: readonly AggregateFunction[] = [
  aggregate(
    'COUNT',
    {
      description: 'How many rows there are; with a column, those in which it is not null.',
      example: 'SELECT ID, COUNT(*) FROM CLICKS GROUP BY ID',
    },
    aggregateVariant([], bigint, () => counting(true)),
    aggregateVariant([val(variable('T'))], bigint, () => counting(false)),
  ),
  aggregate(
    'SUM',
    {
      description: 'The sum of a column; nulls are left out.',
      example: 'SELECT ID, SUM(AMOUNT) FROM ORDERS GROUP BY ID',
    },
    ...numbers.map(({ type, add, subtract }) =>
      aggregateVariant([val(type)], type, () => summing(type, 0, add, subtract)),
    ),
    aggregateVariant(
      [val(patterns.decimal)],
      ([type]) => type!,
      ({ returnType }) => decimalSum(returnType),
    ),
  ),
  aggregate(
    'SUM_LIST',
    {
      description: 'The sum of all elements of a column of arrays; nulls are left out.',
      example: 'SELECT ID, SUM_LIST(AMOUNTS) FROM ORDERS GROUP BY ID',
    },
    ...numbers.map((number) => aggregateVariant([val(arrayOf(number.type))], number.type, () => listSum(number))),
  ),
];
