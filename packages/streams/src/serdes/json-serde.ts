import { parseJsonBytes } from './parse-json-bytes.ts';
import type { Serde } from './serde.ts';

const backslash = 0x5c;

/**
 * JSON text. The type is a promise of the caller's: nothing is checked.
 *
 * @example
 * const orders = serdes.json<{ id: number; amount: number }>();
 */
export function jsonSerde<T = unknown>(): Serde<T> {
  return whole as Serde<T>;
}

const whole: Serde<unknown> = {
  encode(value) {
    const text = JSON.stringify(value);
    if (text === undefined) throw new TypeError(`${typeof value} cannot be written as JSON`);
    return text;
  },
  decode(data, start, end) {
    // JSON.parse of Node 24 can give a wrong key once a key with an escape was read: those texts go to our own parser.
    const at = data.indexOf(backslash, start);
    if (at !== -1 && at < end) return parseJsonBytes(data, start, end);
    return JSON.parse(data.toString('utf8', start, end));
  },
};
