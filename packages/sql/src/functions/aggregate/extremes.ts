import { SqlError } from '../../sql-error.ts';
import { comparator, isSameValue } from '../../types/comparison.ts';
import { arrayType, type SqlType, sqlTypes, structType } from '../../types/sql-type.ts';
import { parameter, variadic } from '../define.ts';
import type { AggregateFunction, AggregateVariant, Aggregator, CallSite, TypePattern } from '../function.ts';
import { arrayOf, orderedPatterns, patterns } from '../type-pattern.ts';
import { aggregate, aggregateVariant, same } from './define-aggregate.ts';

const { integer, string } = sqlTypes;
/** More would make each state as big as a table. */
const keptMax = 100_000;

type Compare = (one: unknown, other: unknown) => number;
type List = readonly unknown[];

function orderOf(type: SqlType): Compare {
  return comparator(type, type) as Compare;
}

function first([type]: readonly (SqlType | null)[]): SqlType {
  return type!;
}

function extreme(type: SqlType, sign: 1 | -1): Aggregator {
  const compare = orderOf(type);
  const better = (one: unknown, other: unknown): unknown => {
    if (one === null || other === null) return one ?? other;
    return compare(other, one) * sign > 0 ? other : one;
  };
  return { stateType: type, initial: () => null, add: better, undo: null, merge: better, result: same };
}

function extremes(name: string, what: string, sign: 1 | -1): AggregateFunction {
  return aggregate(
    name,
    {
      description: `The ${what} value of a column; nulls are left out.`,
      example: `SELECT ID, ${name}(AMOUNT) FROM ORDERS GROUP BY ID`,
    },
    ...orderedPatterns.map((type) =>
      aggregateVariant([parameter('val', type, 'The column.')], type.kind === 'ANY_DECIMAL' ? first : type, (site) =>
        extreme(site.returnType, sign),
      ),
    ),
  );
}

/** The last argument, a literal. @throws SqlError for what is no number from 1 */
function countOf(name: string, { literals }: CallSite): number {
  const count = literals.at(-1);
  if (typeof count === 'number' && count >= 1 && count <= keptMax) return count;
  throw new SqlError(
    'HW_SQL_STATEMENT',
    `The last argument of ${name} says how many values are kept: write a number from 1 to ${keptMax}`,
  );
}

/** The greatest first; among equals those that came first. */
function top(stateType: SqlType, count: number, compare: Compare, isDistinct: boolean): Aggregator {
  const plus = (list: List, value: unknown): List => {
    if (list.length === count && compare(value, list[count - 1]) <= 0) return list;
    if (isDistinct && list.some((each) => isSameValue(each, value))) return list;
    let at = list.length;
    while (at > 0 && compare(value, list[at - 1]) > 0) at--;
    const next = list.toSpliced(at, 0, value);
    if (next.length > count) next.pop();
    return next;
  };
  return {
    stateType,
    initial: () => [],
    add: (state, value) => (value === null ? state : plus(state as List, value)),
    undo: null,
    merge: (one, other) => (other as List).reduce(plus, one as List),
    result: same,
  };
}

const count = parameter('k', integer, 'How many; a literal.');

function topVariant(name: string, type: TypePattern, isDistinct: boolean): AggregateVariant {
  const returns =
    type.kind === 'ANY_DECIMAL' ? ([value]: readonly (SqlType | null)[]): SqlType => arrayType(value!) : arrayOf(type);
  return aggregateVariant(
    [parameter('val', type, 'The column.'), count],
    returns,
    (site) => {
      const { element } = site.returnType as SqlType & { kind: 'ARRAY' };
      return top(site.returnType, countOf(name, site), orderOf(element), isDistinct);
    },
    1,
  );
}

function rowsType(types: readonly (SqlType | null)[]): SqlType {
  const [sort, ...others] = types.slice(0, -1);
  return arrayType(
    structType([
      { name: 'sort_col', type: sort! },
      ...others.map((type, at) => ({ name: `col${at}`, type: type ?? string })),
    ]),
  );
}

/** Rows with further columns: structs, ordered by the first. */
function topRowsVariant(type: TypePattern): AggregateVariant {
  const parameters = [
    parameter('val', type, 'The column that orders.'),
    parameter('col', patterns.any, 'A further column of the row.'),
    variadic('cols', patterns.any, 'Further columns of the row.'),
    count,
  ];
  return aggregateVariant(
    parameters,
    rowsType,
    (site) => {
      const compare = orderOf(site.argumentTypes[0]!);
      const aggregator = top(
        site.returnType,
        countOf('TOPK', site),
        (one, other) => compare((one as List)[0], (other as List)[0]),
        false,
      );
      return {
        ...aggregator,
        add: (state, ...row) => (row[0] === null ? state : aggregator.add(state, row)),
      };
    },
    1,
  );
}

export const extremeFunctions: readonly AggregateFunction[] = [
  extremes('MAX', 'greatest', 1),
  extremes('MIN', 'least', -1),
  aggregate(
    'TOPK',
    {
      description: 'The greatest values of a column, or the rows with them; nulls are left out.',
      example: 'SELECT ID, TOPK(AMOUNT, 3) FROM ORDERS GROUP BY ID',
    },
    ...orderedPatterns.map((type) => topVariant('TOPK', type, false)),
    ...orderedPatterns.map(topRowsVariant),
  ),
  aggregate(
    'TOPKDISTINCT',
    {
      description: 'The greatest different values of a column; nulls are left out.',
      example: 'SELECT ID, TOPKDISTINCT(AMOUNT, 3) FROM ORDERS GROUP BY ID',
    },
    ...orderedPatterns.map((type) => topVariant('TOPKDISTINCT', type, true)),
  ),
];
