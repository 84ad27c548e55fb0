import { Decimal } from '@headwater/serdes';
import { TextOrigin } from '@headwater/streams';
import { type SqlType, type StructField, typeText } from '../../types/sql-type.ts';
import { fitDecimal, parseDecimal, wholePartOf } from '../../values/big-decimal.ts';
import { parseDouble } from '../../values/double-text.ts';
import { type Long, longOf } from '../../values/long.ts';
import { bytesOfBase64 } from '../base64.ts';
import { FormatFault, within } from '../format-fault.ts';
import { isJsonUnion } from '../json-schema/json-union.ts';
import type { JsonCursor } from './json-cursor.ts';
import { JsonStructReader } from './json-struct-reader.ts';
import { textOfAny } from './json-text-of-any.ts';

/** Reads the value at the cursor as a column's; null for JSON's null. */
export type ReadJson = (cursor: JsonCursor) => unknown;

const quote = 0x22;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const powersOfTen = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
const longPattern = /^[+-]?\d+$/;
const dayMs = 86_400_000;

/** JSON_SR: as Connect's converter writes with a schema: maps may be arrays of entries, unions are the bare value of a branch. */
export type JsonForm = 'plain' | 'schema';

/** What ksqlDB's JSON deserializer makes of values of other kinds is made of them here too: numbers from texts, texts from everything. */
export function jsonReader(type: SqlType, form: JsonForm = 'plain'): ReadJson {
  switch (type.kind) {
    case 'BOOLEAN':
      return readBoolean;
    case 'INTEGER':
      return readInteger;
    case 'BIGINT':
      return (cursor) => readLong(cursor, 'BIGINT');
    case 'DOUBLE':
      return readDouble;
    case 'STRING': {
      const origin = new TextOrigin();
      return (cursor) => readText(cursor, origin);
    }
    case 'BYTES':
      return readBytes;
    case 'TIME':
      return readTime;
    case 'DATE':
      return (cursor) => numberOf(readLong(cursor, 'DATE'));
    case 'TIMESTAMP':
      return (cursor) => numberOf(readLong(cursor, 'TIMESTAMP'));
    case 'DECIMAL':
      return decimalReader(type.precision, type.scale);
    case 'ARRAY':
      return arrayReader(type, jsonReader(type.element, form));
    case 'MAP':
      return mapReader(type, jsonReader(type.value, form), form);
    case 'STRUCT': {
      if (form === 'schema' && isJsonUnion(type.fields)) return unionReader(type.fields, form);
      const fields = type.fields.map((field) => ({ name: field.name, read: jsonReader(field.type, form) }));
      const reader = new JsonStructReader(fields);
      return (cursor) => {
        const first = cursor.first();
        if (first === openBrace) return reader.read(cursor);
        return nullOrWrong(cursor, first, type);
      };
    }
  }
}

function isNumberStart(byte: number): boolean {
  return byte === 0x2d || (byte >= 0x30 && byte <= 0x39);
}

/** Null where JSON's null is; else the value is of a kind that cannot be taken. */
function nullOrWrong(cursor: JsonCursor, first: number, type: SqlType): null {
  if (first === 0x6e) {
    cursor.word('null');
    return null;
  }
  cursor.skip();
  throw new FormatFault(
    `Can't convert type. sourceType: ${kindNames[String.fromCharCode(first)] ?? 'number'}, requiredType: ${typeText(type)}`,
  );
}

const kindNames: Readonly<Record<string, string>> = {
  '"': 'text',
  t: 'boolean',
  f: 'boolean',
  '{': 'object',
  '[': 'array',
};

function noSuchText(kind: string): FormatFault {
  return new FormatFault(`Can't coerce string to type. targetType: ${kind}`);
}

function readBoolean(cursor: JsonCursor): boolean | null {
  const first = cursor.first();
  if (first === 0x74) {
    cursor.word('true');
    return true;
  }
  if (first === 0x66) {
    cursor.word('false');
    return false;
  }
  return nullOrWrong(cursor, first, { kind: 'BOOLEAN' });
}

function readInteger(cursor: JsonCursor): number | null {
  const first = cursor.first();
  if (isNumberStart(first)) {
    const start = cursor.at;
    cursor.number();
    const { digits } = cursor;
    if (cursor.fraction === 0 && digits <= 2_147_483_647) return cursor.isNegative ? 0 - digits : digits;
    return Number(BigInt.asIntN(32, wholePartOf(cursor.textSince(start))));
  }
  if (first !== quote) return nullOrWrong(cursor, first, { kind: 'INTEGER' });
  const text = cursor.text();
  const value = longPattern.test(text) ? Number(text) : NaN;
  if (!(value >= -2_147_483_648 && value <= 2_147_483_647)) throw noSuchText('INTEGER');
  return value + 0;
}

function readLong(cursor: JsonCursor, kind: 'BIGINT' | 'DATE' | 'TIME' | 'TIMESTAMP'): Long | null {
  const first = cursor.first();
  if (isNumberStart(first)) {
    const start = cursor.at;
    cursor.number();
    const { digits } = cursor;
    // NaN where there are too many digits.
    if (cursor.fraction === 0 && digits >= 0) return cursor.isNegative ? 0 - digits : digits;
    return longOf(wholePartOf(cursor.textSince(start)));
  }
  if (first !== quote) return nullOrWrong(cursor, first, { kind });
  const text = cursor.text();
  if (!longPattern.test(text) || text.length > 40) throw noSuchText(kind);
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  if (BigInt.asIntN(64, value) !== value) throw noSuchText(kind);
  return longOf(value);
}

function numberOf(value: Long | null): number | null {
  return value === null ? null : Number(value);
}

function readTime(cursor: JsonCursor): number | null {
  const value = numberOf(readLong(cursor, 'TIME'));
  if (value !== null && !(value >= 0 && value <= dayMs)) {
    throw new FormatFault(`Time values must use number of milliseconds greater than 0 and less than ${dayMs}.`);
  }
  return value;
}

function readDouble(cursor: JsonCursor): number | null {
  const first = cursor.first();
  if (isNumberStart(first)) {
    const start = cursor.at;
    cursor.number();
    const { digits } = cursor;
    if (!(digits >= 0)) return Number(cursor.textSince(start));
    // Up to 15 digits, and a power of ten up to 10^15, are exact, so one division rounds as it should.
    const value = cursor.fraction > 0 ? digits / powersOfTen[cursor.fraction]! : digits;
    // An integer has no negative zero.
    return cursor.isNegative ? (value === 0 && cursor.fraction === 0 ? 0 : -value) : value;
  }
  if (first !== quote) return nullOrWrong(cursor, first, { kind: 'DOUBLE' });
  const value = parseDouble(cursor.text());
  if (value === undefined) throw noSuchText('DOUBLE');
  return value;
}

function readText(cursor: JsonCursor, origin: TextOrigin | null = null): string | null {
  const first = cursor.first();
  if (first === quote) return cursor.text(origin);
  if (first === 0x6e) {
    cursor.word('null');
    return null;
  }
  return textOfAny(cursor);
}

function readBytes(cursor: JsonCursor): Buffer | null {
  const first = cursor.first();
  if (first !== quote) return nullOrWrong(cursor, first, { kind: 'BYTES' });
  return bytesOfBase64(cursor.text());
}

function decimalReader(precision: number, scale: number): ReadJson {
  const type: SqlType = { kind: 'DECIMAL', precision, scale };
  const isShort = precision <= 15;
  const limit = isShort ? powersOfTen[precision]! : 0;
  return (cursor) => {
    const first = cursor.first();
    if (isNumberStart(first)) {
      const start = cursor.at;
      cursor.number();
      const { fraction } = cursor;
      if (isShort && fraction <= scale) {
        const unscaled = cursor.digits * powersOfTen[scale - fraction]!;
        if (unscaled < limit) return new Decimal(BigInt(cursor.isNegative ? -unscaled : unscaled), scale);
      }
      return fitDecimal(parseDecimal(cursor.textSince(start)), precision, scale);
    }
    if (first !== quote) return nullOrWrong(cursor, first, type);
    return fitDecimal(parseDecimal(cursor.text()), precision, scale);
  };
}

function arrayReader(type: SqlType, readElement: ReadJson): ReadJson {
  return (cursor) => {
    const first = cursor.first();
    if (first !== openBracket) return nullOrWrong(cursor, first, type);
    cursor.at++;
    const elements: unknown[] = [];
    if (cursor.take(closeBracket)) return elements;
    try {
      do elements.push(readElement(cursor));
      while (cursor.hasMore(closeBracket));
    } catch (error) {
      throw within(error, `[${elements.length}]`);
    }
    return elements;
  };
}

function mapReader(type: SqlType, readValue: ReadJson, form: JsonForm): ReadJson {
  const entry = new JsonStructReader([
    { name: 'key', read: readText },
    { name: 'value', read: readValue },
  ]);
  return (cursor) => {
    const first = cursor.first();
    if (first === openBracket && form === 'schema') return readEntries(cursor, entry);
    if (first !== openBrace) return nullOrWrong(cursor, first, type);
    cursor.at++;
    const entries = new Map<string, unknown>();
    if (cursor.take(closeBrace)) return entries;
    let key = '';
    try {
      do {
        if (cursor.first() !== quote) throw cursor.mistake('a key in quotes is missing');
        key = cursor.text();
        cursor.expectColon();
        entries.set(key, readValue(cursor));
      } while (cursor.hasMore(closeBrace));
    } catch (error) {
      throw within(error, `.${key}.value`);
    }
    return entries;
  };
}

function readEntries(cursor: JsonCursor, entry: JsonStructReader): Map<unknown, unknown> {
  cursor.at++;
  const entries = new Map<unknown, unknown>();
  if (cursor.take(closeBracket)) return entries;
  do {
    if (cursor.first() !== openBrace) throw new FormatFault('An entry of a map is an object with key and value');
    const [key, value] = entry.read(cursor);
    entries.set(key, value);
  } while (cursor.hasMore(closeBracket));
  return entries;
}

/** The branch that a value is of is told by the kind of the value, and of objects by the names of their members. */
function unionReader(fields: readonly StructField[], form: JsonForm): ReadJson {
  const readers = fields.map((field) => jsonReader(field.type, form));
  return (cursor) => {
    const first = cursor.first();
    if (first === 0x6e) {
      cursor.word('null');
      return null;
    }
    const start = cursor.at;
    cursor.skip();
    const end = cursor.at;
    const isWhole = !/[.eE]/.test(isNumberStart(first) ? cursor.textSince(start) : '');
    const names = first === openBrace ? memberNames(cursor, start, end) : [];
    let place = -1;
    let bestMatches = 0;
    for (const [index, { type }] of fields.entries()) {
      const matches = matchesOf(type, first, isWhole, names);
      if (matches > bestMatches) [place, bestMatches] = [index, matches];
    }
    if (place < 0) throw new FormatFault('The value is of no branch of the union');
    cursor.at = start;
    const values: unknown[] = new Array(fields.length).fill(null);
    values[place] = readers[place]!(cursor);
    return values;
  };
}

function memberNames(cursor: JsonCursor, start: number, end: number): string[] {
  const names: string[] = [];
  cursor.at = start + 1;
  if (cursor.take(closeBrace)) return names;
  do {
    if (cursor.first() !== quote) throw cursor.mistake('a key in quotes is missing');
    names.push(cursor.text());
    cursor.expectColon();
    cursor.skip();
  } while (cursor.hasMore(closeBrace));
  cursor.at = end;
  return names;
}

function matchesOf(type: SqlType, first: number, isWhole: boolean, names: readonly string[]): number {
  switch (type.kind) {
    case 'STRING':
    case 'BYTES':
      return first === quote ? 1 : 0;
    case 'BOOLEAN':
      return first === 0x74 || first === 0x66 ? 1 : 0;
    case 'ARRAY':
      return first === openBracket ? 1 : 0;
    case 'MAP':
      return first === openBracket || first === openBrace ? 1 : 0;
    case 'STRUCT':
      if (first !== openBrace) return 0;
      return (
        1 + names.filter((name) => type.fields.some((field) => field.name.toUpperCase() === name.toUpperCase())).length
      );
    case 'DOUBLE':
    case 'DECIMAL':
      return isNumberStart(first) ? (isWhole ? 1 : 2) : 0;
    default:
      return isNumberStart(first) && isWhole ? 2 : 0;
  }
}
