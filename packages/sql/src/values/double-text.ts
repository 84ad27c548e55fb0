/**
 * A DOUBLE as Java's `Double.toString` (JDK 19 and later: shortest) writes it: `1.0`, `0.001`, `1.0E-4`, `1.0E7`, `NaN`, `Infinity`.
 */
export function doubleText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value);
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  if (!Number.isFinite(value)) return String(value);
  const shortest = value.toExponential();
  // Of two digits the nearest is taken: 4.9E-324, not 5.0E-324.
  const [digits = '', exponent = ''] = (shortest.includes('.') ? shortest : value.toExponential(1)).split('e');
  return `${digits}E${Number(exponent)}`;
}

const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[dDfF]?$/;
const special = /^([+-]?)(NaN|Infinity)$/i;

/** As Java's `Double.parseDouble` reads it (but for hexadecimal digits), NaN and Infinity in any case; undefined for what is no number. */
export function parseDouble(text: string): number | undefined {
  const trimmed = text.trim();
  if (number.test(trimmed)) return Number(trimmed.replace(/[dDfF]$/, ''));
  const [, sign, name] = special.exec(trimmed) ?? [];
  if (name === undefined) return undefined;
  if (name.length === 3) return Number.NaN;
  return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}
