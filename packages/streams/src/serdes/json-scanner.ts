import { StreamsError } from '../streams-error.ts';
import { JsonFieldReader, type TokenReader, type WantedField } from './json-field-reader.ts';
import { parseJsonBytes } from './parse-json-bytes.ts';

/** A field that a scanner looks for. */
export interface JsonField {
  readonly name: string;
  /**
   * Makes something of a number's text, data[start, end), for who needs each of its digits: it was checked against JSON's grammar. Absent: the
   * nearest double.
   */
  readonly readNumber?: TokenReader;
  /** The same for objects and arrays. Absent: as `JSON.parse` makes them. */
  readonly readNested?: TokenReader;
}

export interface JsonScannerOptions {
  /** `NAME` and `name` are one field. Default false. */
  isCaseIgnored?: boolean;
}

/** Reads some fields of JSON objects from bytes; see `jsonScanner`. */
export interface JsonScanner {
  /**
   * Reads the object that fills data[start, end). The array is the scanner's own and is filled anew by the next call: the values in the order of
   * the fields, undefined for one that is not there.
   *
   * @throws SyntaxError for what is not JSON, with the position; TypeError for JSON of another kind than an object
   */
  scan(data: Buffer, start: number, end: number): readonly unknown[];
}

/**
 * Reads fields of JSON objects by position, without making anything of those that nobody wants. Texts, numbers, `true`, `false` and `null` come as
 * they are. The whole text is checked against JSON's grammar (up to 1,000 levels); of two fields of one name the last counts. Quickest for objects
 * that have their fields in one order, whatever the blanks between them.
 *
 * @example
 * const scanner = jsonScanner(['id', { name: 'price', readNumber: (data, start, end) => data.toString('latin1', start, end) }], { isCaseIgnored: true });
 * const [id, price] = scanner.scan(data, 0, data.length); // {"ID":7,"price":12.50}: 7 and '12.50'
 *
 * @throws StreamsError HW_STREAMS_BAD_OPTION for a field that is named twice
 */
export function jsonScanner(
  fields: readonly (string | JsonField)[],
  { isCaseIgnored = false }: JsonScannerOptions = {},
): JsonScanner {
  const wanted = fields.map((field): WantedField => {
    const { name, readNested, readNumber } = typeof field === 'string' ? { name: field } : (field as JsonField);
    return { name, readNumber: readNumber ?? null, readNested: readNested ?? parseJsonBytes };
  });
  const names = wanted.map(({ name }) => (isCaseIgnored ? name.toLowerCase() : name));
  if (new Set(names).size < names.length) {
    throw new StreamsError('HW_STREAMS_BAD_OPTION', `fields: ${names.join(', ')} has one twice`);
  }
  const reader = new JsonFieldReader(wanted, isCaseIgnored);
  return {
    scan(data, start, end) {
      if (reader.read(data, start, end)) return reader.values;
      // Which says where the mistake is.
      parseJsonBytes(data, start, end);
      throw new TypeError('JSON of another kind than an object, which alone has fields');
    },
  };
}
