import { FormatFault, within } from '../format-fault.ts';
import type { JsonCursor } from './json-cursor.ts';
import type { ReadJson } from './json-readers.ts';

const quote = 0x22;
const closeBrace = 0x7d;
/** Of keys in an object that are found where the last object had them. */
const placesMax = 128;
const placeBytesMax = 256;

interface JsonField {
  readonly name: string;
  /** Null: nobody wants it; it is passed over. */
  readonly read: ReadJson | null;
}

/** A key at its place in the objects that come: their order is nearly always the same. */
interface Place {
  /** The key, its closing quote and the colon. */
  readonly bytes: Buffer;
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
  readonly #places: (Place | undefined)[] = [];
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
    cursor.at++;
    if (cursor.take(closeBrace)) return values;
    const object = ++this.#objects;
    let field = -1;
    try {
      for (let index = 0; ; index++) {
        if (cursor.first() !== quote) throw cursor.mistake('a key in quotes is missing');
        let place = index < placesMax ? this.#places[index] : undefined;
        if (place === undefined || !isAt(place.bytes, cursor)) {
          place = this.#readPlace(cursor);
          if (index < placesMax && place.bytes.length <= placeBytesMax) this.#places[index] = place;
        }
        field = place.field;
        if (field < 0) cursor.skip();
        else if (place.isExact) {
          values[field] = this.#fields[field]!.read!(cursor);
          this.#exactIn[field] = object;
        } else if (this.#exactIn[field] === object) cursor.skip();
        else values[field] = this.#fields[field]!.read!(cursor);
        if (!cursor.hasMore(closeBrace)) return values;
      }
    } catch (error) {
      if (error instanceof FormatFault || error instanceof RangeError)
        throw within(error, `.${this.#fields[field]?.name}`);
      throw error;
    }
  }

  #readPlace(cursor: JsonCursor): Place {
    const start = cursor.at + 1;
    const key = cursor.text();
    const bytes = Buffer.concat([cursor.data.subarray(start, cursor.at), Buffer.from(':')]);
    cursor.expectColon();
    const exact = this.#byName.get(key);
    if (exact !== undefined) return { bytes, field: exact, isExact: true };
    return { bytes, field: this.#byName.get(key.toUpperCase()) ?? -1, isExact: false };
  }
}

/** Whether the bytes follow the cursor's quote; they are passed then. */
function isAt(bytes: Buffer, cursor: JsonCursor): boolean {
  const { data } = cursor;
  const start = cursor.at + 1;
  const { length } = bytes;
  if (start + length > cursor.end) return false;
  for (let index = 0; index < length; index++) if (data[start + index] !== bytes[index]) return false;
  cursor.at = start + length;
  return true;
}
