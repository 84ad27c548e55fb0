import { isUtf8 } from 'node:buffer';
import type { ErrorObject } from 'ajv';
import type { ByteWriter } from '../byte-writer.ts';
import type { Codec } from '../codec.ts';
import { readJson, writeJson } from '../json/read-json.ts';
import { SerializationError } from '../serialization-error.ts';
import { SchemaDocuments } from './documents.ts';
import { flattenSchema } from './flatten-schema.ts';
import type { ParsedJsonSchema } from './parsed-json-schema.ts';
import { compileValidator, type Validator } from './validator.ts';
import { WorkBudgetError } from './work-budget.ts';

export interface JsonSchemaCodecOptions {
  /** Patterns with look-around or back-references: refused (default), or run by JavaScript's engine, which a value can keep busy. */
  backtrackingPatterns?: 'refuse' | 'run';
}

/**
 * Values of a JSON Schema: validated, then UTF-8 JSON; compiled once. Integers beyond ±(2^53-1) are `bigint` when read and may be when
 * written; they are validated as the nearest double and kept with every digit. Errors have the JSON pointer of what is wrong.
 *
 * @throws SchemaError for patterns that need backtracking, and schemas of more than 5,000 parts
 *
 * @example
 * const codec = jsonSchemaCodec(new ParsedJsonSchema('{"type":"object","required":["id"]}'));
 * const writer = new ByteWriter();
 * codec.encode({ id: 7 }, writer); // {"id":7}
 */
export function jsonSchemaCodec(parsed: ParsedJsonSchema, options: JsonSchemaCodecOptions = {}): Codec {
  const documents = new SchemaDocuments(parsed.json, parsed.references, parsed.draft);
  const flat = flattenSchema(documents, parsed.draft);
  const validator = compileValidator(flat, parsed.draft, options.backtrackingPatterns === 'run');
  return {
    encode(value: unknown, writer: ByteWriter): void {
      const plainness = plainnessOf(value, 0);
      const text = plainness === 'exact' ? writeJson(value) : JSON.stringify(value);
      if (text === undefined) throw new SerializationError(`There is no JSON for ${typeof value}`);
      // What is not plain is validated as it will be read.
      check(validator, plainness === 'plain' ? value : withDoubles(readJson(text)), text.length);
      writer.text(text);
    },
    decode(bytes: Uint8Array, start: number, end: number): unknown {
      const part = bytes.subarray(start, end);
      if (!isUtf8(part)) throw new SerializationError('The bytes are not UTF-8, and so no JSON');
      const text = Buffer.from(part.buffer, part.byteOffset, part.length).toString('utf8');
      const value = readJson(text);
      check(validator, longDigits.test(text) ? withDoubles(value) : value, part.length);
      return value;
    },
  };
}

function check(validator: Validator, value: unknown, textLength: number): void {
  let errors: readonly ErrorObject[] | undefined;
  try {
    errors = validator.validate(value, textLength);
  } catch (error) {
    if (
      error instanceof WorkBudgetError ||
      error instanceof RangeError ||
      (error as Error).name === 'RegexBudgetError'
    ) {
      throw new SerializationError((error as Error).message, '', { cause: error });
    }
    throw error;
  }
  if (errors === undefined) return;
  const last = errors.at(-1);
  if (last === undefined) throw new SerializationError('The schema does not allow it');
  // Of a combination the deepest mistake tells most.
  const deepest = errors.reduce((a, b) => (b.instancePath.length > a.instancePath.length ? b : a));
  const closest =
    deepest === last ? '' : `; the closest of them: ${reasonOf(deepest)} at ${deepest.instancePath || 'the root'}`;
  throw new SerializationError(`${reasonOf(last)}${closest}`, last.instancePath);
}

function reasonOf({ message = 'is not allowed', keyword, params }: ErrorObject): string {
  const detail = params as Record<string, unknown>;
  if (keyword === 'additionalProperties') return `must not have the property "${String(detail['additionalProperty'])}"`;
  if (keyword === 'enum') return `must be one of ${JSON.stringify(detail['allowedValues']).slice(0, 200)}`;
  if (keyword === 'const') return `must be ${JSON.stringify(detail['allowedValue']).slice(0, 200)}`;
  return message;
}

const depthMax = 500;
/** Without them there is no bigint. */
const longDigits = /\d{16}/;

/** `exact` has a bigint in it, `other` what JSON has no equal of: a Date, undefined, an object with `toJSON`. */
function plainnessOf(value: unknown, depth: number): 'plain' | 'other' | 'exact' {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return 'plain';
    case 'number':
      return Number.isFinite(value) ? 'plain' : 'other';
    case 'bigint':
      return 'exact';
    case 'object':
      break;
    default:
      return 'other';
  }
  if (value === null) return 'plain';
  if (depth > depthMax) throw new SerializationError(`It is nested more than ${depthMax} deep, or contains itself`);
  let found: 'plain' | 'other' = isPlainObject(value) ? 'plain' : 'other';
  for (const member of Array.isArray(value) ? value : Object.values(value)) {
    const plainness = plainnessOf(member, depth + 1);
    if (plainness === 'exact') return 'exact';
    if (plainness === 'other') found = 'other';
  }
  return found;
}

function isPlainObject(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && !('toJSON' in value);
}

function withDoubles(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(withDoubles);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withDoubles(member)]));
}
