import { jsonScanner } from './json-scanner.ts';
import { jsonShape } from './json-shape.ts';
import { parseJsonBytes } from './parse-json-bytes.ts';
import type { Serde } from './serde.ts';

const backslash = 0x5c;

export interface JsonOptions<T> {
  /**
   * The fields of an object that matter: only these are read and written, in this order, several times as fast as all of them. One that is
   * not there is undefined. The whole text is checked all the same: what is not JSON is refused, wherever the mistake is.
   */
  fields?: readonly (keyof T & string)[];
}

/**
 * JSON text. The type is a promise of the caller's: nothing is checked.
 *
 * @example
 * const orders = serdes.json<{ id: number; amount: number }>();
 * const totals = serdes.json<{ id: number; amount: number }>({ fields: ['id', 'amount'] });
 *
 * @throws StreamsError HW_STREAMS_BAD_OPTION for a field that is named twice
 */
export function jsonSerde<T = unknown>({ fields }: JsonOptions<T> = {}): Serde<T> {
  return fields === undefined ? (whole as Serde<T>) : jsonFieldsSerde<T>(fields);
}

const whole: Serde<unknown> = {
  encode(value) {
    const text = JSON.stringify(value);
    if (text === undefined) throw new TypeError(`${typeof value} cannot be written as JSON`);
    return text;
  },
  decode: decodeWhole,
};

function decodeWhole(data: Buffer, start: number, end: number): unknown {
  // JSON.parse of Node 24 can give a wrong key once a key with an escape was read: those texts go to our own parser.
  const at = data.indexOf(backslash, start);
  if (at !== -1 && at < end) return parseJsonBytes(data, start, end);
  return JSON.parse(data.toString('utf8', start, end));
}

function jsonFieldsSerde<T>(fields: readonly string[]): Serde<T> {
  const shape = jsonShape<T>(fields);
  const scanner = jsonScanner(fields.map((name) => ({ name, readNested: decodeWhole })));
  return {
    encode(value) {
      checkFields(value);
      return shape.write(value);
    },
    write(value, target, start, limit) {
      checkFields(value);
      return shape.writeTo(value, target, start, limit);
    },
    decode: (data, start, end) => shape.make(scanner.scan(data, start, end)),
  };
}

function checkFields(value: unknown): void {
  if (typeof value !== 'object' || value === null) throw new TypeError(`${typeof value} has no fields to write`);
}
