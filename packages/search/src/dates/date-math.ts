import { EsError, parseException } from '../errors.ts';
import { addMonths, dayMs } from './civil-time.ts';
import type { DateFormatter } from './date-formatter.ts';
import type { Instant } from './java-pattern.ts';
import { localToUtc, type TimeZone, utcToLocal } from './time-zone.ts';

/**
 * A date as queries write it: `2024-01-31`, `now-1d/d`, `2024-01-31||+1M/d`.
 *
 * Rounding up gives the last millisecond of what the text names: `lte` and `gt` take that one.
 */
export function parseDateMath(text: string, formatter: DateFormatter, nowMs: number, isRoundedUp: boolean): Instant {
  let base: Instant;
  let math: string;
  if (text.startsWith('now')) {
    base = { ms: nowMs, nanos: 0 };
    math = text.slice(3);
  } else {
    const bar = text.indexOf('||');
    if (bar < 0) return parseDate(text, formatter, isRoundedUp);
    // With math behind it the date itself is the beginning of what it names.
    base = parseDate(text.slice(0, bar), formatter, false);
    math = text.slice(bar + 2);
  }
  return applyMath(math, base, isRoundedUp, formatter.zone);
}

function parseDate(text: string, formatter: DateFormatter, isRoundedUp: boolean): Instant {
  if (text === '') throw parseException('cannot parse empty date');
  try {
    return formatter.parse(text, isRoundedUp);
  } catch (error) {
    if (!(error instanceof EsError)) throw error;
    throw parseException(`${error.reason}: [${error.reason}]`, error);
  }
}

function applyMath(math: string, base: Instant, isRoundedUp: boolean, zone: TimeZone): Instant {
  let ms = base.ms;
  let at = 0;
  while (at < math.length) {
    const operator = math[at++]!;
    const isRounding = operator === '/';
    if (!isRounding && operator !== '+' && operator !== '-') {
      throw parseException(`operator not supported for date math [${math}]`);
    }
    const sign = operator === '-' ? -1 : 1;
    if (at >= math.length) throw parseException(`truncated date math [${math}]`);
    const start = at;
    while (at < math.length && math[at]! >= '0' && math[at]! <= '9') at++;
    const count = at === start ? 1 : Number(math.slice(start, at));
    if (at >= math.length) throw parseException(`truncated date math [${math}]`);
    if (isRounding && count !== 1)
      throw parseException(`rounding \`/\` can only be used on single unit types [${math}]`);
    const unit = math[at++]!;
    if (isRounding) {
      const floor = roundDown(ms, unit, math, zone);
      ms = isRoundedUp ? shift(floor, 1, unit, math, zone) - 1 : floor;
    } else ms = shift(ms, sign * count, unit, math, zone);
  }
  return { ms, nanos: isRoundedUp && math.endsWith('/') ? 999_999 : base.nanos };
}

function shift(ms: number, count: number, unit: string, math: string, zone: TimeZone): number {
  switch (unit) {
    case 'y':
      return localToUtc(addMonths(utcToLocal(ms, zone), 12 * count), zone);
    case 'M':
      return localToUtc(addMonths(utcToLocal(ms, zone), count), zone);
    case 'w':
      return localToUtc(utcToLocal(ms, zone) + 7 * dayMs * count, zone);
    case 'd':
      return localToUtc(utcToLocal(ms, zone) + dayMs * count, zone);
    case 'h':
    case 'H':
      return ms + 3_600_000 * count;
    case 'm':
      return ms + 60_000 * count;
    case 's':
      return ms + 1000 * count;
    default:
      throw parseException(`unit [${unit}] not supported for date math [${math}]`);
  }
}

function roundDown(ms: number, unit: string, math: string, zone: TimeZone): number {
  const localMs = utcToLocal(ms, zone);
  return localToUtc(floorLocal(localMs, unit, math), zone);
}

function floorLocal(localMs: number, unit: string, math: string): number {
  const date = new Date(localMs);
  const day = Math.floor(localMs / dayMs) * dayMs;
  switch (unit) {
    case 'y':
      return Date.UTC(date.getUTCFullYear(), 0, 1);
    case 'M':
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
    case 'w':
      // Weeks begin on Monday.
      return day - ((date.getUTCDay() + 6) % 7) * dayMs;
    case 'd':
      return day;
    case 'h':
    case 'H':
      return Math.floor(localMs / 3_600_000) * 3_600_000;
    case 'm':
      return Math.floor(localMs / 60_000) * 60_000;
    case 's':
      return Math.floor(localMs / 1000) * 1000;
    default:
      throw parseException(`unit [${unit}] not supported for date math [${math}]`);
  }
}
