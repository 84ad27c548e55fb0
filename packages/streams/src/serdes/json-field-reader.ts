import { skipBlank, skipNumber, skipText, skipValue } from './json-skip.ts';
import { parseJsonBytes } from './parse-json-bytes.ts';
import { asciiText, TextOrigin } from './text-cache.ts';
import { partOfWord, plainEnd, viewOf } from './words.ts';

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const minus = 0x2d;
const point = 0x2e;
/** Of keys in an object that are found where the last object had them, of different ones there, and of the bytes of one. */
const placesMax = 64;
const variantsMax = 4;
const placeBytesMax = 64;

const powersOfTen = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
/** So many digits, and such a power of ten, are exact, so one division rounds as it should. */
const exactDigitsMax = 15;

/** Makes something of the text of a value, which fills data[start, end) and was checked. */
export type TokenReader = (data: Buffer, start: number, end: number) => unknown;

/** A field that is wanted. */
export interface WantedField {
  readonly name: string;
  /** Null: as a number. */
  readonly readNumber: TokenReader | null;
  /** Objects and arrays. */
  readonly readNested: TokenReader;
}

/**
 * What stands between two values: comma, key and colon with the blanks around them. From object to object it is nearly always the same, so the
 * bytes of the last ones are compared first, four at a time.
 */
interface Place {
  readonly length: number;
  readonly words: readonly number[];
  /** -1: nobody wants it. */
  readonly field: number;
}

/**
 * Reads some fields of JSON objects from their bytes, without making anything of the others. All of the text is checked against JSON's
 * grammar, to its end; of two fields of one name the last counts.
 */
export class JsonFieldReader {
  /** Of the fields, in their order; undefined: not there. */
  readonly values: unknown[];
  readonly #wanted: readonly WantedField[];
  readonly #names: ReadonlyMap<string, number>;
  readonly #isCaseIgnored: boolean;
  readonly #origins: readonly TextOrigin[];
  readonly #places: Place[][] = [];
  /** Where what was read last ends. */
  #at = 0;

  /** Names differ, in more than their case where that is ignored. */
  constructor(wanted: readonly WantedField[], isCaseIgnored = false) {
    this.#wanted = wanted;
    this.#isCaseIgnored = isCaseIgnored;
    this.#names = new Map(wanted.map(({ name }, field) => [isCaseIgnored ? name.toLowerCase() : name, field]));
    this.values = wanted.map(() => undefined);
    this.#origins = wanted.map(() => new TextOrigin());
  }

  /** Fills `values`; false when the text is no JSON object. */
  read(data: Buffer, start: number, end: number): boolean {
    const { values } = this;
    for (let field = 0; field < values.length; field++) values[field] = undefined;
    const view = viewOf(data);
    let at = start;
    for (let index = 0; ; index++) {
      const variants = index < this.#places.length ? this.#places[index]! : none;
      let field = -2;
      for (let variant = 0; variant < variants.length; variant++) {
        const place = variants[variant]!;
        if (!isAt(view, at, end, place)) continue;
        at += place.length;
        field = place.field;
        break;
      }
      if (field === -2) {
        field = this.#readKey(data, view, at, end, index);
        if (field === isEmptyObject) return true;
        if (field === isWrong) return false;
        at = this.#at;
      }
      if (at >= end) return false;
      let first = view.getUint8(at);
      if (first <= 0x20) {
        // The place was learned from an object with fewer blanks.
        at = skipBlank(view, at, end);
        if (at >= end) return false;
        first = view.getUint8(at);
      }
      if (field < 0) at = first === quote ? skipText(view, at + 1, end) : skipValue(view, at, end);
      else if (first === quote) at = this.#readText(data, view, at + 1, end, field);
      else if (first === minus || (first >= 0x30 && first <= 0x39)) at = this.#readNumber(data, view, at, end, field);
      else at = this.#readOther(data, view, at, end, field, first);
      if (at < 0) return false;
      // The comma belongs to the next place.
      if (at + 1 === end && view.getUint8(at) === closeBrace) return true;
      if (at < end && view.getUint8(at) !== comma) {
        const next = skipBlank(view, at, end);
        if (next < end && view.getUint8(next) === closeBrace) return skipBlank(view, next + 1, end) === end;
      }
    }
  }

  /** From behind a value to the next one: which field that is, and `#at` where it begins. */
  #readKey(data: Buffer, view: DataView, start: number, end: number, index: number): number {
    let at = skipBlank(view, start, end);
    if (at >= end || view.getUint8(at) !== (index === 0 ? openBrace : comma)) return isWrong;
    at = skipBlank(view, at + 1, end);
    if (at >= end) return isWrong;
    if (index === 0 && view.getUint8(at) === closeBrace) {
      return skipBlank(view, at + 1, end) === end ? isEmptyObject : isWrong;
    }
    if (view.getUint8(at) !== quote) return isWrong;
    const keyEnd = skipText(view, at + 1, end);
    if (keyEnd < 0) return isWrong;
    const key = parseJsonBytes(data, at, keyEnd) as string;
    at = skipBlank(view, keyEnd, end);
    if (at >= end || view.getUint8(at) !== colon) return isWrong;
    at = skipBlank(view, at + 1, end);
    const field = this.#names.get(this.#isCaseIgnored ? key.toLowerCase() : key) ?? -1;
    this.#at = at;
    this.#learn(view, start, at, index, field);
    return field;
  }

  #learn(view: DataView, start: number, end: number, index: number, field: number): void {
    if (index >= placesMax || end - start > placeBytesMax) return;
    const words: number[] = [];
    for (let at = start; at < end; at += 4) words.push(partOfWord(view, at, Math.min(4, end - at)));
    const place: Place = { length: end - start, words, field };
    if (index === this.#places.length) this.#places.push([place]);
    else if (index < this.#places.length) {
      const variants = this.#places[index]!;
      if (variants.length === variantsMax) variants.pop();
      variants.push(place);
    }
  }

  #readText(data: Buffer, view: DataView, start: number, end: number, field: number): number {
    const at = plainEnd(view, start, end);
    if (at < end && view.getUint8(at) === quote) {
      this.values[field] = asciiText(data, view, start, at, this.#origins[field]!);
      return at + 1;
    }
    const after = skipText(view, start, end);
    // Characters of several bytes, and escapes.
    if (after >= 0) this.values[field] = parseJsonBytes(data, start - 1, after);
    return after;
  }

  #readNumber(data: Buffer, view: DataView, start: number, end: number, field: number): number {
    const { readNumber } = this.#wanted[field]!;
    if (readNumber !== null) {
      const after = skipNumber(view, start, end);
      if (after >= 0) this.values[field] = readNumber(data, start, after);
      return after;
    }
    let at = start;
    const isNegative = view.getUint8(at) === minus;
    if (isNegative) at++;
    const first = at;
    let number = 0;
    let digit = 0;
    for (; at < end; at++) {
      digit = view.getUint8(at) - 0x30;
      if (digit < 0 || digit > 9) break;
      number = number * 10 + digit;
    }
    let digits = at - first;
    if (digits === 0 || (digits > 1 && view.getUint8(first) === 0x30)) return -1;
    let fraction = 0;
    if (at < end && view.getUint8(at) === point) {
      const point = ++at;
      for (; at < end; at++) {
        digit = view.getUint8(at) - 0x30;
        if (digit < 0 || digit > 9) break;
        number = number * 10 + digit;
      }
      fraction = at - point;
      if (fraction === 0) return -1;
      digits += fraction;
    }
    if (digits > exactDigitsMax || (at < end && (view.getUint8(at) | 0x20) === 0x65)) {
      const after = skipNumber(view, start, end);
      if (after >= 0) this.values[field] = Number(data.toString('latin1', start, after));
      return after;
    }
    if (fraction > 0) number /= powersOfTen[fraction]!;
    this.values[field] = isNegative ? -number : number;
    return at;
  }

  #readOther(data: Buffer, view: DataView, start: number, end: number, field: number, first: number): number {
    const after = skipValue(view, start, end);
    if (after < 0) return after;
    // 't', 'f' and 'n' were checked to the end.
    if (first === 0x74) this.values[field] = true;
    else if (first === 0x66) this.values[field] = false;
    else if (first === 0x6e) this.values[field] = null;
    else this.values[field] = this.#wanted[field]!.readNested(data, start, after);
    return after;
  }
}

const none: readonly Place[] = [];
const isWrong = -3;
const isEmptyObject = -4;

function isAt(view: DataView, at: number, end: number, { length, words }: Place): boolean {
  if (at + length > end) return false;
  const whole = length >> 2;
  for (let index = 0; index < whole; index++) if (view.getInt32(at + 4 * index, true) !== words[index]) return false;
  const rest = length & 3;
  return rest === 0 || partOfWord(view, at + 4 * whole, rest) === words[whole];
}
