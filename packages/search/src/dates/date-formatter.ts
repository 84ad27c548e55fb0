import { EsError, illegalArgument } from '../errors.ts';
import { civilToMs, type TimeFields } from './civil-time.ts';
import { type Instant, JavaPattern } from './java-pattern.ts';
import { localToUtc, parseOffset, type TimeZone, timeZone, utc, utcToLocal } from './time-zone.ts';

/** One of the formats that a `format` like `yyyy-MM-dd||epoch_millis` lists. */
interface Format {
  parse(text: string, zone: TimeZone, isRoundedUp: boolean): Instant | undefined;
  format(instant: Instant, zone: TimeZone): string;
}

export const defaultDateFormat = 'strict_date_optional_time||epoch_millis';

/** Reads dates by the first of several formats that fits, and writes them by the first. */
export class DateFormatter {
  readonly pattern: string;
  readonly zone: TimeZone;
  readonly #formats: readonly Format[];

  constructor(pattern: string, zone: TimeZone = utc) {
    this.pattern = pattern;
    this.zone = zone;
    this.#formats = pattern.split('||').map(formatOf);
  }

  withZone(zone: TimeZone): DateFormatter {
    return new DateFormatter(this.pattern, zone);
  }

  /** Throws `illegal_argument_exception` when no format fits. */
  parse(text: string, isRoundedUp = false): Instant {
    for (const format of this.#formats) {
      const instant = format.parse(text, this.zone, isRoundedUp);
      if (instant !== undefined) return instant;
    }
    const cause =
      this.#formats.length > 1
        ? new EsError(400, 'date_time_parse_exception', 'Failed to parse with all enclosed parsers')
        : new EsError(400, 'date_time_parse_exception', `Text '${text}' could not be parsed at index 0`);
    throw illegalArgument(`failed to parse date field [${text}] with format [${this.pattern}]`, cause);
  }

  format(instant: Instant): string {
    return this.#formats[0]!.format(instant, this.zone);
  }

  formatMs(ms: number): string {
    return this.format({ ms, nanos: 0 });
  }
}

const formatters = new Map<string, DateFormatter>();
const formatterCountMax = 500;

export function dateFormatter(pattern: string): DateFormatter {
  const known = formatters.get(pattern);
  if (known !== undefined) return known;
  const made = new DateFormatter(pattern);
  if (formatters.size < formatterCountMax) formatters.set(pattern, made);
  return made;
}

const isoRegex =
  /^([+-]\d{5,9}|-?\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(?:(\d{2})(?::(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?)?(Z|[+-]\d{2}(?::?\d{2}(?::?\d{2})?)?|[A-Za-z][A-Za-z0-9_/+~-]*)?)?)?)?$/;
const lenientIsoRegex =
  /^([+-]?\d{1,9})(?:-(\d{1,2})(?:-(\d{1,2})(?:T(?:(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?)?)?(Z|[+-]\d{1,2}(?::?\d{2}(?::?\d{2})?)?|[A-Za-z][A-Za-z0-9_/+~-]*)?)?)?)?$/;

function isoFormat(regex: RegExp, isNanos: boolean): Format {
  return {
    parse(text, zone, isRoundedUp) {
      const match = regex.exec(text);
      if (match === null) return undefined;
      const [, year, month, day, hour, minute, second, fraction, zoneText] = match;
      const fields: TimeFields = { year: Number(year) };
      if (month !== undefined) fields.month = Number(month);
      if (day !== undefined) fields.day = Number(day);
      if (hour !== undefined) fields.hour = Number(hour);
      if (minute !== undefined) fields.minute = Number(minute);
      if (second !== undefined) fields.second = Number(second);
      if (fraction !== undefined) fields.nano = Number(fraction.padEnd(9, '0'));
      const localMs = civilToMs(fields, isRoundedUp);
      if (localMs === undefined) return undefined;
      const nanos = (fields.nano ?? (isRoundedUp ? 999_999_999 : 0)) % 1_000_000;
      if (zoneText === undefined) return { ms: localToUtc(localMs, zone), nanos };
      if (zoneText === 'Z') return { ms: localMs, nanos };
      const offset = parseOffset(zoneText);
      if (offset !== undefined) return { ms: localMs - offset, nanos };
      try {
        return { ms: localToUtc(localMs, timeZone(zoneText)), nanos };
      } catch {
        return undefined;
      }
    },
    format(instant, zone) {
      const offset = zone.offsetAt(instant.ms);
      const localMs = utcToLocal(instant.ms, zone);
      const year = new Date(localMs).getUTCFullYear();
      if (offset === 0 && instant.nanos === 0 && year >= 0 && year <= 9999) return new Date(localMs).toISOString();
      const pattern = isNanos && instant.nanos !== 0 ? nanosIso : plainIso;
      return pattern.format(instant, zone);
    },
  };
}

const plainIso = new JavaPattern("yyyy-MM-dd'T'HH:mm:ss.SSSXXX");
const nanosIso = new JavaPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSSXXX");

function epochFormat(unitMs: number): Format {
  const digits = unitMs === 1 ? 6 : 9;
  return {
    parse(text, _zone, isRoundedUp) {
      const match = /^(-?\d{1,19})(?:\.(\d{1,9})?)?$/.exec(text);
      if (match === null) return undefined;
      const whole = Number(match[1]) * unitMs;
      if (match[2] === undefined) {
        const isWholeUnit = isRoundedUp && unitMs > 1;
        return { ms: isWholeUnit ? whole + unitMs - 1 : whole, nanos: isRoundedUp ? 999_999 : 0 };
      }
      const isNegative = match[1]!.startsWith('-');
      const nanosTotal = Number(match[2].padEnd(digits, '0').slice(0, digits)) * (isNegative ? -1 : 1);
      const ms = whole + Math.floor(nanosTotal / 1_000_000);
      return { ms, nanos: ((nanosTotal % 1_000_000) + 1_000_000) % 1_000_000 };
    },
    format(instant) {
      if (unitMs === 1)
        return instant.nanos === 0 ? String(instant.ms) : `${instant.ms}.${fractionOf(instant.nanos, 6)}`;
      const seconds = Math.floor(instant.ms / 1000);
      const nano = (instant.ms - seconds * 1000) * 1_000_000 + instant.nanos;
      return nano === 0 ? String(seconds) : `${seconds}.${fractionOf(nano, 9)}`;
    },
  };
}

function fractionOf(value: number, digits: number): string {
  return String(value).padStart(digits, '0').replace(/0+$/, '');
}

// Named formats of the date field that are patterns of their own (week based ones are not served).
const namedPatterns: Record<string, string> = {
  basic_date: 'yyyyMMdd',
  basic_date_time: "yyyyMMdd'T'HHmmss.SSSXX",
  basic_date_time_no_millis: "yyyyMMdd'T'HHmmssXX",
  basic_ordinal_date: 'yyyyDDD',
  basic_ordinal_date_time: "yyyyDDD'T'HHmmss.SSSXX",
  basic_ordinal_date_time_no_millis: "yyyyDDD'T'HHmmssXX",
  basic_time: 'HHmmss.SSSXX',
  basic_time_no_millis: 'HHmmssXX',
  basic_t_time: "'T'HHmmss.SSSXX",
  basic_t_time_no_millis: "'T'HHmmssXX",
  date: 'yyyy-MM-dd',
  date_hour: "yyyy-MM-dd'T'HH",
  date_hour_minute: "yyyy-MM-dd'T'HH:mm",
  date_hour_minute_second: "yyyy-MM-dd'T'HH:mm:ss",
  date_hour_minute_second_fraction: "yyyy-MM-dd'T'HH:mm:ss.SSS",
  date_hour_minute_second_millis: "yyyy-MM-dd'T'HH:mm:ss.SSS",
  date_time: "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
  date_time_no_millis: "yyyy-MM-dd'T'HH:mm:ssXXX",
  hour: 'HH',
  hour_minute: 'HH:mm',
  hour_minute_second: 'HH:mm:ss',
  hour_minute_second_fraction: 'HH:mm:ss.SSS',
  hour_minute_second_millis: 'HH:mm:ss.SSS',
  ordinal_date: 'yyyy-DDD',
  ordinal_date_time: "yyyy-DDD'T'HH:mm:ss.SSSXXX",
  ordinal_date_time_no_millis: "yyyy-DDD'T'HH:mm:ssXXX",
  time: 'HH:mm:ss.SSSXXX',
  time_no_millis: 'HH:mm:ssXXX',
  t_time: "'T'HH:mm:ss.SSSXXX",
  t_time_no_millis: "'T'HH:mm:ssXXX",
  year: 'yyyy',
  year_month: 'yyyy-MM',
  year_month_day: 'yyyy-MM-dd',
  rfc3339_lenient: "yyyy-MM-dd['T'HH:mm[:ss][.SSS]XXX]",
};

function formatOf(text: string): Format {
  const name = text.trim();
  if (name === '') throw illegalArgument('No date pattern provided');
  switch (name) {
    case 'strict_date_optional_time':
      return isoFormat(isoRegex, false);
    case 'strict_date_optional_time_nanos':
      return isoFormat(isoRegex, true);
    case 'date_optional_time':
    case 'iso8601':
      return isoFormat(lenientIsoRegex, false);
    case 'epoch_millis':
      return epochFormat(1);
    case 'epoch_second':
      return epochFormat(1000);
  }
  const isStrict = name.startsWith('strict_');
  const plain = isStrict ? name.slice(7) : name;
  try {
    if (Object.hasOwn(namedPatterns, plain))
      return new JavaPattern(namedPatterns[plain]!, !isStrict && !plain.startsWith('basic_'));
    return new JavaPattern(name);
  } catch (error) {
    if (!(error instanceof EsError)) throw error;
    throw illegalArgument(`Invalid format: [${name}]: ${error.reason}`, error);
  }
}
