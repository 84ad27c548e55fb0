import { Decimal } from '@headwater/serdes';

/**
 * What two values of one type have in common just when they are equal, to be a key of a `Map` or `Set`: the value itself where
 * JavaScript tells values apart rightly, else a text.
 */
export function identityOf(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  return `\u0000${textOf(value)}`;
}

function textOf(value: unknown): string {
  if (value instanceof Decimal) {
    // 1.50 and 1.5 are one value.
    const digits = value.toString();
    return `d${value.scale === 0 ? digits : digits.replace(/\.?0+$/, '')}`;
  }
  if (value instanceof Uint8Array)
    return `b${Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64')}`;
  if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`;
  if (value instanceof Map) {
    const entries = Array.from(value, ([key, each]) => `${textOf(key)}:${textOf(each)}`).sort();
    return `{${entries.join(',')}}`;
  }
  return typeof value === 'string'
    ? JSON.stringify(value)
    : `${typeof value}${Object.is(value, -0) ? '-0' : String(value)}`;
}
