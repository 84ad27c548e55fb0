import { cachedText } from './text-cache.ts';

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const minus = 0x2d;
const point = 0x2e;
const depthMax = 100;
/** Of keys in an object that are found where the last object had them. */
const placesMax = 64;

const powersOfTen = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/** Reads a nested value that fills data[start, end). */
export type NestedReader = (data: Buffer, start: number, end: number) => unknown;

/** A key at its place in the objects that come: their order is nearly always the same. */
interface Place {
  /** The key, its closing quote and the colon. */
  readonly bytes: Buffer;
  /** -1: nobody wants it. */
  readonly field: number;
}

/**
 * Reads some fields of JSON objects from their bytes, without making anything of the others. All of the text is checked against JSON's
 * grammar, to its end; of two fields of one name the last counts. What is rare is left to another parser: escapes in keys and wanted
 * texts, deep nesting, and all that is wrong.
 */
export class JsonFieldReader {
  /** Of the fields, in their order; undefined: not there. */
  readonly values: unknown[];
  readonly #names: readonly Buffer[];
  readonly #readNested: NestedReader;
  readonly #places: (Place | undefined)[] = [];
  /** Where the last read value ends. */
  #at = 0;

  constructor(names: readonly string[], readNested: NestedReader) {
    this.#names = names.map((name) => Buffer.from(name));
    this.#readNested = readNested;
    this.values = names.map(() => undefined);
  }

  /** Fills `values`; false when another parser is to read the text, or to say what is wrong with it. */
  read(data: Buffer, start: number, end: number): boolean {
    const { values } = this;
    for (let field = 0; field < values.length; field++) values[field] = undefined;
    let at = skipBlank(data, start, end);
    if (at >= end || data[at] !== openBrace) return false;
    at = skipBlank(data, at + 1, end);
    if (at < end && data[at] === closeBrace) return skipBlank(data, at + 1, end) === end;
    for (let index = 0; ; index++) {
      if (at >= end || data[at] !== quote) return false;
      at++;
      const place = index < placesMax ? this.#places[index] : undefined;
      let field: number;
      const after = place === undefined ? -1 : matchEnd(data, at, end, place.bytes);
      if (after !== -1) {
        field = place!.field;
        at = after;
      } else {
        const keyEnd = skipText(data, at, end) - 1;
        if (keyEnd < 0 || hasBackslash(data, at, keyEnd)) return false;
        field = this.#fieldOf(data, at, keyEnd);
        if (index < placesMax) {
          this.#places[index] = { bytes: Buffer.concat([data.subarray(at, keyEnd), Buffer.from('":')]), field };
        }
        at = skipBlank(data, keyEnd + 1, end);
        if (at >= end || data[at] !== colon) return false;
        at++;
      }
      if (at < end && data[at]! <= 0x20) at = skipBlank(data, at, end);
      if (field < 0) at = skipValue(data, at, end, 0);
      else {
        if (!this.#readValue(data, at, end, field)) return false;
        at = this.#at;
      }
      if (at < 0) return false;
      if (at < end && data[at]! <= 0x20) at = skipBlank(data, at, end);
      if (at >= end) return false;
      const next = data[at]!;
      at++;
      if (next === closeBrace) return at === end || skipBlank(data, at, end) === end;
      if (next !== comma) return false;
      if (at < end && data[at]! <= 0x20) at = skipBlank(data, at, end);
    }
  }

  #readValue(data: Buffer, start: number, end: number, field: number): boolean {
    const first = start < end ? data[start]! : 0;
    if (first === quote) return this.#readText(data, start + 1, end, field);
    if (first === minus || (first >= 0x30 && first <= 0x39)) return this.#readNumber(data, start, end, field);
    const after = skipValue(data, start, end, 0);
    if (after < 0) return false;
    this.#at = after;
    // 't', 'f' and 'n' were checked to the end.
    if (first === 0x74) this.values[field] = true;
    else if (first === 0x66) this.values[field] = false;
    else if (first === 0x6e) this.values[field] = null;
    else this.values[field] = this.#readNested(data, start, after);
    return true;
  }

  #readText(data: Buffer, start: number, end: number, field: number): boolean {
    let hash = 0;
    let isAscii = true;
    for (let at = start; at < end; at++) {
      const byte = data[at]!;
      if (byte === quote) {
        this.#at = at + 1;
        this.values[field] = isAscii ? cachedText(data, start, at, hash) : data.toString('utf8', start, at);
        return true;
      }
      if (byte === backslash || byte < 0x20) return false;
      if (byte > 127) isAscii = false;
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    return false;
  }

  #readNumber(data: Buffer, start: number, end: number, field: number): boolean {
    const after = skipNumber(data, start, end);
    if (after < 0) return false;
    this.#at = after;
    // Up to 15 digits, and a power of ten up to 10^15, are exact, so one division rounds as it should.
    let at = start;
    const isNegative = data[at] === minus;
    if (isNegative) at++;
    let digits = 0;
    let fraction = -1;
    let whole = 0;
    for (; at < after && digits <= 15; at++) {
      const byte = data[at]!;
      if (byte === point) fraction = 0;
      else if (byte >= 0x30 && byte <= 0x39) {
        whole = whole * 10 + byte - 0x30;
        digits++;
        if (fraction >= 0) fraction++;
      } else break;
    }
    if (at < after || digits > 15) {
      this.values[field] = Number(data.toString('latin1', start, after));
      return true;
    }
    const value = fraction > 0 ? whole / powersOfTen[fraction]! : whole;
    this.values[field] = isNegative ? -value : value;
    return true;
  }

  #fieldOf(data: Buffer, start: number, end: number): number {
    return this.#names.findIndex((name) => name.length === end - start && name.compare(data, start, end) === 0);
  }
}

/** Where `bytes` end that lie at `at`; -1 when others do. */
function matchEnd(data: Buffer, at: number, end: number, bytes: Buffer): number {
  const { length } = bytes;
  if (at + length > end) return -1;
  for (let index = 0; index < length; index++) if (data[at + index] !== bytes[index]) return -1;
  return at + length;
}

function skipBlank(data: Buffer, start: number, end: number): number {
  let at = start;
  for (; at < end; at++) {
    const byte = data[at]!;
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
  }
  return at;
}

function hasBackslash(data: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (data[at] === backslash) return true;
  return false;
}

/** Where the value ends that begins at `start`; -1 when it is none, or nested too deep. */
function skipValue(data: Buffer, start: number, end: number, depth: number): number {
  if (start >= end) return -1;
  switch (data[start]) {
    case quote:
      return skipText(data, start + 1, end);
    case openBrace:
      return depth > depthMax ? -1 : skipObject(data, start + 1, end, depth + 1);
    case openBracket:
      return depth > depthMax ? -1 : skipArray(data, start + 1, end, depth + 1);
    case 0x74:
      return skipWord(data, start, end, 'true');
    case 0x66:
      return skipWord(data, start, end, 'false');
    case 0x6e:
      return skipWord(data, start, end, 'null');
    default:
      return skipNumber(data, start, end);
  }
}

/** From behind the opening quote to behind the closing one. */
function skipText(data: Buffer, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const byte = data[at]!;
    if (byte === quote) return at + 1;
    if (byte < 0x20) return -1;
    if (byte !== backslash) continue;
    at++;
    if (at >= end) return -1;
    const letter = data[at]!;
    if (letter === 0x75) {
      for (let digit = 1; digit <= 4; digit++) if (at + digit >= end || !isHexDigit(data[at + digit]!)) return -1;
      at += 4;
    } else if (!isEscape(letter)) return -1;
  }
  return -1;
}

/** One of "\/bfnrt. */
function isEscape(letter: number): boolean {
  return (
    letter === quote ||
    letter === backslash ||
    letter === 0x2f ||
    letter === 0x62 ||
    letter === 0x66 ||
    letter === 0x6e ||
    letter === 0x72 ||
    letter === 0x74
  );
}

function isHexDigit(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

function skipObject(data: Buffer, start: number, end: number, depth: number): number {
  let at = skipBlank(data, start, end);
  if (at < end && data[at] === closeBrace) return at + 1;
  for (;;) {
    if (at >= end || data[at] !== quote) return -1;
    at = skipText(data, at + 1, end);
    if (at < 0) return -1;
    at = skipBlank(data, at, end);
    if (at >= end || data[at] !== colon) return -1;
    at = skipValue(data, skipBlank(data, at + 1, end), end, depth);
    if (at < 0) return -1;
    at = skipBlank(data, at, end);
    if (at >= end) return -1;
    if (data[at] === closeBrace) return at + 1;
    if (data[at] !== comma) return -1;
    at = skipBlank(data, at + 1, end);
  }
}

function skipArray(data: Buffer, start: number, end: number, depth: number): number {
  let at = skipBlank(data, start, end);
  if (at < end && data[at] === closeBracket) return at + 1;
  for (;;) {
    at = skipValue(data, at, end, depth);
    if (at < 0) return -1;
    at = skipBlank(data, at, end);
    if (at >= end) return -1;
    if (data[at] === closeBracket) return at + 1;
    if (data[at] !== comma) return -1;
    at = skipBlank(data, at + 1, end);
  }
}

function skipNumber(data: Buffer, start: number, end: number): number {
  let at = start;
  if (at < end && data[at] === minus) at++;
  const whole = at;
  at = skipDigits(data, at, end);
  // No digit, or more behind a zero.
  if (at === whole || (data[whole] === 0x30 && at > whole + 1)) return -1;
  if (at < end && data[at] === point) {
    const fraction = at + 1;
    at = skipDigits(data, fraction, end);
    if (at === fraction) return -1;
  }
  if (at < end && (data[at] === 0x65 || data[at] === 0x45)) {
    at++;
    if (at < end && (data[at] === minus || data[at] === 0x2b)) at++;
    const exponent = at;
    at = skipDigits(data, exponent, end);
    if (at === exponent) return -1;
  }
  return at;
}

function skipDigits(data: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && data[at]! >= 0x30 && data[at]! <= 0x39) at++;
  return at;
}

function skipWord(data: Buffer, start: number, end: number, word: string): number {
  if (start + word.length > end) return -1;
  for (let index = 0; index < word.length; index++) if (data[start + index] !== word.charCodeAt(index)) return -1;
  return start + word.length;
}
