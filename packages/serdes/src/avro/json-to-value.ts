import { Decimal } from '../decimal.ts';
import { JsonNumber, type JsonValue, jsonText } from '../json/json-value.ts';
import { type AvroField, type AvroRecord, type AvroSchema, type AvroUnion, typeNameOf } from './avro-schema.ts';
import { isDefaultFor } from './default-value.ts';
import { inside, Misfit } from './path-error.ts';
import { type AvroValueOptions, decimalOf, isLongNumber, isUuidFixed, unionForm } from './value-form.ts';

/** How JSON says which branch of a union a value is of: by a wrapper, or, in a default, not at all: the first that may take it is meant. */
export type UnionsInJson = 'wrapped' | 'default';

/**
 * The value that a text in Avro's JSON encoding, or a default of a schema, stands for.
 *
 * @throws Misfit
 */
export function valueOfJson(
  schema: AvroSchema,
  json: JsonValue,
  options: AvroValueOptions,
  unions: UnionsInJson,
): unknown {
  switch (schema.type) {
    case 'null':
      return json === null ? null : refuse(json, 'null');
    case 'boolean':
      return typeof json === 'boolean' ? json : refuse(json, 'boolean');
    case 'int':
      return Number(integerOf(json, 32, 'int'));
    case 'long':
      return longOf(integerOf(json, 64, 'long'), isLongNumber(schema, options));
    case 'float':
      return Math.fround(numberOf(json, 'float'));
    case 'double':
      return numberOf(json, 'double');
    case 'string':
      return typeof json === 'string' ? json : refuse(json, 'string');
    case 'enum':
      if (typeof json === 'string' && schema.symbols.includes(json)) return json;
      return refuse(json, `symbol of ${typeNameOf(schema)}`);
    case 'bytes':
    case 'fixed': {
      const bytes = bytesOf(json, schema.type === 'fixed' ? schema.size : undefined);
      const decimal = decimalOf(schema);
      if (decimal) return new Decimal(signed(bytes), decimal.scale);
      return isUuidFixed(schema) ? uuidOf(bytes) : bytes;
    }
    case 'array':
      if (!Array.isArray(json)) return refuse(json, 'array');
      return json.map((item, index) => inside(index, () => valueOfJson(schema.items, item, options, unions)));
    case 'map':
      if (!(json instanceof Map)) return refuse(json, 'map (an object)');
      return plainObject(json, (member, name) =>
        inside(name, () => valueOfJson(schema.values, member, options, unions)),
      );
    case 'union':
      return branchValue(schema, json, options, unions);
    default:
      if (!(json instanceof Map)) return refuse(json, `${typeNameOf(schema)} (an object)`);
      return recordValue(schema, json, options, unions);
  }
}

function recordValue(
  schema: AvroRecord,
  json: ReadonlyMap<string, JsonValue>,
  options: AvroValueOptions,
  unions: UnionsInJson,
): object {
  const fields = new Map(
    schema.fields.map((field) => {
      const member = json.get(field.name);
      if (member !== undefined) {
        return [field.name, inside(field.name, () => valueOfJson(field.schema, member, options, unions))];
      }
      if (field.defaultValue === undefined || unions === 'wrapped') inside(field.name, () => missing(field));
      return [field.name, valueOfJson(field.schema, field.defaultValue as JsonValue, options, 'default')];
    }),
  );
  return plainObject(fields, (value) => value);
}

function branchValue(union: AvroUnion, json: JsonValue, options: AvroValueOptions, unions: UnionsInJson): unknown {
  let branch: AvroSchema | undefined;
  let inner = json;
  if (unions === 'default') branch = union.branches.find((each) => isDefaultFor(each, json));
  else if (json === null) branch = union.branches.find(({ type }) => type === 'null');
  else if (json instanceof Map && json.size === 1) {
    const [[name, member]] = json as unknown as [[string, JsonValue]];
    branch = union.branches.find((each) => each.type !== 'null' && typeNameOf(each) === name);
    inner = member;
  }
  if (branch === undefined) {
    const names = union.branches.map(typeNameOf).join(', ');
    const form = unions === 'default' ? '' : ': null, or { "branch name": value }';
    return refuse(json, `value of the union ${names}${form}`);
  }
  const value = valueOfJson(branch, inner, options, unions);
  const isWrapped = unionForm(union, options).wrapped[union.branches.indexOf(branch)];
  return isWrapped ? { [typeNameOf(branch)]: value } : value;
}

function plainObject<T>(members: ReadonlyMap<string, T>, convert: (member: T, name: string) => unknown): object {
  // `fromEntries` makes `__proto__` a member like others.
  return Object.fromEntries(Array.from(members, ([name, member]) => [name, convert(member, name)]));
}

function refuse(json: JsonValue | undefined, what: string): never {
  if (json === undefined) throw new Misfit(`no value: ${what} is wanted`);
  const text = jsonText(json);
  throw new Misfit(`${text.length > 60 ? `${text.slice(0, 60)}…` : text} is no ${what}`);
}

/** Defaults of a schema are for readers, also where the encoding is JSON. */
function missing({ schema, defaultValue }: AvroField): never {
  const hint = defaultValue === undefined ? '' : `; its default is ${jsonText(defaultValue)}`;
  throw new Misfit(`no value: ${schema.type === 'union' ? 'a union' : typeNameOf(schema)} is wanted${hint}`);
}

function integerOf(json: JsonValue, bits: number, what: string): bigint {
  if (!(json instanceof JsonNumber)) return refuse(json, what);
  const value = exactInteger(json);
  if (value === undefined || BigInt.asIntN(bits, value) !== value) return refuse(json, `${what} (${bits} bits)`);
  return value;
}

/** 1.0 and 1e3 are integers as well. */
function exactInteger(json: JsonNumber): bigint | undefined {
  if (json.isInteger) return BigInt(json.text);
  const exponent = /[eE]([+-]?\d+)$/.exec(json.text)?.[1];
  return exponent !== undefined && Math.abs(Number(exponent)) > 40
    ? undefined
    : Decimal.parse(json.text).withScale(0)?.unscaled;
}

function longOf(value: bigint, isNumber: boolean): bigint | number {
  if (!isNumber) return value;
  if (!Number.isSafeInteger(Number(value))) throw new Misfit(`${value} does not fit a number exactly (2^53-1 at most)`);
  return Number(value);
}

const unusual = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['INF', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-INF', Number.NEGATIVE_INFINITY],
]);

/** JSON has no numbers for NaN and the infinities: Avro's own implementation writes them as texts. */
function numberOf(json: JsonValue, what: string): number {
  const value = json instanceof JsonNumber ? Number(json.text) : unusual.get(json as string);
  return value === undefined ? refuse(json, what) : value;
}

/** Each character stands for one byte (ISO-8859-1). */
function bytesOf(json: JsonValue, size: number | undefined): Uint8Array {
  if (typeof json !== 'string') return refuse(json, 'bytes (a text of characters U+0000 to U+00FF)');
  const wide = /[^\u0000-\u00ff]/.exec(json);
  if (wide) throw new Misfit(`${JSON.stringify(wide[0])} is no byte: each character is one, U+0000 to U+00FF`);
  if (size !== undefined && json.length !== size) refuse(json, `fixed of ${size} bytes`);
  return new Uint8Array(Buffer.from(json, 'latin1'));
}

function signed(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
}

function uuidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
