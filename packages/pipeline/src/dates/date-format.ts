import { PipelineError } from '../pipeline-error.ts';
import { localToUtc, type OffsetAt, zoneOf } from './time-zone.ts';

/** Reads one format of the date processor; undefined when the text is not of this format. Milliseconds since 1970. */
export type ReadDate = (text: string, zone: OffsetAt, nowMs: number) => number | undefined;

interface Names {
  months: [long: string[], short: string[]];
  days: [long: string[], short: string[]];
}

interface Fields {
  year?: number;
  month: number;
  day: number;
  dayOfYear?: number;
  hour: number;
  isPm?: boolean;
  minute: number;
  second: number;
  ms: number;
  zone?: OffsetAt;
}

const namesByLocale = new Map<string, Names>();

function namesOf(locale: string): Names {
  const known = namesByLocale.get(locale);
  if (known !== undefined) return known;
  const list = (count: number, options: Intl.DateTimeFormatOptions, date: (i: number) => Date): string[] => {
    const format = new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' });
    return Array.from({ length: count }, (_, i) => format.format(date(i)));
  };
  const month = (i: number): Date => new Date(Date.UTC(2021, i, 15));
  const day = (i: number): Date => new Date(Date.UTC(2021, 7, 1 + i));
  const names: Names = {
    months: [list(12, { month: 'long' }, month), list(12, { month: 'short' }, month)],
    days: [list(7, { weekday: 'long' }, day), list(7, { weekday: 'short' }, day)],
  };
  if (namesByLocale.size < 100) namesByLocale.set(locale, names);
  return names;
}

const escapeRegex = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

type Step = (value: string, fields: Fields) => boolean | undefined;

/** `ISO8601`, `UNIX`, `UNIX_MS`, `TAI64N`, or a pattern of java.time. Throws PipelineError for a pattern that is not served. */
export function compileDateFormat(format: string, locale = 'en'): ReadDate {
  switch (format) {
    case 'ISO8601':
      return readIso;
    case 'UNIX':
      return (text) => (/^-?\d{1,13}(?:\.\d{1,9})?$/.test(text) ? Math.round(Number(text) * 1000) : undefined);
    case 'UNIX_MS':
      return (text) => (/^-?\d{1,16}$/.test(text) ? Number(text) : undefined);
    case 'TAI64N':
      return readTai;
    default:
      return compilePattern(format.startsWith('8') ? format.slice(1) : format, namesOf(locale));
  }
}

function compilePattern(pattern: string, names: Names): ReadDate {
  const steps: Step[] = [];
  let source = '';
  let depth = 0;
  const bad = (message: string, position: number): PipelineError =>
    new PipelineError('HW_PIPELINE_PATTERN', `${message} in the date format [${pattern}]`, {
      position,
      field: 'formats',
    });
  for (let at = 0; at < pattern.length; ) {
    const char = pattern[at]!;
    if (/[A-Za-z]/.test(char)) {
      let stop = at;
      while (pattern[stop] === char) stop++;
      const count = stop - at;
      const isAdjacent = /^[yuMdDHhkKmsS]/.test(pattern.slice(stop));
      const field = readField(char, count, isAdjacent, names);
      if (field === undefined) throw bad(`the letter "${char}" is not served`, at);
      source += `(${field.source})`;
      steps.push(field.step);
      at = stop;
    } else if (char === "'") {
      const close = pattern.indexOf("'", at + 1);
      if (close === -1) throw bad('a quote has no end', at);
      source += escapeRegex(close === at + 1 ? "'" : pattern.slice(at + 1, close));
      at = close + 1;
    } else {
      if (char === '[') depth++;
      if (char === ']' && --depth < 0) throw bad('"]" has no "["', at);
      source += char === '[' ? '(?:' : char === ']' ? ')?' : escapeRegex(char);
      at++;
    }
  }
  source += ')?'.repeat(depth);
  const regex = new RegExp(`^${source}$`, 'iu');
  return (text, zone, nowMs) => {
    if (text.length > 200) return undefined;
    const match = regex.exec(text);
    if (match === null) return undefined;
    const fields: Fields = { month: 1, day: 1, hour: 0, minute: 0, second: 0, ms: 0 };
    for (let i = 0; i < steps.length; i++) {
      const value = match[i + 1];
      if (value !== undefined && steps[i]!(value, fields) === false) return undefined;
    }
    return toMs(fields, zone, nowMs);
  };
}

function readField(
  letter: string,
  count: number,
  isAdjacent: boolean,
  names: Names,
): { source: string; step: Step } | undefined {
  const digits = count >= 2 || isAdjacent ? `\\d{${Math.max(count, 1)}}` : '\\d{1,2}';
  const number = (set: (fields: Fields, value: number) => void, source = digits): { source: string; step: Step } => ({
    source,
    step: (value, fields) => {
      set(fields, Number(value));
      return undefined;
    },
  });
  const name = (
    lists: readonly string[][],
    set: (fields: Fields, index: number) => void,
  ): { source: string; step: Step } => {
    const list = lists.flat();
    const all = [...new Set(list)].sort((a, b) => b.length - a.length).map(escapeRegex);
    return {
      source: all.join('|'),
      step: (value, fields) => {
        const index = list.findIndex((one) => one.toLowerCase() === value.toLowerCase());
        if (index === -1) return false;
        set(fields, index % lists[0]!.length);
        return undefined;
      },
    };
  };
  switch (letter) {
    case 'y':
    case 'u':
    case 'Y':
      if (count === 2) return number((fields, value) => (fields.year = 2000 + value), '\\d{2}');
      return number((fields, value) => (fields.year = value), isAdjacent || count >= 4 ? '\\d{4}' : '\\d{1,9}');
    case 'M':
    case 'L':
      if (count <= 2) return number((fields, value) => (fields.month = value));
      return name(count === 3 ? [names.months[1]] : [names.months[0]], (fields, index) => (fields.month = index + 1));
    case 'd':
      return number((fields, value) => (fields.day = value));
    case 'D':
      return number((fields, value) => (fields.dayOfYear = value), count >= 3 ? '\\d{3}' : '\\d{1,3}');
    case 'H':
      return number((fields, value) => (fields.hour = value));
    case 'k':
      return number((fields, value) => (fields.hour = value % 24));
    case 'h':
    case 'K':
      return number((fields, value) => {
        fields.hour = value % 12;
        fields.isPm ??= false;
      });
    case 'a':
      return { source: 'AM|PM|A\\.M\\.|P\\.M\\.', step: (value, fields) => void (fields.isPm = /^p/i.test(value)) };
    case 'm':
      return number((fields, value) => (fields.minute = value));
    case 's':
      return number((fields, value) => (fields.second = value));
    case 'S':
      return {
        source: `\\d{${count}}`,
        step: (value, fields) => void (fields.ms = Math.floor(Number(value.slice(0, 9).padEnd(9, '0')) / 1e6)),
      };
    case 'E':
    case 'e':
    case 'c':
      if (letter !== 'E' && count <= 2) return { source: '\\d', step: () => undefined };
      return name(count >= 4 ? [names.days[0]] : [names.days[1]], () => {});
    case 'X':
    case 'x':
    case 'Z':
    case 'z':
    case 'V':
    case 'O':
    case 'v':
      return {
        source: 'Z|[+-]\\d{2}(?::?\\d{2}){0,2}|[A-Za-z][A-Za-z0-9_/+-]{0,40}(?::\\d{2})?',
        step: (value, fields) => {
          const zone = zoneOf(value);
          if (zone === undefined) return false;
          fields.zone = zone;
          return undefined;
        },
      };
    case 'G':
      return { source: 'AD|CE', step: () => undefined };
    default:
      return undefined;
  }
}

function toMs(fields: Fields, zone: OffsetAt, nowMs: number): number | undefined {
  // A log line that tells no year means this one.
  const year = fields.year ?? new Date(nowMs).getUTCFullYear();
  const hour = fields.hour + (fields.isPm === true ? 12 : 0);
  if (hour > 23 || fields.minute > 59 || fields.second > 59 || fields.month < 1 || fields.month > 12 || fields.day < 1)
    return undefined;
  const date = new Date(0);
  if (fields.dayOfYear === undefined) {
    date.setUTCFullYear(year, fields.month - 1, fields.day);
    if (date.getUTCMonth() !== fields.month - 1) return undefined;
  } else {
    date.setUTCFullYear(year, 0, fields.dayOfYear);
    if (fields.dayOfYear < 1 || date.getUTCFullYear() !== year) return undefined;
  }
  date.setUTCHours(hour, fields.minute, fields.second, fields.ms);
  return localToUtc(date.getTime(), fields.zone ?? zone);
}

const isoPattern =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(?:(\d{2})(?::(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?)?)?$/;

function readIso(text: string, zone: OffsetAt, nowMs: number): number | undefined {
  const match = isoPattern.exec(text);
  if (match === null) return undefined;
  const [, year, month = '1', day = '1', hour = '0', minute = '0', second = '0', fraction = '', zoneText] = match;
  const fields: Fields = {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    ms: Math.floor(Number(fraction.padEnd(9, '0')) / 1e6),
  };
  const own = zoneText === undefined ? undefined : zoneOf(zoneText.toUpperCase());
  if (own !== undefined) fields.zone = own;
  return toMs(fields, zone, nowMs);
}

/** TAI64N: 2^62 seconds at 1970, and 10 seconds ahead of UTC then, as the real processor has it. */
function readTai(text: string): number | undefined {
  const match = /^@?[0-9a-f]([0-9a-f]{15})([0-9a-f]{8})$/i.exec(text);
  if (match === null) return undefined;
  const ms = Number.parseInt(match[1]!, 16) * 1000 - 10_000 + Math.floor(Number.parseInt(match[2]!, 16) / 1e6);
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** Writes `yyyy-MM-dd'T'HH:mm:ss.SSSXXX` or another pattern of numbers, in a zone. */
export function writeDate(ms: number, zone: OffsetAt, pattern: string): string {
  const offset = zone(ms);
  const date = new Date(ms + offset);
  const sign = offset < 0 ? '-' : '+';
  const minutes = Math.abs(offset) / 60_000;
  const two = (value: number): string => String(value).padStart(2, '0');
  const names = namesOf('en');
  return pattern.replace(/'([^']*)'|([A-Za-z])\2*/g, (run, quoted: string | undefined, letter: string) => {
    if (quoted !== undefined) return quoted === '' ? "'" : quoted;
    const pad = (value: number): string => String(value).padStart(run.length, '0');
    switch (letter) {
      case 'y':
      case 'u':
        if (run.length === 2) return two(date.getUTCFullYear() % 100);
        return `${date.getUTCFullYear() > 9999 && run.length >= 4 ? '+' : ''}${pad(date.getUTCFullYear())}`;
      case 'M':
        return run.length > 2
          ? names.months[run.length === 3 ? 1 : 0]![date.getUTCMonth()]!
          : pad(date.getUTCMonth() + 1);
      case 'd':
        return pad(date.getUTCDate());
      case 'H':
        return pad(date.getUTCHours());
      case 'h':
        return pad(date.getUTCHours() % 12 || 12);
      case 'a':
        return date.getUTCHours() < 12 ? 'AM' : 'PM';
      case 'm':
        return pad(date.getUTCMinutes());
      case 's':
        return pad(date.getUTCSeconds());
      case 'S':
        return String(date.getUTCMilliseconds()).padStart(3, '0').padEnd(run.length, '0').slice(0, run.length);
      case 'E':
        return names.days[run.length > 3 ? 0 : 1]![date.getUTCDay()]!;
      case 'X':
      case 'x':
      case 'Z':
        if (letter === 'X' && offset === 0) return 'Z';
        return `${sign}${two(Math.floor(minutes / 60))}${run.length === 3 && letter !== 'Z' ? ':' : ''}${two(minutes % 60)}`;
      default:
        throw new PipelineError(
          'HW_PIPELINE_PATTERN',
          `the letter "${letter}" is not served in output_format [${pattern}]`,
          {
            field: 'output_format',
          },
        );
    }
  });
}
