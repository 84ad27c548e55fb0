import { dayMs } from '../calendar.ts';
import { instantOfLocal, type TimeZone } from '../time-zone.ts';
import { formatParts } from './format-date-time.ts';
import { type ParsedFields, parseParts } from './parse-date-time.ts';
import { type Part, patternParts } from './pattern-parts.ts';
import { checkRanges, resolveDate, resolveLenientDate, resolveLocalMs, resolveTime } from './resolve-fields.ts';

/**
 * A pattern of Java's `DateTimeFormatter`, in English: writes dates, times and timestamps, and reads them (letters in any case), with the
 * resolver style SMART.
 *
 * @example
 * new DateTimePattern("dd/MM/yyyy 'at' HH:mm").parseTimestamp('26/05/2020 at 23:59', utc);
 */
export class DateTimePattern {
  readonly source: string;
  readonly #parts: readonly Part[];

  /** @throws RangeError for what is no pattern */
  constructor(source: string) {
    this.source = source;
    this.#parts = patternParts(source);
  }

  /** @throws RangeError where the pattern asks for the time or the zone */
  formatDate(days: number): string {
    return formatParts(this.#parts, { days, msOfDay: null, zone: null, instantMs: 0 });
  }

  /** @throws RangeError where the pattern asks for the date or the zone */
  formatTime(msOfDay: number): string {
    return formatParts(this.#parts, { days: null, msOfDay, zone: null, instantMs: 0 });
  }

  formatTimestamp(instantMs: number, zone: TimeZone): string {
    const local = instantMs + zone.offsetMs(instantMs);
    const days = Math.floor(local / dayMs);
    return formatParts(this.#parts, { days, msOfDay: local - days * dayMs, zone, instantMs });
  }

  /**
   * Days since 1970-01-01, by the lenient rules of Java's SimpleDateFormat, as in ksqlDB's PARSE_DATE: numbers need no leading zeros, days and months
   * beyond the last are of the next, what is not named is as at 1970-01-01, and what follows the date in the text is not looked at.
   *
   * @throws RangeError for a text that is not as the pattern says, or with a time that is not 0
   */
  parseDate(text: string): number {
    const fields = parseParts(this.#parts, text, true);
    const days = resolveLenientDate(fields);
    if ((resolveTime(fields) ?? 0) !== 0) throw new RangeError('Date format contains time field.');
    return days;
  }

  /** As `parseDate`, for patterns with a time too, which is left out. */
  parseDateOfAny(text: string): number {
    const days = resolveDate(this.#parse(text));
    if (days === undefined) throw new RangeError(`'${this.source}' names no date`);
    return days;
  }

  /** Milliseconds of the day. @throws RangeError for a text that is not as the pattern says */
  parseTime(text: string): number {
    const time = resolveTime(this.#parse(text));
    if (time === undefined) throw new RangeError(`'${this.source}' names no time of a day`);
    return time;
  }

  /**
   * Milliseconds since the epoch. What the text does not name is as at 1970-01-01 00:00; the zone holds where it names none.
   *
   * @throws RangeError for a text that is not as the pattern says
   */
  parseTimestamp(text: string, zone: TimeZone): number {
    const fields = this.#parse(text);
    const place = fields.zone ?? zone;
    // ksqlDB starts from 1970-01-01 and sets the fields: of a time that is there twice the one with that day's offset comes out.
    return instantOfLocal(resolveLocalMs(fields), place, place.offsetMs(0));
  }

  #parse(text: string): ParsedFields {
    const fields = parseParts(this.#parts, text);
    checkRanges(fields);
    return fields;
  }
}

/** Gives the pattern of a text, and remembers the last one: it is nearly always the same. */
export function lastPattern(): (source: string) => DateTimePattern {
  let last: DateTimePattern | undefined;
  return (source) => (last?.source === source ? last : (last = new DateTimePattern(source)));
}
