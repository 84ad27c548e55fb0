import { JsonError, locate } from './json-error.ts';
import {
  JsonScanner,
  tokenArrayEnd,
  tokenArrayStart,
  tokenDecimal,
  tokenEnd,
  tokenFalse,
  tokenInteger,
  tokenKey,
  tokenNames,
  tokenNull,
  tokenObjectEnd,
  tokenObjectStart,
  tokenString,
  tokenTrue,
} from './json-scanner.ts';

export type Json = null | boolean | number | bigint | string | RawNumber | JsonArray | JsonObject;

/** A number whose digits a JavaScript number would not give back (`1.0`, `1e3`); only parsed when asked for. */
export class RawNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  valueOf(): number {
    return Number(this.text);
  }
  toString(): string {
    return this.text;
  }
}

/** A JSON object: a Map, so that no key is special and the order is the sender's. */
export class JsonObject extends Map<string, Json> {
  /** Offset of the opening brace, then of the closing one. */
  offset = -1;
  endOffset = -1;
  /** Offsets of each key and its value, when positions were asked for. */
  positions: Map<string, { key: number; value: number }> | null = null;
}

/** A JSON array that knows where it stood. */
export class JsonArray extends Array<Json> {
  offset = -1;
  endOffset = -1;
  positions: number[] | null = null;
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
}

export interface ParseOptions {
  /** Keep numbers as they were written: what a JavaScript number cannot give back becomes a RawNumber. */
  exactNumbers?: boolean;
  /** Remember where keys and values stood, for error messages. */
  positions?: boolean;
}

/** A parsed body and the bytes it came from. */
export class JsonDocument {
  readonly bytes: Buffer;
  readonly root: Json;
  constructor(bytes: Buffer, root: Json) {
    this.bytes = bytes;
    this.root = root;
  }
  locate(offset: number): { line: number; column: number } {
    return locate(this.bytes, Math.max(0, offset));
  }
}

/** Parses one value; more than white space after it is refused. */
export function parseJson(bytes: Buffer, options: ParseOptions = {}, start = 0, end = bytes.length): Json {
  const scanner = new JsonScanner(bytes, start, end);
  scanner.next();
  if (scanner.token === tokenEnd) {
    throw new JsonError('No content to map due to end-of-input', start, bytes, 'unexpected_end_of_input_exception');
  }
  const value = readValue(scanner, options);
  if (scanner.next() !== tokenEnd) {
    throw new JsonError(
      `Unexpected token [${tokenNames[scanner.token]}] found after the main object.`,
      scanner.tokenStart,
      bytes,
    );
  }
  return value;
}

/** Reads the value whose first token is the current one; afterwards its last token is. */
export function readValue(scanner: JsonScanner, options: ParseOptions): Json {
  switch (scanner.token) {
    case tokenString:
      return scanner.text();
    case tokenInteger:
      return integer(scanner.raw(), options.exactNumbers === true);
    case tokenDecimal:
      return decimal(scanner.raw(), options.exactNumbers === true);
    case tokenTrue:
      return true;
    case tokenFalse:
      return false;
    case tokenNull:
      return null;
    case tokenObjectStart:
      return readObject(scanner, options);
    case tokenArrayStart:
      return readArray(scanner, options);
    default:
      throw new Error(`no value begins with token ${tokenNames[scanner.token]}`);
  }
}

function readObject(scanner: JsonScanner, options: ParseOptions): JsonObject {
  const object = new JsonObject();
  object.offset = scanner.tokenStart;
  const positions = options.positions ? (object.positions = new Map()) : null;
  while (scanner.next() === tokenKey) {
    const key = scanner.text();
    const keyOffset = scanner.tokenStart;
    if (object.has(key)) {
      throw new JsonError(`Duplicate Object property "${key}"`, scanner.tokenStart, scanner.bytes);
    }
    scanner.next();
    positions?.set(key, { key: keyOffset, value: scanner.tokenStart });
    object.set(key, readValue(scanner, options));
  }
  if (scanner.token !== tokenObjectEnd) throw new Error('the scanner let an object end with another token');
  object.endOffset = scanner.tokenStart;
  return object;
}

function readArray(scanner: JsonScanner, options: ParseOptions): JsonArray {
  const array = new JsonArray();
  array.offset = scanner.tokenStart;
  const positions: number[] | null = options.positions ? (array.positions = []) : null;
  while (scanner.next() !== tokenArrayEnd) {
    positions?.push(scanner.tokenStart);
    array.push(readValue(scanner, options));
  }
  array.endOffset = scanner.tokenStart;
  return array;
}

function integer(text: string, exact: boolean): number | bigint | RawNumber {
  if (text.length < 16) {
    const value = Number(text);
    return exact && Object.is(value, -0) ? new RawNumber(text) : value;
  }
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}

function decimal(text: string, exact: boolean): number | RawNumber {
  const value = Number(text);
  return exact && String(value) !== text ? new RawNumber(text) : value;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return value instanceof JsonObject;
}

/** The name of the first token of a value, as error messages have it. */
export function tokenNameOf(value: Json | undefined): string {
  if (value === null || value === undefined) return 'VALUE_NULL';
  if (typeof value === 'string') return 'VALUE_STRING';
  if (typeof value === 'boolean') return 'VALUE_BOOLEAN';
  if (Array.isArray(value)) return 'START_ARRAY';
  if (value instanceof JsonObject) return 'START_OBJECT';
  return 'VALUE_NUMBER';
}

/** Converts a plain JavaScript value (tests, defaults written in code) into JSON values. */
export function toJson(value: unknown): Json {
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return JsonArray.from(value, toJson) as JsonArray;
  if (value instanceof JsonObject || value instanceof RawNumber) return value;
  if (typeof value === 'object') {
    const object = new JsonObject();
    for (const [key, item] of Object.entries(value)) if (item !== undefined) object.set(key, toJson(item));
    return object;
  }
  return value as Json;
}

/** A copy that shares nothing that can change. */
export function copyJson<T extends Json>(value: T): T {
  if (Array.isArray(value)) return JsonArray.from(value, copyJson) as unknown as T;
  if (isJsonObject(value)) {
    const object = new JsonObject();
    for (const [key, item] of (value as JsonObject).entries()) object.set(key, copyJson(item));
    return object as unknown as T;
  }
  return value;
}

export function jsonEquals(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => jsonEquals(item, b[i]!));
  }
  if (isJsonObject(a)) {
    if (!isJsonObject(b) || a.size !== b.size) return false;
    for (const [key, item] of a.entries()) {
      const other = b.get(key);
      if (other === undefined || !jsonEquals(item, other)) return false;
    }
    return true;
  }
  if (a instanceof RawNumber || b instanceof RawNumber) {
    return isNumeric(a) && isNumeric(b) && Number(a) === Number(b) && isDecimal(a) === isDecimal(b);
  }
  return false;
}

function isNumeric(value: Json): value is number | bigint | RawNumber {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof RawNumber;
}

function isDecimal(value: number | bigint | RawNumber): boolean {
  if (value instanceof RawNumber) return /[.eE]/.test(value.text);
  return typeof value === 'number' && !Number.isInteger(value);
}
