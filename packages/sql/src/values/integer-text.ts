import { type Long, longOf } from './long.ts';

const pattern = /^[+-]?\d+$/;

/** As Java's `Integer.parseInt`, blanks around it allowed. @throws RangeError for other text, and beyond 32 bits */
export function parseInteger(text: string): number {
  const trimmed = text.trim();
  const value = pattern.test(trimmed) ? Number(trimmed) : Number.NaN;
  if (!(value >= -2147483648 && value <= 2147483647)) throw new RangeError(`"${text}" is no INTEGER`);
  return value + 0;
}

/** As Java's `Long.parseLong`, blanks around it allowed. @throws RangeError for other text, and beyond 64 bits */
export function parseLong(text: string): Long {
  const trimmed = text.trim();
  if (!pattern.test(trimmed)) throw new RangeError(`"${text}" is no BIGINT`);
  const value = Number(trimmed);
  if (Number.isSafeInteger(value)) return value + 0;
  const exact = BigInt(trimmed.startsWith('+') ? trimmed.slice(1) : trimmed);
  if (BigInt.asIntN(64, exact) !== exact) throw new RangeError(`"${text}" is beyond BIGINT`);
  return longOf(exact);
}

/** Java's narrowing of a double: NaN is 0, and what is too big is the last one that fits. */
export function longOfDouble(value: number): Long {
  if (Number.isNaN(value)) return 0;
  const whole = Math.trunc(value) + 0;
  if (Number.isSafeInteger(whole)) return whole;
  if (whole >= 2 ** 63) return 9223372036854775807n;
  if (whole <= -(2 ** 63)) return -9223372036854775808n;
  return longOf(BigInt(whole));
}

export function integerOfDouble(value: number): number {
  if (Number.isNaN(value)) return 0;
  return Math.max(-2147483648, Math.min(2147483647, Math.trunc(value))) + 0;
}

/** The lowest 32 bits. */
export function integerOfLong(value: Long): number {
  return typeof value === 'number' && value >= -2147483648 && value <= 2147483647
    ? value
    : Number(BigInt.asIntN(32, BigInt(value)));
}
