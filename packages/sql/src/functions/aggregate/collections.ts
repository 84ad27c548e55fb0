import { isSameValue } from '../../types/comparison.ts';
import { arrayType, mapType, type SqlType, sqlTypes, structType } from '../../types/sql-type.ts';
import { addLongs, type Long } from '../../values/long.ts';
import { identityOf } from '../../values/value-set.ts';
import { parameter } from '../define.ts';
import type { AggregateFunction, Aggregator, CallSite } from '../function.ts';
import { arrayOf, variable } from '../type-pattern.ts';
import { aggregate, aggregateVariant, same } from './define-aggregate.ts';

const { integer, bigint, string } = sqlTypes;
const T = variable('T');
const val = parameter('val', T, 'The column.');
const histogramMax = 1000;

type List = readonly unknown[];

/** A negative or absent limit is none. */
function limitOf({ properties }: CallSite, name: string): number {
  const limit = Number(properties.get(name) ?? -1);
  return Number.isInteger(limit) && limit >= 0 ? limit : Number.POSITIVE_INFINITY;
}

/** States are never changed in place: they are results too, which others may still hold. */
function collecting(site: CallSite): Aggregator {
  const limit = limitOf(site, 'ksql.functions.collect_list.limit');
  return {
    stateType: site.returnType,
    initial: () => [],
    add: (state, value) => ((state as List).length >= limit ? state : [...(state as List), value]),
    undo: (state, value) => {
      const at = (state as List).findLastIndex((each) => isSameValue(each, value));
      return at === -1 ? state : (state as List).toSpliced(at, 1);
    },
    merge: (one, other) => [...(one as List), ...(other as List)].slice(0, limit),
    result: same,
  };
}

function collectingDistinct(site: CallSite): Aggregator {
  const limit = limitOf(site, 'ksql.functions.collect_set.limit');
  const plus = (list: List, value: unknown): List => {
    if (list.length >= limit) return list;
    const identity = identityOf(value);
    return list.some((each) => identityOf(each) === identity) ? list : [...list, value];
  };
  return {
    stateType: site.returnType,
    initial: () => [],
    add: (state, value) => plus(state as List, value),
    undo: null,
    merge: (one, other) => (other as List).reduce(plus, one as List),
    result: same,
  };
}

type Counts = ReadonlyMap<unknown, Long>;

function histogram(): Aggregator {
  const plus = (counts: Counts, value: unknown, count: Long): Counts => {
    if (value === null || (counts.size >= histogramMax && !counts.has(value))) return counts;
    return new Map(counts).set(value, addLongs(counts.get(value) ?? 0, count));
  };
  return {
    stateType: mapType(string, bigint),
    initial: () => new Map(),
    add: (state, value) => plus(state as Counts, value, 1),
    undo: (state, value) => {
      const counts = state as Counts;
      const count = counts.get(value);
      if (count === undefined) return counts;
      const next = new Map(counts);
      if (count > 1) next.set(value, addLongs(count, -1));
      else next.delete(value);
      return next;
    },
    merge: (one, other) => {
      let counts = one as Counts;
      for (const [value, count] of other as Counts) counts = plus(counts, value, count);
      return counts;
    },
    result: same,
  };
}

type Entries = readonly (readonly [value: unknown, count: number])[];

/** Values and how often they are there; null is a value. */
function attribute({ returnType }: CallSite): Aggregator {
  const change = (entries: Entries, value: unknown, by: number): Entries => {
    const at = entries.findIndex(([known]) => isSameValue(known, value));
    if (at === -1) return by > 0 ? [...entries, [value, by]] : entries;
    const count = entries[at]![1] + by;
    return count > 0 ? entries.with(at, [entries[at]![0], count]) : entries.toSpliced(at, 1);
  };
  const stateType: SqlType = arrayType(
    structType([
      { name: 'VALUE', type: returnType },
      { name: 'COUNT', type: integer },
    ]),
  );
  return {
    stateType,
    initial: () => [],
    add: (state, value) => change(state as Entries, value, 1),
    undo: (state, value) => change(state as Entries, value, -1),
    merge: (one, other) =>
      (other as Entries).reduce((entries, [value, count]) => change(entries, value, count), one as Entries),
    result: (state) => ((state as Entries).length === 1 ? (state as Entries)[0]![0] : null),
  };
}

export const collectionFunctions: readonly AggregateFunction[] = [
  aggregate(
    'COLLECT_LIST',
    {
      description:
        'All values of a column in their order, nulls too; at most ksql.functions.collect_list.limit (default no limit).',
      example: 'SELECT ID, COLLECT_LIST(ITEM) FROM ORDERS GROUP BY ID',
    },
    aggregateVariant([val], arrayOf(T), collecting),
  ),
  aggregate(
    'COLLECT_SET',
    {
      description:
        'The different values of a column in their order, null too; at most ksql.functions.collect_set.limit (default no limit).',
      example: 'SELECT ID, COLLECT_SET(ITEM) FROM ORDERS GROUP BY ID',
    },
    aggregateVariant([val], arrayOf(T), collectingDistinct),
  ),
  aggregate(
    'HISTOGRAM',
    {
      description: `How often each text is there, for up to ${histogramMax} of them; nulls are left out.`,
      example: 'SELECT REGION, HISTOGRAM(NAME) FROM USERS GROUP BY REGION',
    },
    aggregateVariant([parameter('val', string, 'The column.')], mapType(string, bigint), histogram),
  ),
  aggregate(
    'ATTR',
    {
      description: 'The value of a column that is the same in all rows; null where it is not.',
      example: 'SELECT ID, ATTR(NAME) FROM USERS GROUP BY ID',
    },
    aggregateVariant([val], T, attribute),
  ),
];
