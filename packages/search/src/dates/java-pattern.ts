import { illegalArgument } from '../errors.ts';
import { civilToMs, type TimeFields } from './civil-time.ts';
import { localToUtc, parseOffset, type TimeZone, timeZone, utcToLocal } from './time-zone.ts';

const months = 'January February March April May June July August September October November December'.split(' ');
const days = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** A moment: milliseconds since 1970 and the nanoseconds within the millisecond. */
export interface Instant {
  ms: number;
  nanos: number;
}

interface Part {
  letter: string;
  count: number;
  literal?: string;
}

/** A pattern of java.time.format.DateTimeFormatter, for reading and writing: letters, 'quoted text', [optional parts]. */
export class JavaPattern {
  readonly pattern: string;
  readonly #regex: RegExp;
  readonly #groups: Part[] = [];
  readonly #parts: Part[];

  constructor(pattern: string, isLenient = false) {
    this.pattern = pattern;
    this.#parts = split(pattern);
    let source = '';
    this.#parts.forEach((part, i) => {
      if (part.letter === '[') source += '(?:';
      else if (part.letter === ']') source += ')?';
      else if (part.literal !== undefined) source += part.literal.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
      else {
        this.#groups.push(part);
        source += `(${readSource(part, this.#parts[i + 1], isLenient)})`;
      }
    });
    this.#regex = new RegExp(`^${source}$`);
  }

  /** Undefined when the text is not of this pattern. Missing time fields become 0, or the last moment when rounding up. */
  parse(text: string, zone: TimeZone, isRoundedUp = false): Instant | undefined {
    const match = this.#regex.exec(text);
    if (match === null) return undefined;
    const fields: TimeFields = {};
    let own: TimeZone | undefined;
    for (let i = 0; i < this.#groups.length; i++) {
      const value = match[i + 1];
      if (value === undefined) continue;
      const part = this.#groups[i]!;
      if ('ZXxVzO'.includes(part.letter)) {
        const offset = value === 'Z' ? 0 : parseOffset(value.replace(/^(GMT|UTC)(?=[+-])/, ''));
        if (offset !== undefined) own = { id: value, offsetAt: () => offset };
        else {
          try {
            own = timeZone(value);
          } catch {
            return undefined;
          }
        }
      } else readField(part, value, fields);
    }
    const localMs = civilToMs(fields, isRoundedUp);
    if (localMs === undefined) return undefined;
    const nano = fields.nano ?? (isRoundedUp ? 999_999_999 : 0);
    return { ms: localToUtc(localMs, own ?? zone), nanos: nano % 1_000_000 };
  }

  format(instant: Instant, zone: TimeZone): string {
    const date = new Date(utcToLocal(instant.ms, zone));
    let text = '';
    for (const part of this.#parts) {
      if (part.letter === '[' || part.letter === ']') continue;
      text += part.literal ?? writeField(part, date, instant, zone);
    }
    return text;
  }
}

function split(pattern: string): Part[] {
  const parts: Part[] = [];
  let depth = 0;
  let at = 0;
  while (at < pattern.length) {
    const letter = pattern[at]!;
    if (/[A-Za-z]/.test(letter)) {
      let stop = at;
      while (pattern[stop] === letter) stop++;
      if (!'yuMLdDHkhKmsSnaEecZXxVzOQqGA'.includes(letter)) throw illegalArgument(`Unknown pattern letter: ${letter}`);
      parts.push({ letter, count: stop - at });
      at = stop;
    } else if (letter === "'") {
      let literal = '';
      let next = at + 1;
      if (pattern[next] === "'") {
        literal = "'";
        next++;
      } else {
        for (;;) {
          if (next >= pattern.length) {
            throw illegalArgument(`Pattern ends with an incomplete string literal: ${pattern}`);
          }
          if (pattern[next] === "'") {
            if (pattern[next + 1] !== "'") break;
            next++;
          }
          literal += pattern[next++];
        }
        next++;
      }
      parts.push({ letter: "'", count: 0, literal });
      at = next;
    } else if (letter === '[' || letter === ']') {
      depth += letter === '[' ? 1 : -1;
      if (depth < 0) throw illegalArgument('Pattern invalid as it contains ] without previous [');
      parts.push({ letter, count: 0 });
      at++;
    } else if (letter === '{' || letter === '}' || letter === '#') {
      throw illegalArgument(`Pattern includes reserved character: '${letter}'`);
    } else {
      parts.push({ letter: "'", count: 0, literal: letter });
      at++;
    }
  }
  while (depth-- > 0) parts.push({ letter: ']', count: 0 });
  return parts;
}

function readSource(part: Part, next: Part | undefined, isLenient: boolean): string {
  const isAdjacent = next !== undefined && next.literal === undefined && /[yuMdDHkhKmsS]/.test(next.letter);
  const two = part.count >= 2 && !isLenient ? '\\d{2}' : '\\d{1,2}';
  switch (part.letter) {
    case 'y':
    case 'u':
      if (part.count === 2) return '\\d{2}';
      if (isAdjacent) return `\\d{${part.count === 1 ? 4 : part.count}}`;
      return part.count === 4 && !isLenient ? '-?\\d{4}|[+-]\\d{5,9}' : '[+-]?\\d{1,9}';
    case 'M':
    case 'L':
      if (part.count === 3) return months.map((name) => name.slice(0, 3)).join('|');
      return part.count === 4 ? months.join('|') : two;
    case 'd':
    case 'H':
    case 'k':
    case 'h':
    case 'K':
    case 'm':
    case 's':
      return two;
    case 'D':
      return part.count >= 3 ? '\\d{3}' : '\\d{1,3}';
    case 'S':
      return isLenient ? '\\d{1,9}' : `\\d{${part.count}}`;
    case 'n':
    case 'A':
      return '\\d+';
    case 'a':
      return 'AM|PM|am|pm';
    case 'E':
      return part.count === 4 ? days.join('|') : days.map((name) => name.slice(0, 3)).join('|');
    case 'e':
    case 'c':
    case 'Q':
    case 'q':
      return '\\d';
    case 'G':
      return 'AD|BC';
    case 'Z':
      return part.count === 5 ? 'Z|[+-]\\d{2}:\\d{2}(?::\\d{2})?' : '[+-]\\d{4}|[+-]\\d{2}:\\d{2}|Z';
    case 'X':
      return part.count === 3 ? 'Z|[+-]\\d{2}:\\d{2}' : part.count === 2 ? 'Z|[+-]\\d{4}' : 'Z|[+-]\\d{2}(?:\\d{2})?';
    case 'x':
      return part.count === 3 ? '[+-]\\d{2}:\\d{2}' : part.count === 2 ? '[+-]\\d{4}' : '[+-]\\d{2}(?:\\d{2})?';
    default:
      return '[A-Za-z][A-Za-z0-9_/+:~-]*|[+-]\\d{2}:?\\d{2}';
  }
}

function readField(part: Part, value: string, fields: TimeFields): void {
  switch (part.letter) {
    case 'y':
    case 'u':
      fields.year = part.count === 2 ? 2000 + Number(value) : Number(value);
      return;
    case 'M':
    case 'L':
      fields.month = part.count >= 3 ? months.findIndex((name) => name.startsWith(value)) + 1 : Number(value);
      return;
    case 'd':
      fields.day = Number(value);
      return;
    case 'D':
      fields.dayOfYear = Number(value);
      return;
    case 'H':
    case 'k':
      fields.hour = part.letter === 'k' ? Number(value) % 24 : Number(value);
      return;
    case 'h':
    case 'K':
      fields.hour12 = Number(value);
      return;
    case 'a':
      fields.half = value.toUpperCase() === 'PM' ? 1 : 0;
      return;
    case 'm':
      fields.minute = Number(value);
      return;
    case 's':
      fields.second = Number(value);
      return;
    case 'S':
      fields.nano = Number(value.padEnd(9, '0'));
      return;
    case 'n':
      fields.nano = Number(value);
      return;
    default:
      return;
  }
}

function writeField(part: Part, date: Date, instant: Instant, zone: TimeZone): string {
  const pad = (value: number): string => String(value).padStart(Math.min(part.count, 2), '0');
  switch (part.letter) {
    case 'y':
    case 'u': {
      const year = date.getUTCFullYear();
      if (part.count === 2) return String(year % 100).padStart(2, '0');
      const digits = String(Math.abs(year)).padStart(part.count, '0');
      return year < 0 ? `-${digits}` : year > 9999 && part.count >= 4 ? `+${digits}` : digits;
    }
    case 'M':
    case 'L': {
      const month = date.getUTCMonth();
      if (part.count === 3) return months[month]!.slice(0, 3);
      return part.count === 4 ? months[month]! : pad(month + 1);
    }
    case 'd':
      return pad(date.getUTCDate());
    case 'D': {
      const start = Date.UTC(date.getUTCFullYear(), 0, 1);
      return String(Math.floor((date.getTime() - start) / 86_400_000) + 1).padStart(part.count, '0');
    }
    case 'H':
      return pad(date.getUTCHours());
    case 'k':
      return pad(date.getUTCHours() || 24);
    case 'h':
      return pad(date.getUTCHours() % 12 || 12);
    case 'K':
      return pad(date.getUTCHours() % 12);
    case 'a':
      return date.getUTCHours() < 12 ? 'AM' : 'PM';
    case 'm':
      return pad(date.getUTCMinutes());
    case 's':
      return pad(date.getUTCSeconds());
    case 'S':
      return nanosOf(date, instant).slice(0, part.count);
    case 'n':
      return String(Number(nanosOf(date, instant)));
    case 'E':
      return part.count === 4 ? days[date.getUTCDay()]! : days[date.getUTCDay()]!.slice(0, 3);
    case 'e':
    case 'c':
      return String(date.getUTCDay() + 1);
    case 'Q':
    case 'q':
      return String(Math.floor(date.getUTCMonth() / 3) + 1);
    case 'G':
      return date.getUTCFullYear() > 0 ? 'AD' : 'BC';
    case 'V':
    case 'z':
      return zone.id;
    default:
      return writeOffset(part, zone.offsetAt(instant.ms));
  }
}

function nanosOf(date: Date, instant: Instant): string {
  return String(date.getUTCMilliseconds()).padStart(3, '0') + String(instant.nanos).padStart(6, '0');
}

function writeOffset(part: Part, offsetMs: number): string {
  const isZ = part.letter === 'X' || (part.letter === 'Z' && part.count === 5);
  if (offsetMs === 0 && isZ) return 'Z';
  const size = Math.abs(offsetMs) / 60_000;
  const hours = String(Math.floor(size / 60)).padStart(2, '0');
  const minutes = String(size % 60).padStart(2, '0');
  const sign = offsetMs < 0 ? '-' : '+';
  const hasColon = part.count === 3 ? part.letter !== 'Z' : part.count === 5;
  if (part.count === 1 && part.letter !== 'Z' && minutes === '00') return sign + hours;
  return `${sign}${hours}${hasColon ? ':' : ''}${minutes}`;
}
