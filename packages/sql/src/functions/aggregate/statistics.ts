import { type SqlType, sqlTypes, structType } from '../../types/sql-type.ts';
import { addLongs, type Long, multiplyLongs, subtractLongs } from '../../values/long.ts';
import { parameter } from '../define.ts';
import type { AggregateFunction, AggregateVariant, Aggregator } from '../function.ts';
import { aggregate, aggregateVariant } from './define-aggregate.ts';

const { integer, bigint, double } = sqlTypes;
type Operation = (one: never, other: never) => unknown;

/** How numbers of a type are added: whole ones exactly. */
interface Numbers {
  readonly sumType: SqlType;
  add(one: unknown, other: unknown): unknown;
  subtract(one: unknown, other: unknown): unknown;
  multiply(one: unknown, count: number): unknown;
}

const wholes: Numbers = {
  sumType: bigint,
  add: addLongs as Operation as Numbers['add'],
  subtract: subtractLongs as Operation as Numbers['subtract'],
  multiply: multiplyLongs as Operation as Numbers['multiply'],
};
const doubles: Numbers = {
  sumType: double,
  add: (one, other) => (one as number) + (other as number),
  subtract: (one, other) => (one as number) - (other as number),
  multiply: (one, count) => (one as number) * count,
};

type AverageState = [sum: unknown, count: number];

function averaging({ sumType, add, subtract }: Numbers): Aggregator {
  const stateType = structType([
    { name: 'SUM', type: sumType },
    { name: 'COUNT', type: bigint },
  ]);
  return {
    stateType,
    initial: (): AverageState => [0, 0],
    add: (state, value) => {
      if (value === null) return state;
      const [sum, count] = state as AverageState;
      return [add(sum, value), count + 1];
    },
    undo: (state, value) => {
      if (value === null) return state;
      const [sum, count] = state as AverageState;
      return [subtract(sum, value), count - 1];
    },
    merge: (one, other) => {
      const [sum, count] = one as AverageState;
      const [otherSum, otherCount] = other as AverageState;
      return [add(sum, otherSum), count + otherCount];
    },
    result: (state) => {
      const [sum, count] = state as AverageState;
      return count === 0 ? 0 : Number(sum as Long) / count;
    },
  };
}

type DeviationState = [sum: unknown, count: number, m2: number];

/** The algorithm of Youngs and Cramer: one pass, and rows can be taken out again. */
function deviating({ sumType, add, subtract, multiply }: Numbers, finish: (variance: number) => number): Aggregator {
  const stateType = structType([
    { name: 'SUM', type: sumType },
    { name: 'COUNT', type: bigint },
    { name: 'M2', type: double },
  ]);
  /** count·value - sum, of a state with the value in it. */
  const delta = (sum: unknown, count: number, value: unknown): number =>
    Number(subtract(multiply(value, count), sum) as Long);
  return {
    stateType,
    initial: (): DeviationState => [0, 0, 0],
    add: (state, value) => {
      if (value === null) return state;
      const [before, countBefore, m2] = state as DeviationState;
      const [sum, count] = [add(before, value), countBefore + 1];
      return [sum, count, count > 1 ? m2 + delta(sum, count, value) ** 2 / (count * (count - 1)) : m2];
    },
    undo: (state, value) => {
      if (value === null) return state;
      const [sum, count, m2] = state as DeviationState;
      const rest = count > 1 ? m2 - delta(sum, count, value) ** 2 / (count * (count - 1)) : m2;
      return [subtract(sum, value), count - 1, rest];
    },
    merge: (one, other) => {
      const [sum, count, m2] = one as DeviationState;
      const [otherSum, otherCount, otherM2] = other as DeviationState;
      const all = count + otherCount;
      const between = Number(sum as Long) / count - Number(otherSum as Long) / otherCount;
      const isBoth = count > 0 && otherCount > 0;
      const joint = m2 + otherM2 + (isBoth ? (count * otherCount * between * between) / all : 0);
      return [add(sum, otherSum), all, joint];
    },
    result: (state) => {
      const [, count, m2] = state as DeviationState;
      return count < 2 ? 0 : finish(m2 / (count - 1));
    },
  };
}

const correlationFields = ['X_SUM', 'Y_SUM', 'X_SQUARED_SUM', 'Y_SQUARED_SUM', 'XY_SUM', 'COUNT'];
const correlationType = structType(
  correlationFields.map((name) => ({ name, type: name === 'COUNT' ? bigint : double })),
);

type Sums = [x: number, y: number, xx: number, yy: number, xy: number, count: number];

function correlating(): Aggregator {
  const change = (state: unknown, x: unknown, y: unknown, sign: 1 | -1): unknown => {
    if (x === null || y === null) return state;
    const [sumX, sumY, squaresX, squaresY, products, count] = state as Sums;
    const [a, b] = [x as number, y as number];
    return [
      sumX + sign * a,
      sumY + sign * b,
      squaresX + sign * a * a,
      squaresY + sign * b * b,
      products + sign * a * b,
      count + sign,
    ] satisfies Sums;
  };
  return {
    stateType: correlationType,
    initial: () => [0, 0, 0, 0, 0, 0],
    add: (state, x, y) => change(state, x, y, 1),
    undo: (state, x, y) => change(state, x, y, -1),
    merge: (one, other) => (one as number[]).map((sum, at) => sum + (other as number[])[at]!),
    result: (state) => {
      const [x, y, xx, yy, xy, count] = state as Sums;
      return (count * xy - x * y) / Math.sqrt((count * xx - x * x) * (count * yy - y * y));
    },
  };
}

function ofNumbers(create: (numbers: Numbers) => Aggregator): AggregateVariant[] {
  return [integer, bigint, double].map((type) =>
    aggregateVariant([parameter('val', type, 'The column.')], double, () => create(type === double ? doubles : wholes)),
  );
}

export const statisticsFunctions: readonly AggregateFunction[] = [
  aggregate(
    'AVG',
    {
      description: 'The average of a column; nulls are left out.',
      example: 'SELECT ID, AVG(AMOUNT) FROM ORDERS GROUP BY ID',
    },
    ...ofNumbers(averaging),
  ),
  aggregate(
    'STDDEV_SAMPLE',
    {
      description: 'The standard deviation of a sample; nulls are left out.',
      example: 'SELECT ID, STDDEV_SAMPLE(AMOUNT) FROM ORDERS GROUP BY ID',
    },
    ...ofNumbers((numbers) => deviating(numbers, Math.sqrt)),
  ),
  aggregate(
    'STDDEV_SAMP',
    {
      description: 'The variance of a sample (kept as it was in ksqlDB); STDDEV_SAMPLE is the standard deviation.',
      example: 'SELECT ID, STDDEV_SAMP(AMOUNT) FROM ORDERS GROUP BY ID',
    },
    ...ofNumbers((numbers) => deviating(numbers, (variance) => variance)),
  ),
  aggregate(
    'CORRELATION',
    {
      description: "Pearson's correlation of two columns; rows with a null are left out.",
      example: 'SELECT ID, CORRELATION(PRICE, AMOUNT) FROM ORDERS GROUP BY ID',
    },
    aggregateVariant(
      [parameter('x', double, 'A column.'), parameter('y', double, 'Another column.')],
      double,
      correlating,
    ),
  ),
];
