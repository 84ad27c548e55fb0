/** Before it a number counts seconds: 1973 in milliseconds, the year 5138 in seconds. */
const millisecondsFrom = 100_000_000_000;
const microsecondsFrom = 100_000_000_000_000;
const nanosecondsFrom = 100_000_000_000_000_000;

/**
 * Milliseconds since 1970 of what a logger wrote as the time: ISO 8601 (a comma before the fraction too; without a zone it is local time), or a
 * number of seconds, milliseconds, microseconds or nanoseconds, told apart by its size. Undefined for anything else.
 */
export function timestampOf(value: unknown): number | undefined {
  if (typeof value === 'number') return ofNumber(value);
  if (typeof value !== 'string' || value.length > 64) return undefined;
  if (/^\d+(?:\.\d+)?$/.test(value)) return value.length < 9 ? undefined : ofNumber(Number(value));
  if (!/^[+-]?\d{4,6}-\d\d/.test(value)) return undefined;
  const ms = Date.parse(value.includes(',') ? value.replace(',', '.') : value);
  return Number.isNaN(ms) ? undefined : ms;
}

function ofNumber(value: number): number | undefined {
  if (!(value > 0) || !Number.isFinite(value)) return undefined;
  if (value < millisecondsFrom) return Math.round(value * 1_000);
  if (value < microsecondsFrom) return Math.round(value);
  return Math.round(value < nanosecondsFrom ? value / 1_000 : value / 1_000_000);
}
