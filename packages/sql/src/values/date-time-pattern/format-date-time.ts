import { dateOfEpochDay, dayMs, epochDay } from '../calendar.ts';
import { offsetText, type TimeZone } from '../time-zone.ts';
import type { NumberField, NumberPart, Part } from './pattern-parts.ts';
import { type TextStyle, textOfField } from './texts.ts';
import { dayOfWeek, localDayOfWeek, weekBasedYear, weekOfMonth, weekOfWeekBasedYear } from './weeks.ts';
import { abbreviationsOf } from './zone-abbreviations.ts';

/** What is written: a date, a time of day, or both at a place. Null is not there. */
export interface LocalDateTime {
  readonly days: number | null;
  readonly msOfDay: number | null;
  readonly zone: TimeZone | null;
  /** Where there is a zone. */
  readonly instantMs: number;
}

/** @throws RangeError where the pattern asks for what is not there, such as the hour of a date */
export function formatParts(parts: readonly Part[], at: LocalDateTime): string {
  let out = '';
  for (const part of parts) out += formatPart(part, at);
  return out;
}

function formatPart(part: Part, at: LocalDateTime): string {
  switch (part.kind) {
    case 'literal':
      return part.text;
    case 'number':
      return formatNumber(part, numberOf(part.field, at));
    case 'text':
      return textOfField(part.field, part.style, textValue(part.field, at));
    case 'dayPeriod':
      return dayPeriod(present(at.msOfDay, 'time'), part.style);
    case 'zoneId':
      return present(at.zone, 'zone').id;
    case 'zoneName':
      return zoneName(present(at.zone, 'zone'), at.instantMs, part.isFull);
    case 'offset':
      return formatOffset(part, offsetAt(at));
    case 'localizedOffset':
      return localizedOffset(offsetAt(at), part.isFull);
    case 'optional':
      // What is not there is left out with its section.
      try {
        return formatParts(part.parts, at);
      } catch {
        return '';
      }
    case 'padded': {
      const text = formatPart(part.part, at);
      if (text.length > part.width) throw new RangeError(`'${text}' is longer than ${part.width}`);
      return text.padStart(part.width);
    }
  }
}

function present<T>(value: T | null, what: string): T {
  if (value === null) throw new RangeError(`The pattern asks for a ${what}, and there is none`);
  return value;
}

function offsetAt({ zone, instantMs }: LocalDateTime): number {
  return present(zone, 'zone').offsetMs(instantMs);
}

const dateFields: ReadonlySet<NumberField> = new Set([
  'year',
  'yearOfEra',
  'weekBasedYear',
  'quarter',
  'month',
  'week',
  'weekOfMonth',
  'dayOfMonth',
  'dayOfYear',
  'dayOfWeekInMonth',
  'localDayOfWeek',
] satisfies NumberField[]);

function numberOf(field: NumberField, at: LocalDateTime): number | bigint {
  return dateFields.has(field)
    ? dateNumber(field, present(at.days, 'date'))
    : timeNumber(field, present(at.msOfDay, 'time'));
}

function dateNumber(field: NumberField, days: number): number {
  const { year, month, day } = dateOfEpochDay(days);
  switch (field) {
    case 'year':
      return year;
    case 'yearOfEra':
      return year > 0 ? year : 1 - year;
    case 'weekBasedYear':
      return weekBasedYear(days);
    case 'quarter':
      return Math.ceil(month / 3);
    case 'month':
      return month;
    case 'week':
      return weekOfWeekBasedYear(days);
    case 'weekOfMonth':
      return weekOfMonth(days);
    case 'dayOfMonth':
      return day;
    case 'dayOfYear':
      return days - epochDay(year, 1, 1) + 1;
    case 'dayOfWeekInMonth':
      return ((day - 1) % 7) + 1;
    default:
      return localDayOfWeek(days);
  }
}

function timeNumber(field: NumberField, ms: number): number | bigint {
  const hour = Math.floor(ms / 3_600_000);
  switch (field) {
    case 'hourOfDay':
      return hour;
    case 'clockHourOfDay':
      return hour === 0 ? 24 : hour;
    case 'hourOfAmPm':
      return hour % 12;
    case 'clockHourOfAmPm':
      return hour % 12 === 0 ? 12 : hour % 12;
    case 'minute':
      return Math.floor(ms / 60_000) % 60;
    case 'second':
      return Math.floor(ms / 1000) % 60;
    case 'nanoOfSecond':
      return (ms % 1000) * 1_000_000;
    case 'milliOfDay':
      return ms;
    default:
      return BigInt(ms) * 1_000_000n;
  }
}

function formatNumber(part: NumberPart, value: number | bigint): string {
  if (part.isFraction) return String(value).padStart(9, '0').slice(0, part.min);
  if (part.isReduced) return String(Math.abs(Number(value)) % 100).padStart(2, '0');
  const digits = String(value < 0 ? -value : value);
  if (digits.length > part.max) throw new RangeError(`${value} has more than ${part.max} digits`);
  let sign = '';
  if (value < 0) {
    if (part.sign === 'notNegative') throw new RangeError(`${value} is below 0`);
    sign = '-';
  } else if (part.sign === 'exceedsPad' && digits.length > part.min) sign = '+';
  return sign + digits.padStart(part.min, '0');
}

function textValue(field: 'month' | 'dayOfWeek' | 'amPm' | 'era' | 'quarter', at: LocalDateTime): number {
  if (field === 'amPm') return present(at.msOfDay, 'time') < dayMs / 2 ? 0 : 1;
  const days = present(at.days, 'date');
  switch (field) {
    case 'dayOfWeek':
      return dayOfWeek(days);
    case 'era':
      return dateOfEpochDay(days).year > 0 ? 1 : 0;
    default:
      return dateNumber(field, days);
  }
}

function dayPeriod(ms: number, style: TextStyle): string {
  const hour = ms / 3_600_000;
  if (hour === 0) return style === 'narrow' ? 'mi' : 'midnight';
  if (hour === 12) return style === 'narrow' ? 'n' : 'noon';
  if (hour >= 6 && hour < 12) return 'in the morning';
  if (hour >= 12 && hour < 18) return 'in the afternoon';
  return hour >= 18 && hour < 21 ? 'in the evening' : 'at night';
}

function formatOffset(part: Part & { kind: 'offset' }, offsetMs: number): string {
  const seconds = Math.abs(Math.trunc(offsetMs / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const isZero = hours === 0 && minutes === 0 && (part.seconds === 'never' || rest === 0);
  if (isZero) return part.zero;
  let out = (offsetMs < 0 ? '-' : '+') + two(hours);
  if (part.minutes === 'always' || minutes !== 0) out += part.separator + two(minutes);
  if (part.seconds === 'whereNotZero' && rest !== 0) out += part.separator + two(rest);
  return out;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function localizedOffset(offsetMs: number, isFull: boolean): string {
  if (offsetMs === 0) return 'GMT';
  const seconds = Math.abs(offsetMs) / 1000;
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const sign = offsetMs < 0 ? '-' : '+';
  if (isFull) return `GMT${sign}${two(hours)}:${two(minutes)}${rest === 0 ? '' : `:${two(rest)}`}`;
  const small = minutes === 0 && rest === 0 ? '' : `:${two(minutes)}${rest === 0 ? '' : `:${two(rest)}`}`;
  return `GMT${sign}${hours}${small}`;
}

function zoneName(zone: TimeZone, instantMs: number, isFull: boolean): string {
  const { id } = zone;
  if (!/^[A-Za-z]{2}/.test(id) || /^(?:UTC|GMT|UT)[+-]/.test(id)) return id;
  const offset = zone.offsetMs(instantMs);
  const daylight = isDaylight(zone, instantMs);
  if (isFull) return fullName(zone, daylight) ?? id;
  const names = abbreviationsOf(id);
  if (names === undefined) return offset === 0 ? id : `GMT${offsetText(offset)}`;
  return daylight ? names.daylight : names.standard;
}

/** Whether clocks are ahead of what they are in another season. */
function isDaylight(zone: TimeZone, instantMs: number): boolean {
  const offset = zone.offsetMs(instantMs);
  return [-182, -91, 91, 182].some((days) => zone.offsetMs(instantMs + days * dayMs) < offset);
}

const fullNames = new Map<string, string>();
const fullNamesMax = 2000;
/** A winter and a summer of our time: older and later years have other rules, and no names in Intl. */
const seasons = [Date.UTC(2021, 0, 1), Date.UTC(2021, 6, 1)];

function fullName(zone: TimeZone, daylight: boolean): string | undefined {
  const key = `${zone.id} ${daylight}`;
  const known = fullNames.get(key);
  if (known !== undefined) return known;
  const season = seasons.find((instant) => isDaylight(zone, instant) === daylight) ?? seasons[0]!;
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone.id, timeZoneName: 'long' });
  const name = format.formatToParts(season).find(({ type }) => type === 'timeZoneName')?.value;
  if (name !== undefined && fullNames.size < fullNamesMax) fullNames.set(key, name);
  return name;
}
