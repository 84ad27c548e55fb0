import { JsonNumber, type JsonValue } from '../json/json-value.ts';

/** Numbers written as the reference writes them, which keeps them as Java's BigDecimal: `1e2` is `1E+2`, `0.0000001` is `1E-7`. */
export function withJavaNumbers(value: JsonValue): JsonValue {
  if (value instanceof JsonNumber) return value.isInteger ? value : new JsonNumber(javaDecimal(value.text));
  if (Array.isArray(value)) return value.map(withJavaNumbers);
  if (value instanceof Map) return new Map(Array.from(value, ([name, member]) => [name, withJavaNumbers(member)]));
  return value;
}

/** https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/math/BigDecimal.html#toString() */
function javaDecimal(text: string): string {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)!;
  const digits = `${whole}${fraction}`.replace(/^0+(?=\d)/, '');
  const scale = fraction.length - Number(exponent);
  const isZero = digits === '0';
  const prefix = isZero ? '' : sign;
  const adjusted = digits.length - 1 - scale;
  if (scale === 0) return prefix + digits;
  if (scale > 0 && adjusted >= -6) {
    const padded = digits.padStart(scale + 1, '0');
    return `${prefix}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
  }
  const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
  return `${prefix}${mantissa}${adjusted === 0 ? '' : `E${adjusted > 0 ? '+' : ''}${adjusted}`}`;
}
