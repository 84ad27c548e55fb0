import { SqlError } from '../sql-error.ts';
import { dateOfEpochDay, dayMs, daysOfMonth, epochDay } from './calendar.ts';
import { instantOfLocal, utc, zoneOf } from './time-zone.ts';

const timeHelp =
  "Required format is: \"HH:mm:ss.SSS\", for example: '01:34:20.123' or '01:34:20'. Partials are also supported, for example '01:34'";
const dateHelp =
  "Required format is: \"yyyy-MM-dd\", for example '2020-05-26'. Partials are also supported, for example '2020-05'";
const timestampHelp =
  'Required format is: "yyyy-MM-dd\'T\'HH:mm:ss.SSS", with an optional numeric 4-digit timezone, for example: ' +
  "'2020-05-26T23:59:58.000' or with tz: '2020-05-26T23:59:58.000+0200'. A trailing 'Z' instead of tz indicates the zero UTC offset. " +
  'Partials are also supported, for example "2020-05-26"';

function failure(what: string, text: string, help: string): SqlError {
  return new SqlError('HW_SQL_EVALUATION', `Failed to parse ${what} '${text}'\n${help}`);
}

const timePattern = /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?$/;

/** Milliseconds of the day of `HH:mm[:ss[.SSS]]`; digits below the millisecond are cut. @throws SqlError */
export function parseTime(text: string): number {
  const [, hours, minutes, seconds = '0', fraction = ''] = timePattern.exec(text.trim()) ?? [];
  if (hours === undefined || Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) {
    throw failure('time', text, timeHelp);
  }
  const ms = Number(fraction.padEnd(3, '0').slice(0, 3));
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + ms;
}

const datePattern = /^([+-]?\d{4,9})(?:-(\d\d)(?:-(\d\d))?)?$/;

/** Days since 1970-01-01 of `yyyy[-MM[-dd]]`. @throws SqlError */
export function parseDate(text: string): number {
  const days = daysOf(text.trim());
  if (days === undefined) throw failure('date', text, dateHelp);
  return days;
}

/** With `isCut` a day beyond the month's end is its last, as Java's patterns read it. */
function daysOf(text: string, isCut = false): number | undefined {
  const [, year, month = '01', day = '01'] = datePattern.exec(text) ?? [];
  if (year === undefined) return undefined;
  const [y, m, d] = [Number(year), Number(month), Number(day)];
  if (m < 1 || m > 12 || d < 1 || d > 31) return undefined;
  const last = daysOfMonth(y, m);
  if (d > last && !isCut) return undefined;
  return epochDay(y, m, Math.min(d, last));
}

const clockPattern = /^(\d\d):(\d\d):(\d\d)\.(\d{3})$/;
const midnight = '00:00:00.000';

/**
 * Milliseconds since the epoch of a timestamp's text, UTC unless it names a zone; missing parts are the first of theirs (`2020`,
 * `2020-05`, `2020-05-26T23:59`). @throws SqlError
 */
export function parseTimestamp(text: string): number {
  const trimmed = text.trim();
  const mark = trimmed.indexOf('T');
  const days = daysOf(mark === -1 ? trimmed : trimmed.slice(0, mark), true);
  if (days === undefined) throw failure('timestamp', text, timestampHelp);
  if (mark === -1) return days * dayMs;
  const rest = trimmed.slice(mark + 1);
  const zoneAt = rest.search(/[+-]/);
  const clock = (zoneAt === -1 ? rest : rest.slice(0, zoneAt)).replace(/Z$/, '');
  const zone = zoneAt === -1 ? utc : zoneOf(rest.slice(zoneAt));
  const [, hours, minutes, seconds, fraction] = clockPattern.exec(clock + midnight.slice(clock.length)) ?? [];
  if (
    zone === undefined ||
    hours === undefined ||
    Number(hours) > 23 ||
    Number(minutes) > 59 ||
    Number(seconds) > 59 ||
    trimmed.slice(0, mark).split('-').length < 3
  ) {
    throw failure('timestamp', text, timestampHelp);
  }
  const clockMs = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(fraction);
  return instantOfLocal(days * dayMs + clockMs, zone);
}

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}

/** `yyyy-MM-dd`; years beyond four digits have their sign, as java.time writes them. */
export function dateText(days: number): string {
  const { year, month, day } = dateOfEpochDay(days);
  const size = padded(Math.abs(year), 4);
  const sign = year < 0 ? '-' : year > 9999 ? '+' : '';
  return `${sign}${size}-${padded(month, 2)}-${padded(day, 2)}`;
}

/** `HH:mm[:ss[.SSS]]`: what is 0 at the end is left out, as java.time's LocalTime writes it. */
export function timeText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const text = `${padded(Math.floor(seconds / 3600), 2)}:${padded(Math.floor(seconds / 60) % 60, 2)}`;
  if (ms % 1000 !== 0) return `${text}:${padded(seconds % 60, 2)}.${padded(ms % 1000, 3)}`;
  return seconds % 60 === 0 ? text : `${text}:${padded(seconds % 60, 2)}`;
}

/** `yyyy-MM-ddTHH:mm:ss.SSS` in UTC. */
export function timestampText(ms: number): string {
  const days = Math.floor(ms / dayMs);
  const clock = ms - days * dayMs;
  const seconds = Math.floor(clock / 1000);
  return `${dateText(days)}T${padded(Math.floor(seconds / 3600), 2)}:${padded(Math.floor(seconds / 60) % 60, 2)}:${padded(seconds % 60, 2)}.${padded(clock % 1000, 3)}`;
}
