import { partOfWord } from '@headwater/streams';
import { FormatFault, within } from '../format-fault.ts';
import type { JsonCursor } from './json-cursor.ts';
import type { ReadJson } from './json-readers.ts';

const quote = 0x22;
const closeBrace = 0x7d;
/** Of keys in an object that are found where the last objects had them, of different ones there, and of the bytes of one. */
const placesMax = 128;
const variantsMax = 4;
const placeBytesMax = 128;

interface JsonField {
  readonly name: string;
  /** Null: nobody wants it; it is passed over. */
  readonly read: ReadJson | null;
}

/**
 * What stands between two values: brace or comma, key and colon, with the blanks around them. From object to object it is nearly always the
 * same, so the bytes of the last ones are compared first, four at a time.
 */
interface Place {
  readonly length: number;
  readonly words: readonly number[];
  /** -1: nobody wants it. */
  readonly field: number;
  /** The same letters; else only the same in upper case, which counts where the exact name is not there. */
  readonly isExact: boolean;
}

/** Reads objects as arrays of the values of their fields; those that are not there are null. */
export class JsonStructReader {
  readonly #fields: readonly JsonField[];
  readonly #nothing: readonly null[];
  readonly #byName: ReadonlyMap<string, number>;
  readonly #places: Place[][] = [];
  /** By field: the number of the object in which its exact name was seen last. */
  readonly #exactIn: Float64Array;
  #objects = 0;

  constructor(fields: readonly JsonField[]) {
    this.#fields = fields;
    this.#nothing = fields.map(() => null);
    this.#byName = new Map(fields.flatMap(({ name, read }, index) => (read === null ? [] : [[name, index]])));
    this.#exactIn = new Float64Array(fields.length);
  }

  /** From the opening brace on. */
  read(cursor: JsonCursor): unknown[] {
    const values: unknown[] = this.#nothing.slice();
    const object = ++this.#objects;
    let field = -1;
    try {
      for (let index = 0; ; index++) {
        const place = this.#knownPlace(cursor, index) ?? this.#readPlace(cursor, index);
        if (place === null) return values;
        field = place.field;
        if (field < 0) {
          if (cursor.data[cursor.at] === quote) cursor.skipText();
          else cursor.skip();
        } else if (place.isExact) {
          values[field] = this.#fields[field]!.read!(cursor);
          this.#exactIn[field] = object;
        } else if (this.#exactIn[field] === object) cursor.skip();
        else values[field] = this.#fields[field]!.read!(cursor);
      }
    } catch (error) {
      if (error instanceof FormatFault || error instanceof RangeError)
        throw within(error, `.${this.#fields[field]?.name}`);
      throw error;
    }
  }

  /** The place that follows, when it was there before; it is passed then. */
  #knownPlace(cursor: JsonCursor, index: number): Place | null {
    if (index >= this.#places.length) return null;
    const variants = this.#places[index]!;
    for (let variant = 0; variant < variants.length; variant++) {
      const place = variants[variant]!;
      if (isAt(cursor, place)) return place;
    }
    return null;
  }

  /** Null: the object has ended. */
  #readPlace(cursor: JsonCursor, index: number): Place | null {
    const start = cursor.at;
    if (index === 0) {
      cursor.at++;
      if (cursor.take(closeBrace)) return null;
    } else if (!cursor.hasMore(closeBrace)) return null;
    if (cursor.first() !== quote) throw cursor.mistake('a key in quotes is missing');
    const key = cursor.text();
    cursor.expectColon();
    cursor.first();
    const exact = this.#byName.get(key);
    const field = exact ?? this.#byName.get(key.toUpperCase()) ?? -1;
    const length = cursor.at - start;
    const place = { length, words: wordsOf(cursor, start), field, isExact: exact !== undefined };
    if (index <= this.#places.length && index < placesMax && length <= placeBytesMax) this.#learn(place, index);
    return place;
  }

  #learn(place: Place, index: number): void {
    if (index === this.#places.length) {
      this.#places.push([place]);
      return;
    }
    const variants = this.#places[index]!;
    if (variants.length === variantsMax) variants.pop();
    variants.push(place);
  }
}

function wordsOf({ at, view }: JsonCursor, start: number): number[] {
  const words: number[] = [];
  for (let from = start; from < at; from += 4) words.push(partOfWord(view, from, Math.min(4, at - from)));
  return words;
}

/** Whether the place follows the cursor; it is passed then. */
function isAt(cursor: JsonCursor, { length, words }: Place): boolean {
  const { at, view } = cursor;
  if (at + length > cursor.end) return false;
  const whole = length >> 2;
  for (let index = 0; index < whole; index++) if (view.getInt32(at + 4 * index, true) !== words[index]) return false;
  const rest = length & 3;
  if (rest !== 0 && partOfWord(view, at + 4 * whole, rest) !== words[whole]) return false;
  cursor.at = at + length;
  return true;
}
