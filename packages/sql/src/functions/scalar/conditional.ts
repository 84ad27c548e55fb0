import type { Decimal } from '@headwater/serdes';
import { comparator, isSameValue } from '../../types/comparison.ts';
import { widerDecimal } from '../../types/implicit-cast.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { rescale } from '../../values/decimal-arithmetic.ts';
import { parameter, scalar, variadic, variant, variantAt } from '../define.ts';
import type { Evaluate, ScalarFunction, ScalarVariant } from '../function.ts';
import { orderedPatterns, variable } from '../type-pattern.ts';

const T = variable('T');
const nulls = { isNullTaken: true };

function widest(types: readonly (SqlType | null)[]): SqlType {
  return types
    .filter((type) => type !== null)
    .reduce((one, other) => (one.kind === 'DECIMAL' ? widerDecimal(one, other) : one));
}

/** `sign` 1: the greatest, -1: the least. */
function extreme(type: SqlType, sign: 1 | -1): Evaluate {
  const compare = comparator(type, type)! as (one: unknown, other: unknown) => number;
  const finish = type.kind === 'DECIMAL' ? (value: unknown) => rescale(value as Decimal, type.scale) : undefined;
  return (...values: unknown[]) => {
    let best: unknown = null;
    for (const value of values) {
      if (value !== null && (best === null || compare(value, best) * sign > 0)) best = value;
    }
    return best === null || finish === undefined ? best : finish(best);
  };
}

function extremeVariants(sign: 1 | -1): ScalarVariant[] {
  return orderedPatterns.map((type) =>
    variantAt(
      [parameter('val', type, 'A value.'), variadic('vals', type, 'Other values.')],
      type.kind === 'ANY_DECIMAL' ? widest : type,
      ({ returnType }) => extreme(returnType, sign),
      nulls,
    ),
  );
}

export const conditionalFunctions: readonly ScalarFunction[] = [
  scalar(
    'COALESCE',
    {
      category: 'CONDITIONAL',
      description: 'The first of the values that is not null.',
      example: "COALESCE(NULL, 'a') → 'a'",
    },
    variant(
      [parameter('first', T, 'A value.'), variadic('others', T, 'Other values.')],
      T,
      (...values: unknown[]) => {
        for (const value of values) if (value !== null) return value;
        return null;
      },
      nulls,
    ),
  ),
  scalar(
    'IFNULL',
    {
      category: 'CONDITIONAL',
      description: 'The value, or another one where it is null.',
      example: 'IFNULL(NULL, 0) → 0',
    },
    variant(
      [parameter('expression', T, 'The value.'), parameter('altValue', T, 'What is taken instead of null.')],
      T,
      (value: unknown, other: unknown) => value ?? other,
      nulls,
    ),
  ),
  scalar(
    'NULLIF',
    {
      category: 'CONDITIONAL',
      description: 'Null where both are equal, else the first.',
      example: "NULLIF('n/a', 'n/a') → NULL",
    },
    variant(
      [parameter('expr1', T, 'The value.'), parameter('expr2', T, 'What becomes null.')],
      T,
      (value: unknown, other: unknown) =>
        value === null || (other !== null && isSameValue(value, other)) ? null : value,
      nulls,
    ),
  ),
  scalar(
    'GREATEST',
    {
      category: 'MATHEMATICAL',
      description: 'The greatest of the values; nulls are left out.',
      example: 'GREATEST(3, NULL, 7) → 7',
    },
    ...extremeVariants(1),
  ),
  scalar(
    'LEAST',
    {
      category: 'MATHEMATICAL',
      description: 'The least of the values; nulls are left out.',
      example: 'LEAST(3, NULL, 7) → 3',
    },
    ...extremeVariants(-1),
  ),
  scalar(
    'AS_VALUE',
    {
      category: 'OTHER',
      description: 'Copies a column of the key into the value.',
      example: 'SELECT ID, AS_VALUE(ID) AS ID_COPY FROM ORDERS',
    },
    variant([parameter('keyColumn', T, 'The column.')], T, (value: unknown) => value),
  ),
];
