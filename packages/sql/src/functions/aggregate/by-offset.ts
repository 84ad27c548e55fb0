import { SqlError } from '../../sql-error.ts';
import { arrayType, type SqlType, sqlTypes, structType } from '../../types/sql-type.ts';
import { parameter } from '../define.ts';
import type { AggregateFunction, Aggregator, CallSite } from '../function.ts';
import { arrayOf, variable } from '../type-pattern.ts';
import { aggregate, aggregateVariant } from './define-aggregate.ts';

const { integer, bigint, boolean } = sqlTypes;
const T = variable('T');
const keptMax = 100_000;

/** A value and when it came, so that merged sessions know the order. */
type Entry = readonly [sequence: number, value: unknown];
type Side = 'earliest' | 'latest';

/** Grows over restarts too, by the clock: 4,096 steps a millisecond. Only its order counts. */
let sequence = 0;

function nextSequence(): number {
  if (sequence === 0) sequence = Date.now() * 4096;
  return ++sequence;
}

function entryType(value: SqlType): SqlType {
  return structType([
    { name: 'SEQ', type: bigint },
    { name: 'VAL', type: value },
  ]);
}

function one(side: Side, type: SqlType, isNullSkipped: boolean): Aggregator {
  return {
    stateType: entryType(type),
    initial: () => null,
    add: (state, value) => {
      if (value === null && isNullSkipped) return state;
      return side === 'earliest' && state !== null ? state : [nextSequence(), value];
    },
    undo: null,
    merge: (a, b) => {
      if (a === null || b === null) return a ?? b;
      const isFirstEarlier = (a as Entry)[0] <= (b as Entry)[0];
      return isFirstEarlier === (side === 'earliest') ? a : b;
    },
    result: (state) => (state === null ? null : (state as Entry)[1]),
  };
}

function several(side: Side, type: SqlType, count: number, isNullSkipped: boolean): Aggregator {
  const cut = (list: Entry[]): Entry[] => (side === 'earliest' ? list.slice(0, count) : list.slice(-count));
  return {
    stateType: arrayType(entryType(type)),
    initial: () => [],
    add: (state, value) => {
      const list = state as Entry[];
      if ((value === null && isNullSkipped) || (side === 'earliest' && list.length >= count)) return list;
      return cut([...list, [nextSequence(), value]]);
    },
    undo: null,
    merge: (a, b) => cut([...(a as Entry[]), ...(b as Entry[])].sort(([x], [y]) => x - y)),
    result: (state) => (state as Entry[]).map(([, value]) => value),
  };
}

function countOf(name: string, literal: unknown): number {
  if (typeof literal === 'number' && literal >= 1 && literal <= keptMax) return literal;
  throw new SqlError('HW_SQL_STATEMENT', `${name} keeps from 1 to ${keptMax} values, not ${String(literal)}`);
}

function byOffset(name: string, side: Side, what: string): AggregateFunction {
  const val = parameter('val', T, 'The column.');
  const count = parameter('n', integer, 'How many; a literal.');
  const isNullSkipped = parameter('ignoreNulls', boolean, 'Whether nulls are left out (default); a literal.');
  const element = ({ argumentTypes }: CallSite): SqlType => argumentTypes[0]!;
  const severalAt = (site: CallSite, isSkipped: unknown): Aggregator =>
    several(side, element(site), countOf(name, site.literals[1]), isSkipped !== false);
  return aggregate(
    name,
    {
      description: `The ${what} value of a column, or as many as are wanted, in the order of offsets.`,
      example: `SELECT ID, ${name}(STATE) FROM ORDERS GROUP BY ID`,
    },
    aggregateVariant([val], T, (site) => one(side, element(site), true)),
    aggregateVariant([val, isNullSkipped], T, (site) => one(side, element(site), site.literals[1] !== false), 1),
    aggregateVariant([val, count], arrayOf(T), (site) => severalAt(site, true), 1),
    aggregateVariant([val, count, isNullSkipped], arrayOf(T), (site) => severalAt(site, site.literals[2]), 2),
  );
}

export const byOffsetFunctions: readonly AggregateFunction[] = [
  byOffset('EARLIEST_BY_OFFSET', 'earliest', 'first'),
  byOffset('LATEST_BY_OFFSET', 'latest', 'last'),
];
