import { Decimal } from '@headwater/serdes';

/** Beyond it a number of few digits would need memory without bound. */
const exponentMax = 1_000;
const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** A decimal number with any scale, as Java's BigDecimal holds it: `unscaled` × 10^-`scale`. */
interface DecimalDigits {
  readonly unscaled: bigint;
  readonly scale: number;
}

/** @throws RangeError for what is no number, or one with too large an exponent */
export function decimalDigits(text: string): DecimalDigits {
  const [, sign, whole = '', fraction = '', exponent = '0'] = pattern.exec(text) ?? [];
  if (sign === undefined || whole + fraction === '') throw new RangeError(`"${text}" is no decimal number`);
  const power = Number(exponent);
  if (Math.abs(power) > exponentMax) throw new RangeError(`"${text}" has an exponent beyond ${exponentMax}`);
  return { unscaled: BigInt(whole + fraction) * (sign === '-' ? -1n : 1n), scale: fraction.length - power };
}

/** The text of a number, with an exponent where Java's `BigDecimal.toString` has one: '1E+3', '0.010', '1E-7'. */
export function bigDecimalText(text: string): string {
  const { unscaled, scale } = decimalDigits(text);
  return scientificText(unscaled, scale);
}

/** As Java's `BigDecimal.toString` of a DECIMAL: plain, but for numbers with more than five zeros behind the point. */
export function decimalText(value: Decimal): string {
  return value.scale <= 6 ? value.toString() : scientificText(value.unscaled, value.scale);
}

function scientificText(unscaled: bigint, scale: number): string {
  const isNegative = unscaled < 0n;
  const digits = String(isNegative ? -unscaled : unscaled);
  const exponent = digits.length - 1 - scale;
  if (scale >= 0 && exponent >= -6) return new Decimal(unscaled, scale).toString();
  const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
  return `${isNegative ? '-' : ''}${mantissa}${exponent === 0 ? '' : `E${exponent > 0 ? '+' : ''}${exponent}`}`;
}

/** The number without what is behind its point, as Java's `BigDecimal.longValue` has it before bits are lost. */
export function wholePartOf(text: string): bigint {
  const { unscaled, scale } = decimalDigits(text);
  return scale <= 0 ? unscaled * 10n ** BigInt(-scale) : unscaled / 10n ** BigInt(scale);
}

/**
 * A number as a DECIMAL of just this precision and scale. Zeros behind the point come and go; other digits are never rounded away.
 *
 * @throws RangeError for a number that is too big, or would have to be rounded
 */
export function fitDecimal(value: Decimal, precision: number, scale: number): Decimal {
  const fitting = value.withScale(scale);
  const size = value.unscaled < 0n ? -value.unscaled : value.unscaled;
  if (size >= 10n ** BigInt(precision - scale + value.scale)) {
    throw new RangeError(
      `Numeric field overflow: A field with precision ${precision} and scale ${scale} must round to an absolute value less than 10^${precision - scale}. Got ${value}`,
    );
  }
  if (fitting === undefined) {
    throw new RangeError(
      `Cannot fit decimal '${value}' into DECIMAL(${precision}, ${scale}) without rounding. (Requires ${Math.max(String(size).length, value.scale)},${value.scale})`,
    );
  }
  return fitting;
}

/** @throws RangeError for what is no number of few enough digits */
export function parseDecimal(text: string): Decimal {
  const { unscaled, scale } = decimalDigits(text);
  return scale >= 0 ? new Decimal(unscaled, scale) : new Decimal(unscaled * 10n ** BigInt(-scale), 0);
}
