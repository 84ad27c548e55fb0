import { offsetText, type TimeZone, zoneOf } from '../time-zone.ts';
import type { NumberField, NumberPart, Part } from './pattern-parts.ts';
import { valueOfText } from './texts.ts';
import { zoneOfAbbreviation } from './zone-abbreviations.ts';

/** What a text names, before it is made a date or time. */
export interface ParsedFields {
  readonly numbers: Map<NumberField, number>;
  dayOfWeek?: number;
  amPm?: number;
  era?: number;
  zone?: TimeZone;
}

/**
 * Reads a text. `isLenient`: as Java's SimpleDateFormat does, numbers have as many digits as there are, blanks may stand before them, and what
 * follows is not looked at.
 *
 * @throws RangeError where it is not as the pattern says
 */
export function parseParts(parts: readonly Part[], text: string, isLenient = false): ParsedFields {
  const reader = new Reader(text, isLenient);
  const end = reader.read(parts, 0);
  if (end === -1 || (end !== text.length && !isLenient)) {
    throw new RangeError(`Text '${text}' could not be parsed at index ${end === -1 ? reader.failedAt : end}`);
  }
  return reader.fields;
}

/** No date is made of more. */
const lenientDigitsMax = 9;

class Reader {
  fields: ParsedFields = { numbers: new Map() };
  failedAt = 0;
  readonly #text: string;
  readonly #isLenient: boolean;

  constructor(text: string, isLenient: boolean) {
    this.#text = text;
    this.#isLenient = isLenient;
  }

  /** The position behind what the parts took, or -1. */
  read(parts: readonly Part[], from: number): number {
    let at = from;
    for (const [index, part] of parts.entries()) {
      const isNumberNext = parts[index + 1]?.kind === 'number';
      const next = this.#part(part, at, isNumberNext);
      if (next === -1) {
        this.failedAt = Math.max(this.failedAt, at);
        return -1;
      }
      at = next;
    }
    return at;
  }

  #part(part: Part, at: number, isNumberNext = false): number {
    const text = this.#text;
    switch (part.kind) {
      case 'literal': {
        const end = at + part.text.length;
        return text.slice(at, end).toLowerCase() === part.text.toLowerCase() ? end : -1;
      }
      case 'number':
        if (part.isFraction) return this.#fraction(part, at);
        return this.#isLenient ? this.#lenientNumber(part, at, isNumberNext) : this.#number(part, at);
      case 'text': {
        const found = valueOfText(part.field, part.style, text, at);
        if (found === undefined) return -1;
        const { value, length } = found;
        if (part.field === 'month' || part.field === 'quarter') {
          return this.#set(part.field, value) ? at + length : -1;
        }
        const known = this.fields[part.field];
        if (known !== undefined && known !== value) return -1;
        this.fields[part.field] = value;
        return at + length;
      }
      case 'dayPeriod':
        return -1;
      case 'zoneId':
      case 'zoneName':
        return this.#zone(at, part.kind === 'zoneName');
      case 'offset':
        return this.#offset(part, at);
      case 'localizedOffset':
        return this.#localizedOffset(at);
      case 'optional': {
        const before: ParsedFields = { ...this.fields, numbers: new Map(this.fields.numbers) };
        const end = this.read(part.parts, at);
        if (end !== -1) return end;
        this.fields = before;
        return at;
      }
      case 'padded': {
        const end = at + part.width;
        if (end > text.length) return -1;
        let start = at;
        while (start < end && text[start] === ' ') start++;
        return this.#part(part.part, start) === end ? end : -1;
      }
    }
  }

  /** A field that comes twice must be the same. */
  #set(field: NumberField, value: number): boolean {
    const known = this.fields.numbers.get(field);
    this.fields.numbers.set(field, value);
    return known === undefined || known === value;
  }

  #number(part: NumberPart, from: number): number {
    const text = this.#text;
    const sign = text[from];
    const isNegative = sign === '-';
    const hasSign = isNegative || sign === '+';
    if (isNegative && part.sign === 'notNegative') return -1;
    if (sign === '+' && part.sign !== 'exceedsPad') return -1;
    const at = hasSign ? from + 1 : from;
    const widest = part.max + part.followingDigits;
    let end = at;
    while (end < text.length && end - at < widest && isDigit(text, end)) end++;
    if (part.followingDigits > 0) end = Math.max(at + part.min, end - part.followingDigits);
    const width = end - at;
    if (width < part.min || end > text.length || !/^\d+$/.test(text.slice(at, end))) return -1;
    if (part.sign === 'exceedsPad' && !isNegative && (sign === '+') !== width > part.min) return -1;
    let value = Number(text.slice(at, end));
    if (isNegative) {
      if (value === 0) return -1;
      value = -value;
    }
    if (part.isReduced) value += 2000;
    return this.#set(part.field, value) ? end : -1;
  }

  /** As wide as the pattern only where the next number follows at once. */
  #lenientNumber({ field, isReduced, min }: NumberPart, from: number, isNumberNext: boolean): number {
    let at = from;
    while (this.#text[at] === ' ') at++;
    const start = at;
    const widest = start + (isNumberNext ? min : lenientDigitsMax);
    while (at < widest && isDigit(this.#text, at)) at++;
    if (at === start) return -1;
    const value = Number(this.#text.slice(start, at));
    return this.#set(field, isReduced && value < 100 ? yearOfTwoDigits(value) : value) ? at : -1;
  }

  #fraction(part: NumberPart, at: number): number {
    const digits = this.#text.slice(at, at + part.min);
    if (digits.length < part.min || !/^\d+$/.test(digits)) return -1;
    return this.#set('nanoOfSecond', Number(digits.padEnd(9, '0'))) ? at + part.min : -1;
  }

  #takeZone(zone: TimeZone | undefined): boolean {
    if (zone === undefined) return false;
    this.fields.zone = zone;
    return true;
  }

  #zone(at: number, isNameTaken: boolean): number {
    // The longest id or name that is there.
    const [run = ''] = /^[A-Za-z0-9_+\-/:]+/.exec(this.#text.slice(at, at + 64)) ?? [];
    for (let length = run.length; length > 0; length--) {
      const name = run.slice(0, length);
      const byName = isNameTaken ? zoneOfAbbreviation(name) : undefined;
      if (this.#takeZone(zoneOf(byName ?? name))) return at + length;
    }
    return -1;
  }

  #offset(part: Part & { kind: 'offset' }, at: number): number {
    const text = this.#text;
    if (text.slice(at, at + part.zero.length).toLowerCase() === part.zero.toLowerCase() && !/^[+-]/.test(part.zero)) {
      return this.#takeZone(zoneOf('Z')) ? at + part.zero.length : -1;
    }
    const s = part.separator;
    const minutes = part.minutes === 'always' ? `${s}\\d\\d` : `(?:${s}\\d\\d)?`;
    const seconds = part.seconds === 'whereNotZero' ? `(?:${s}\\d\\d)?` : '';
    const match = new RegExp(`^[+-]\\d\\d${minutes}${seconds}`).exec(text.slice(at, at + 16));
    return match !== null && this.#takeZone(zoneOf(match[0])) ? at + match[0].length : -1;
  }

  #localizedOffset(at: number): number {
    const [whole, sign, hours, minutes = '0', seconds = '0'] =
      /^GMT(?:([+-])(\d{1,2})(?::?(\d\d))?(?::?(\d\d))?)?/i.exec(this.#text.slice(at, at + 20)) ?? [];
    if (whole === undefined) return -1;
    const total = ((Number(hours ?? 0) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
    return this.#takeZone(zoneOf(offsetText(sign === '-' ? 0 - total : total))) ? at + whole.length : -1;
  }
}

/** Of the hundred years that began eighty years ago, as SimpleDateFormat takes it. */
function yearOfTwoDigits(value: number): number {
  const first = new Date().getUTCFullYear() - 80;
  return first + ((((value - first) % 100) + 100) % 100);
}

function isDigit(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 48 && unit <= 57;
}
