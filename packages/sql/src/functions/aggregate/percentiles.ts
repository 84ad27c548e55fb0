import { SqlError } from '../../sql-error.ts';
import { arrayType, sqlTypes } from '../../types/sql-type.ts';
import { parameter, variadic } from '../define.ts';
import type { AggregateFunction, Aggregator, CallSite } from '../function.ts';
import { aggregate, aggregateVariant } from './define-aggregate.ts';

const { bigint, double } = sqlTypes;

/** Of a result, relative to the true value. */
const accuracy = 0.01;
const logGamma = Math.log((1 + accuracy) / (1 - accuracy));
/** Smaller ones count as zero, greater ones as this: so there are at most 4,400 buckets. */
const least = 1e-9;
const greatest = 1e10;
/** Makes the numbers of all buckets of positive values positive. */
const firstBucket = 1 - Math.ceil(Math.log(least) / logGamma);

/** Buckets and how many values are in each, in turns, by ascending bucket. */
type Sketch = readonly number[];

/**
 * Values in buckets that grow with them (DDSketch: Masson, Rim, Lee, VLDB 2019): a percentile is within one percent of a value that is there, whatever
 * the values are, and states can be added up.
 */
function percentiles(site: CallSite): Aggregator {
  const shares = site.literals.filter((each) => each !== undefined).map(shareOf);
  return {
    stateType: arrayType(bigint),
    initial: () => [],
    add: (state, value) => changed(state as Sketch, value, 1),
    undo: (state, value) => changed(state as Sketch, value, -1),
    merge: (one, other) => {
      let sketch = one as Sketch;
      const added = other as Sketch;
      for (let at = 0; at < added.length; at += 2) sketch = withCount(sketch, Number(added[at]), Number(added[at + 1]));
      return sketch;
    },
    result: (state) => valuesAt(state as Sketch, shares),
  };
}

/** @throws SqlError for what is no share */
function shareOf(literal: unknown): number {
  const share = Number(String(literal));
  if (share >= 0 && share <= 1) return share;
  throw new SqlError('HW_SQL_STATEMENT', 'PERCENTILES takes shares from 0 to 1: write 0.95 for the 95th percentile');
}

function changed(sketch: Sketch, value: unknown, by: 1 | -1): Sketch {
  if (value === null || Number.isNaN(value)) return sketch;
  return withCount(sketch, bucketOf(value as number), by);
}

function bucketOf(value: number): number {
  const size = Math.abs(value);
  if (size <= least) return 0;
  const bucket = firstBucket + Math.ceil(Math.log(Math.min(size, greatest)) / logGamma);
  return value < 0 ? -bucket : bucket;
}

/** The middle of a bucket, which is no further from any of its values than the accuracy. */
function middleOf(bucket: number): number {
  if (bucket === 0) return 0;
  const size = (2 * Math.exp((Math.abs(bucket) - firstBucket) * logGamma)) / (1 + Math.exp(logGamma));
  return bucket < 0 ? -size : size;
}

function withCount(sketch: Sketch, bucket: number, by: number): Sketch {
  let low = 0;
  let high = sketch.length / 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (Number(sketch[2 * middle]) < bucket) low = middle + 1;
    else high = middle;
  }
  const at = 2 * low;
  if (Number(sketch[at]) !== bucket) return by > 0 ? sketch.toSpliced(at, 0, bucket, by) : sketch;
  const count = Number(sketch[at + 1]) + by;
  return count > 0 ? sketch.with(at + 1, count) : sketch.toSpliced(at, 2);
}

/** For each share the value that so many are not above (the nearest rank); null without values. */
function valuesAt(sketch: Sketch, shares: readonly number[]): (number | null)[] {
  let total = 0;
  for (let at = 1; at < sketch.length; at += 2) total += Number(sketch[at]);
  return shares.map((share) => {
    const rank = Math.max(1, Math.ceil(share * total));
    let seen = 0;
    for (let at = 0; at < sketch.length; at += 2) {
      seen += Number(sketch[at + 1]);
      if (seen >= rank) return middleOf(Number(sketch[at]));
    }
    return null;
  });
}

export const percentileFunctions: readonly AggregateFunction[] = [
  aggregate(
    'PERCENTILES',
    {
      description:
        'The values that these shares of a column are not above, each within 1 percent; nulls are left out. Values up to 1e10 in size are told apart.',
      example: 'SELECT ROUTE, PERCENTILES(DURATION, 0.5, 0.95, 0.99) FROM CALLS GROUP BY ROUTE',
    },
    aggregateVariant(
      [
        parameter('val', double, 'The column.'),
        parameter('share', double, 'From 0 to 1, such as 0.95; a literal.'),
        variadic('shares', double, 'Further ones; literals.'),
      ],
      arrayType(double),
      percentiles,
      2,
    ),
  ),
];
