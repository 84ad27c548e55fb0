import { Decimal } from '@headwater/serdes';

const powers: bigint[] = [1n];

export function powerOfTen(exponent: number): bigint {
  while (powers.length <= exponent && powers.length < 512) powers.push(powers.at(-1)! * 10n);
  return exponent < powers.length ? powers[exponent]! : 10n ** BigInt(exponent);
}

export type Rounding = 'HALF_UP' | 'DOWN' | 'UP' | 'FLOOR' | 'CEILING';

/** The quotient of integers, rounded to an integer. */
export function divideRounded(dividend: bigint, divisor: bigint, rounding: Rounding): bigint {
  const quotient = dividend / divisor;
  const rest = dividend % divisor;
  if (rest === 0n) return quotient;
  const isNegative = dividend < 0n !== divisor < 0n;
  let isAway: boolean;
  switch (rounding) {
    case 'HALF_UP': {
      const twice = rest * 2n;
      isAway = (twice < 0n ? -twice : twice) >= (divisor < 0n ? -divisor : divisor);
      break;
    }
    case 'DOWN':
      isAway = false;
      break;
    case 'UP':
      isAway = true;
      break;
    case 'FLOOR':
      isAway = isNegative;
      break;
    case 'CEILING':
      isAway = !isNegative;
  }
  return isAway ? quotient + (isNegative ? -1n : 1n) : quotient;
}

/** The number with so many digits after the point. */
export function rescale(value: Decimal, scale: number, rounding: Rounding = 'HALF_UP'): Decimal {
  if (scale === value.scale) return value;
  if (scale > value.scale) return new Decimal(value.unscaled * powerOfTen(scale - value.scale), scale);
  return new Decimal(divideRounded(value.unscaled, powerOfTen(value.scale - scale), rounding), scale);
}

/** As BigDecimal's `precision`: the digits of the unscaled value, 1 for zero. */
export function precisionOf(value: Decimal): number {
  const text = String(value.unscaled);
  return value.unscaled < 0n ? text.length - 1 : text.length;
}

/**
 * The number as a value of DECIMAL(precision, scale), rounded half up.
 *
 * @throws RangeError where its whole part has too many digits
 */
export function fitDecimal(value: Decimal, precision: number, scale: number): Decimal {
  const rounded = rescale(value, scale);
  const size = rounded.unscaled < 0n ? -rounded.unscaled : rounded.unscaled;
  if (size >= powerOfTen(precision)) {
    throw new RangeError(
      `Numeric field overflow: A field with precision ${precision} and scale ${scale} must round to an absolute value less than 10^${precision - scale}. Got ${value}`,
    );
  }
  return rounded;
}

/** The exact value of a double, rounded half up to so many digits of all (Java's `new BigDecimal(double, MathContext)`). */
export function decimalOfDouble(value: number, precision: number): Decimal {
  if (!Number.isFinite(value)) throw new RangeError(`${value} is no decimal number`);
  const exact = exactDecimal(value);
  const excess = precisionOf(exact) - precision;
  if (excess <= 0) return exact;
  const rounded = divideRounded(exact.unscaled, powerOfTen(excess), 'HALF_UP');
  const scale = exact.scale - excess;
  return scale >= 0 ? new Decimal(rounded, scale) : new Decimal(rounded * powerOfTen(-scale), 0);
}

const bits = new DataView(new ArrayBuffer(8));

function exactDecimal(value: number): Decimal {
  if (Number.isInteger(value)) return new Decimal(BigInt(value), 0);
  bits.setFloat64(0, Math.abs(value));
  const raw = bits.getBigUint64(0);
  const exponent = Number(raw >> 52n);
  const fraction = raw & 0xfffffffffffffn;
  const mantissa = exponent === 0 ? fraction : fraction | 0x10000000000000n;
  let shift = 1075 - Math.max(exponent, 1);
  let odd = mantissa;
  while ((odd & 1n) === 0n) {
    odd >>= 1n;
    shift--;
  }
  // m / 2^n is m·5^n / 10^n
  const unscaled = odd * 5n ** BigInt(shift);
  return new Decimal(value < 0 ? -unscaled : unscaled, shift);
}

/** Below, at or above 0; the scale does not count. */
export function compareDecimals(one: Decimal, other: Decimal): number {
  const difference =
    one.scale === other.scale
      ? one.unscaled - other.unscaled
      : one.scale < other.scale
        ? one.unscaled * powerOfTen(other.scale - one.scale) - other.unscaled
        : one.unscaled - other.unscaled * powerOfTen(one.scale - other.scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export function addDecimals(one: Decimal, other: Decimal): Decimal {
  const scale = Math.max(one.scale, other.scale);
  return new Decimal(rescale(one, scale).unscaled + rescale(other, scale).unscaled, scale);
}

export function subtractDecimals(one: Decimal, other: Decimal): Decimal {
  const scale = Math.max(one.scale, other.scale);
  return new Decimal(rescale(one, scale).unscaled - rescale(other, scale).unscaled, scale);
}

export function multiplyDecimals(one: Decimal, other: Decimal): Decimal {
  return new Decimal(one.unscaled * other.unscaled, one.scale + other.scale);
}

/** Rounded half up to so many digits after the point. @throws RangeError for a divisor of 0 */
export function divideDecimals(one: Decimal, other: Decimal, scale: number): Decimal {
  if (other.unscaled === 0n) throw new RangeError('Division by zero');
  const shift = scale + other.scale - one.scale;
  const [dividend, divisor] =
    shift >= 0
      ? [one.unscaled * powerOfTen(shift), other.unscaled]
      : [one.unscaled, other.unscaled * powerOfTen(-shift)];
  return new Decimal(divideRounded(dividend, divisor, 'HALF_UP'), scale);
}

/** With the sign of the dividend. @throws RangeError for a divisor of 0 */
export function remainderOfDecimals(one: Decimal, other: Decimal): Decimal {
  if (other.unscaled === 0n) throw new RangeError('Division by zero');
  const scale = Math.max(one.scale, other.scale);
  return new Decimal(rescale(one, scale).unscaled % rescale(other, scale).unscaled, scale);
}
