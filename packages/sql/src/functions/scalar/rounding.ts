import { Decimal } from '@headwater/serdes';
import { decimalType, type SqlType, sqlTypes } from '../../types/sql-type.ts';
import { divideRounded, fitDecimal, powerOfTen, type Rounding, rescale } from '../../values/decimal-arithmetic.ts';
import { longOfDouble } from '../../values/integer-text.ts';
import { type Long, longOf } from '../../values/long.ts';
import { parameter, scalar, variant, variantAt } from '../define.ts';
import type { CallSite, Evaluate, ScalarFunction, ScalarVariant } from '../function.ts';
import { patterns } from '../type-pattern.ts';

const { integer, bigint, double } = sqlTypes;
const category = 'MATHEMATICAL';
const places = parameter('scale', integer, 'Digits after the point; negative ones before it.');
type DecimalType = SqlType & { kind: 'DECIMAL' };
type Mode = 'ROUND' | 'TRUNC';

function number(type: SqlType): ReturnType<typeof parameter> {
  return parameter('value', type, 'The number.');
}

const decimal = parameter('value', patterns.decimal, 'The number.');

const sameType = ([type]: readonly (SqlType | null)[]): SqlType => type!;

function wholeType([type]: readonly (SqlType | null)[]): SqlType {
  const { precision, scale } = type as DecimalType;
  return decimalType(Math.max(precision - scale, 1), 0);
}

/** Half up towards the positive end, as Java's `Math.round`: -1.5 is -1. */
function roundDecimal(value: Decimal, scale: number, mode: Mode): Decimal {
  const drop = value.scale - scale;
  if (drop <= 0) return value;
  const divisor = powerOfTen(drop);
  let quotient: bigint;
  if (mode === 'TRUNC') quotient = value.unscaled / divisor;
  else if (value.unscaled > 0n) quotient = divideRounded(value.unscaled, divisor, 'HALF_UP');
  else quotient = divideRounded(value.unscaled * 2n + divisor, divisor * 2n, 'FLOOR');
  return scale >= 0 ? new Decimal(quotient, scale) : new Decimal(quotient * powerOfTen(-scale), 0);
}

/** To more digits than a double has, and to fewer than it has before the point, is no work. */
const placesMax = 400;

function roundDouble(value: number, scale: number, mode: Mode): number {
  if (!Number.isFinite(value)) throw new RangeError(`${value} cannot be rounded`);
  if (scale > placesMax) return value;
  if (scale < -placesMax) return 0;
  return roundDecimal(Decimal.from(value), scale, mode).toNumber();
}

/** Java's `Math.round`. */
function roundToLong(value: number): Long {
  return longOfDouble(Math.round(value));
}

function toScaleOf(mode: Mode): (site: CallSite) => Evaluate {
  return ({ returnType }) => {
    const { precision, scale } = returnType as DecimalType;
    return (value: Decimal, digits = 0) => fitDecimal(roundDecimal(value, digits, mode), precision, scale);
  };
}

function roundingVariants(mode: Mode, toLong: (value: number) => Long): ScalarVariant[] {
  return [
    variant([number(bigint)], bigint, (value: Long) => value),
    variant([number(integer)], bigint, (value: number) => value),
    variant([number(double)], bigint, toLong),
    variant([number(double), places], double, (value: number, scale: number) => roundDouble(value, scale, mode)),
    variantAt([decimal], wholeType, toScaleOf(mode)),
    variantAt([decimal, places], sameType, toScaleOf(mode)),
  ];
}

function wholeVariants(ofDouble: (value: number) => number, rounding: Rounding): ScalarVariant[] {
  return [
    variant([number(integer)], integer, (value: number) => value),
    variant([number(bigint)], bigint, (value: Long) => value),
    variant([number(double)], double, ofDouble),
    variantAt([decimal], sameType, ({ returnType }) => {
      const { precision, scale } = returnType as DecimalType;
      return (value: Decimal) => fitDecimal(rescale(value, 0, rounding), precision, scale);
    }),
  ];
}

export const roundingFunctions: readonly ScalarFunction[] = [
  scalar(
    'ABS',
    { category, description: 'The number without its sign.', example: 'ABS(-3) → 3' },
    variant([number(integer)], integer, (value: number) => Math.abs(value) | 0),
    variant([number(bigint)], bigint, (value: Long) =>
      typeof value === 'number' ? Math.abs(value) : longOf(value < 0n ? -value : value),
    ),
    variant([number(double)], double, Math.abs),
    variant([decimal], sameType, (value: Decimal) =>
      value.unscaled < 0n ? new Decimal(-value.unscaled, value.scale) : value,
    ),
  ),
  scalar(
    'CEIL',
    { category, description: 'The least whole number that is not below it.', example: 'CEIL(1.2E0) → 2.0' },
    ...wholeVariants(Math.ceil, 'CEILING'),
  ),
  scalar(
    'FLOOR',
    { category, description: 'The greatest whole number that is not above it.', example: 'FLOOR(1.8E0) → 1.0' },
    ...wholeVariants(Math.floor, 'FLOOR'),
  ),
  scalar(
    'ROUND',
    {
      category,
      description: 'The nearest number with so many digits after the point (default none); of two the greater.',
      example: 'ROUND(2.345E0, 2) → 2.35',
    },
    ...roundingVariants('ROUND', roundToLong),
  ),
  scalar(
    'TRUNC',
    {
      category,
      description: 'The number with so many digits after the point (default none); others are cut.',
      example: 'TRUNC(-1.79E0, 1) → -1.7',
    },
    ...roundingVariants('TRUNC', longOfDouble),
  ),
  scalar(
    'SIGN',
    { category, description: '-1 below 0, 0 at 0, 1 above it.', example: 'SIGN(-5) → -1' },
    variant([number(integer)], integer, (value: number) => Math.sign(value)),
    variant([number(bigint)], integer, (value: Long) => (value > 0 ? 1 : value < 0 ? -1 : 0)),
    variant([number(double)], integer, (value: number) => (value > 0 ? 1 : value < 0 ? -1 : 0)),
  ),
];
