import { JsonNumber } from '../json/json-value.ts';
import type { FieldType, MessageType } from './message-type.ts';
import { nestingMax } from './proto-reader.ts';
import { isSpecial, setMember, wrapperPattern, zeroOf } from './to-json.ts';
import { fail, inside, shown } from './value-fault.ts';
import { parseDuration, parseFieldMask, parseTimestamp } from './well-known-json.ts';
import { enumNumber, mapKey } from './write-value.ts';

type Members = Record<string, unknown>;

/** Finds the type of an Any, and makes its bytes. */
export interface AnyTypes {
  type(typeUrl: string): MessageType;
  encode(type: MessageType, value: unknown): Uint8Array;
}

/** JSON to values: https://protobuf.dev/programming-guides/json/. Takes what JSON.parse gives and what `parseJson` gives. */
export class JsonReader {
  readonly #ignoreUnknown: boolean;
  readonly #any: AnyTypes;
  #depth = 0;

  constructor(ignoreUnknown: boolean, any: AnyTypes) {
    this.#ignoreUnknown = ignoreUnknown;
    this.#any = any;
  }

  read(type: MessageType, json: unknown): unknown {
    this.#depth = 0;
    return this.#message(type, json);
  }

  #message(type: MessageType, json: unknown): unknown {
    if (++this.#depth > nestingMax) fail(`Messages are nested deeper than ${nestingMax}`);
    const value = this.#special(type, json);
    this.#depth--;
    return value;
  }

  #special(type: MessageType, json: unknown): unknown {
    switch (type.fullName) {
      case 'google.protobuf.Timestamp':
        return parseTimestamp(json);
      case 'google.protobuf.Duration':
        return parseDuration(json);
      case 'google.protobuf.FieldMask':
        return parseFieldMask(json);
      case 'google.protobuf.Struct':
        return { fields: this.#map(type.fields[0]!, json) };
      case 'google.protobuf.ListValue':
        return { values: this.#list(type.fields[0]!, json) };
      case 'google.protobuf.Value':
        return this.#value(type, json);
      case 'google.protobuf.Any':
        return this.#anyValue(json);
      default:
        return wrapperPattern.test(type.fullName)
          ? { value: this.#one(type.fields[0]!, json) }
          : this.#fields(type, members(json, type));
    }
  }

  #fields(type: MessageType, json: Iterable<[string, unknown]>): Members {
    const value: Members = {};
    const set = new Set<FieldType>();
    for (const [name, given] of json) {
      const field = type.fields.find((each) => each.jsonName === name || each.name === name);
      if (field === undefined) {
        if (this.#ignoreUnknown) continue;
        return fail(`The message ${type.fullName} has no field ${shown(name)}`);
      }
      if (set.has(field)) fail(`The field ${field.jsonName} is there twice`);
      try {
        if (this.#isNothing(field, given)) continue;
        const other = [...set].find(({ oneof }) => oneof !== undefined && oneof === field.oneof);
        if (other !== undefined)
          fail(`${other.jsonName} is set as well, and of the oneof ${field.oneof} only one can be`);
        set.add(field);
        value[field.property] = this.#field(field, given);
      } catch (error) {
        throw inside(error, field.property, -1);
      }
    }
    for (const field of type.fields) if (!set.has(field)) fillIn(value, field);
    return value;
  }

  /** null is nothing, but for what has null as a value. */
  #isNothing(field: FieldType, json: unknown): boolean {
    if (json !== null) return false;
    if (field.isRepeated || field.mapKey !== undefined) return true;
    return field.message?.fullName !== 'google.protobuf.Value' && field.enum?.fullName !== 'google.protobuf.NullValue';
  }

  #field(field: FieldType, json: unknown): unknown {
    if (field.mapKey !== undefined) return this.#map(field, json);
    return field.isRepeated ? this.#list(field, json) : this.#one(field, json);
  }

  #list(field: FieldType, json: unknown): unknown[] {
    if (!Array.isArray(json)) return fail(`${shown(json)} is no list`);
    return json.map((each, index) => {
      try {
        return this.#one(field, each);
      } catch (error) {
        throw inside(error, '', index);
      }
    });
  }

  #map(field: FieldType, json: unknown): Members {
    const value: Members = {};
    for (const [key, each] of members(json)) {
      try {
        const exact = String(field.mapKey === undefined ? key : mapKey(field.mapKey, key));
        setMember(value, exact, this.#one(field, each));
      } catch (error) {
        throw inside(error, '', key);
      }
    }
    return value;
  }

  #one(field: FieldType, json: unknown): unknown {
    switch (field.type) {
      case 'message':
      case 'group':
        return this.#message(field.message!, json);
      case 'enum':
        return enumValue(field, json);
      case 'bool':
        return typeof json === 'boolean' ? json : fail(`${shown(json)} is neither true nor false`);
      case 'string':
        return typeof json === 'string' ? json : fail(`${shown(json)} is no text`);
      case 'bytes':
        return bytes(json);
      case 'double':
      case 'float':
        return float(field.type, json);
      default:
        return integer(field.type, json);
    }
  }

  #value(type: MessageType, json: unknown): Members {
    const field = (name: string) => type.fields.find((each) => each.name === name)!;
    if (json === null) return { nullValue: field('null_value').enum!.zero };
    if (typeof json === 'boolean') return { boolValue: json };
    if (typeof json === 'string') return { stringValue: json };
    if (typeof json === 'number' || json instanceof JsonNumber) return { numberValue: float('double', json) };
    if (Array.isArray(json)) return { listValue: this.#message(field('list_value').message!, json) };
    return { structValue: this.#message(field('struct_value').message!, json) };
  }

  #anyValue(json: unknown): Members {
    const all = [...members(json)];
    if (all.length === 0) return { typeUrl: '', value: new Uint8Array(0) };
    const typeUrl = all.find(([name]) => name === '@type')?.[1];
    if (typeof typeUrl !== 'string') return fail('An Any needs "@type" with a text');
    const type = this.#any.type(typeUrl);
    const rest = all.filter(([name]) => name !== '@type');
    const value = isSpecial(type)
      ? this.#message(type, rest.find(([name]) => name === 'value')?.[1])
      : this.#message(type, new Map(rest));
    return { typeUrl, value: this.#any.encode(type, value) };
  }
}

function members(json: unknown, type?: MessageType): Iterable<[string, unknown]> {
  if (json instanceof Map) return json as Map<string, unknown>;
  if (typeof json === 'object' && json !== null && !Array.isArray(json) && !(json instanceof JsonNumber)) {
    return Object.entries(json);
  }
  return fail(`${shown(json)} is no object${type === undefined ? '' : `: a message ${type.fullName} is needed`}`);
}

/** As the decoder has what was not there. */
function fillIn(value: Members, field: FieldType): void {
  if (field.isRequired) fail(`The field ${field.property} is required and is not there`);
  if (field.mapKey !== undefined) value[field.property] = {};
  else if (field.isRepeated) {
    if (!field.name.startsWith('[')) value[field.property] = [];
  } else if (!field.hasPresence) value[field.property] = zeroOf(field);
}

function enumValue(field: FieldType, json: unknown): unknown {
  if (json === null && field.enum!.fullName === 'google.protobuf.NullValue') return field.enum!.zero;
  if (typeof json === 'string') {
    enumNumber(json, field.enum!);
    return json;
  }
  const number = integer('int32', json) as number;
  return field.enum!.names.get(number) ?? number;
}

function bytes(json: unknown): Uint8Array {
  if (typeof json !== 'string' || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(json)) return fail(`${shown(json)} is no base64`);
  return new Uint8Array(Buffer.from(json, 'base64'));
}

function float(type: 'float' | 'double', json: unknown): number {
  if (json === 'NaN' || json === 'Infinity' || json === '-Infinity') return Number(json);
  const text = json instanceof JsonNumber ? json.text : json;
  const isText = typeof text === 'string' && /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/.test(text);
  const value = typeof text === 'number' ? text : isText ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) return fail(`${shown(text)} is no number`);
  const result = type === 'float' ? Math.fround(value) : value;
  return Number.isFinite(result) ? result : fail(`${shown(text)} is too great for a ${type}`);
}

const ranges: Readonly<Record<string, readonly [bigint, bigint]>> = {
  '32': [-(2n ** 31n), 2n ** 31n - 1n],
  u32: [0n, 2n ** 32n - 1n],
  '64': [-(2n ** 63n), 2n ** 63n - 1n],
  u64: [0n, 2n ** 64n - 1n],
};

/** Numbers and texts; `1e3` and `5.0` are integers as well. */
function integer(type: string, json: unknown): number | bigint {
  const text = json instanceof JsonNumber ? json.text : typeof json === 'number' ? String(json) : json;
  const found =
    typeof text === 'string' ? /^(-?[0-9]{1,40})(?:\.([0-9]{1,40}))?(?:[eE]([+-]?[0-9]{1,3}))?$/.exec(text) : null;
  const value = found === null ? undefined : exact(found[1]!, found[2] ?? '', Number(found[3] ?? 0));
  const isWide = type.endsWith('64');
  const isUnsigned = type.startsWith('u') || type.startsWith('fixed');
  const [min, max] = ranges[`${isUnsigned ? 'u' : ''}${isWide ? '64' : '32'}`]!;
  if (value === undefined || value < min || value > max)
    return fail(`${shown(text)} is no integer from ${min} to ${max}`);
  return isWide ? value : Number(value);
}

function exact(whole: string, digits: string, exponent: number): bigint | undefined {
  const trimmed = digits.replace(/0+$/, '');
  const shift = exponent - trimmed.length;
  const all = BigInt(whole + trimmed);
  if (shift >= 0) return all * 10n ** BigInt(shift);
  const divisor = 10n ** BigInt(-shift);
  return all % divisor === 0n ? all / divisor : undefined;
}
