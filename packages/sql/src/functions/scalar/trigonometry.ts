import { sqlTypes } from '../../types/sql-type.ts';
import { parameter, scalar, variant } from '../define.ts';
import type { ScalarFunction, ScalarVariant } from '../function.ts';

const { integer, bigint, double } = sqlTypes;
const category = 'MATHEMATICAL';
type Long = number | bigint;

const types = [integer, bigint, double];

/** A variant for each of the types of numbers that are no DECIMAL. */
function oneNumber(run: (value: number) => number): ScalarVariant[] {
  return types.map((type) =>
    variant(
      [parameter('value', type, 'The number.')],
      double,
      type === bigint ? (value: Long) => run(Number(value)) : run,
    ),
  );
}

function twoNumbers(names: readonly [string, string], run: (one: number, other: number) => number): ScalarVariant[] {
  return types.map((type) =>
    variant(
      [parameter(names[0], type, 'A number.'), parameter(names[1], type, 'A number.')],
      double,
      type === bigint ? (one: Long, other: Long) => run(Number(one), Number(other)) : run,
    ),
  );
}

function ofOne(name: string, description: string, example: string, run: (value: number) => number): ScalarFunction {
  return scalar(name, { category, description, example }, ...oneNumber(run));
}

export const trigonometryFunctions: readonly ScalarFunction[] = [
  ofOne('ACOS', 'The angle in radians whose cosine it is.', 'ACOS(1.0E0) → 0.0', Math.acos),
  ofOne('ASIN', 'The angle in radians whose sine it is.', 'ASIN(0) → 0.0', Math.asin),
  ofOne('ATAN', 'The angle in radians whose tangent it is.', 'ATAN(0) → 0.0', Math.atan),
  scalar(
    'ATAN2',
    { category, description: 'The angle in radians from the x axis to a point.', example: 'ATAN2(0, 1) → 0.0' },
    ...twoNumbers(['y', 'x'], Math.atan2),
  ),
  ofOne('CBRT', 'The cube root.', 'CBRT(8) → 2.0', Math.cbrt),
  ofOne('COS', 'The cosine of an angle in radians.', 'COS(0) → 1.0', Math.cos),
  ofOne('COSH', 'The hyperbolic cosine.', 'COSH(0) → 1.0', Math.cosh),
  ofOne('COT', 'The cotangent of an angle in radians.', 'COT(0) → Infinity', (value) => 1 / Math.tan(value)),
  ofOne('DEGREES', 'Radians as degrees.', 'DEGREES(PI()) → 180.0', (value) => value * (180 / Math.PI)),
  ofOne('EXP', 'e to the power of it.', 'EXP(0) → 1.0', Math.exp),
  ofOne('LN', 'The natural logarithm.', 'LN(1) → 0.0', Math.log),
  scalar(
    'LOG',
    {
      category,
      description: 'The natural logarithm, or that to a base.',
      example: 'LOG(2, 8) → 3.0',
    },
    ...oneNumber(Math.log),
    ...twoNumbers(['base', 'value'], (base, value) => {
      if (base <= 0 || base === 1) return Number.NaN;
      return Math.log(value) / Math.log(base);
    }),
  ),
  scalar(
    'POWER',
    { category, description: 'A number to the power of another.', example: 'POWER(2, 10) → 1024.0' },
    ...twoNumbers(['base', 'exponent'], (base, exponent) => base ** exponent),
  ),
  ofOne('RADIANS', 'Degrees as radians.', 'RADIANS(0) → 0.0', (value) => value * (Math.PI / 180)),
  ofOne('SIN', 'The sine of an angle in radians.', 'SIN(0) → 0.0', Math.sin),
  ofOne('SINH', 'The hyperbolic sine.', 'SINH(0) → 0.0', Math.sinh),
  ofOne('SQRT', 'The square root; NaN of what is below 0.', 'SQRT(16) → 4.0', Math.sqrt),
  ofOne('TAN', 'The tangent of an angle in radians.', 'TAN(0) → 0.0', Math.tan),
  ofOne('TANH', 'The hyperbolic tangent.', 'TANH(0) → 0.0', Math.tanh),
  scalar(
    'PI',
    { category, description: 'The number pi.', example: 'PI() → 3.141592653589793' },
    variant([], double, () => Math.PI),
  ),
  scalar(
    'RANDOM',
    { category, description: 'A random number from 0, below 1.', example: 'RANDOM()' },
    variant([], double, () => Math.random()),
  ),
];
