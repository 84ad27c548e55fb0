import { Decimal } from '../decimal.ts';
import { memberName, quoted } from './code.ts';

/** The value as JavaScript source that makes it anew each time it is run. `Decimal` and `bytesOf` are names that the source may use. */
export function literal(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (value === null || typeof value === 'boolean' || value === undefined) return String(value);
  if (value instanceof Uint8Array) return `Uint8Array.of(${value.join(',')})`;
  if (value instanceof Decimal) return `new Decimal(${value.unscaled}n, ${value.scale})`;
  if (Array.isArray(value)) return `[${value.map(literal).join(',')}]`;
  return `{${Object.entries(value as object)
    .map(([name, member]) => `${memberName(name)}: ${literal(member)}`)
    .join(', ')}}`;
}
