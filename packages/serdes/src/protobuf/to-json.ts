import type { FieldType, MessageType } from './message-type.ts';
import { nestingMax } from './proto-reader.ts';
import { fail, inside, shown } from './value-fault.ts';
import { durationText, fieldMaskText, timestampText } from './well-known-json.ts';
import { mapEntries } from './write-value.ts';

type Members = Record<string, unknown>;

export const wrapperPattern = /^google\.protobuf\.(?:Double|Float|U?Int64|U?Int32|Bool|String|Bytes)Value$/;
/** The type and its bytes, read. */
export type ReadAny = (typeUrl: string, bytes: Uint8Array) => { type: MessageType; value: unknown };

/** Values to JSON: https://protobuf.dev/programming-guides/json/ */
export class JsonWriter {
  readonly #withDefaults: boolean;
  readonly #readAny: ReadAny;
  #depth = 0;

  constructor(withDefaults: boolean, readAny: ReadAny) {
    this.#withDefaults = withDefaults;
    this.#readAny = readAny;
  }

  write(type: MessageType, value: unknown): unknown {
    this.#depth = 0;
    return this.#message(type, value);
  }

  #message(type: MessageType, value: unknown): unknown {
    if (typeof value !== 'object' || value === null)
      return fail(`${shown(value)} is no object: a message ${type.fullName} is needed`);
    if (++this.#depth > nestingMax) fail(`Messages are nested deeper than ${nestingMax}`);
    const json = this.#special(type, value as Members);
    this.#depth--;
    return json;
  }

  #special(type: MessageType, value: Members): unknown {
    switch (type.fullName) {
      case 'google.protobuf.Timestamp':
        return timestampText(value);
      case 'google.protobuf.Duration':
        return durationText(value);
      case 'google.protobuf.FieldMask':
        return fieldMaskText(value);
      case 'google.protobuf.Struct':
        return this.#map(type.fields[0]!, value['fields'] ?? {});
      case 'google.protobuf.ListValue':
        return this.#list(type.fields[0]!, value['values'] ?? []);
      case 'google.protobuf.Value':
        return this.#value(type, value);
      case 'google.protobuf.Any':
        return this.#any(value);
      default:
        if (wrapperPattern.test(type.fullName)) {
          const [field] = type.fields as [FieldType];
          return this.#one(field, value['value'] ?? zeroOf(field));
        }
        return this.#fields(type, value);
    }
  }

  #fields(type: MessageType, value: Members, json: Members = {}): Members {
    for (const field of type.fields) {
      const given = Object.hasOwn(value, field.property) ? value[field.property] : undefined;
      try {
        const each = this.#field(field, given ?? undefined);
        if (each !== undefined) setMember(json, field.jsonName, each);
      } catch (error) {
        throw inside(error, field.property, -1);
      }
    }
    return json;
  }

  #field(field: FieldType, value: unknown): unknown {
    if (field.mapKey !== undefined) {
      const map = this.#map(field, value ?? {});
      return this.#withDefaults || Object.keys(map).length > 0 ? map : undefined;
    }
    if (field.isRepeated) {
      const list = this.#list(field, value ?? []);
      return (this.#withDefaults && !field.name.startsWith('[')) || list.length > 0 ? list : undefined;
    }
    if (value === undefined) {
      if (field.isRequired) fail('The field is required and is not set');
      return this.#withDefaults && !field.hasPresence ? this.#one(field, zeroOf(field)) : undefined;
    }
    return field.hasPresence || this.#withDefaults || !isZero(field, value) ? this.#one(field, value) : undefined;
  }

  #list(field: FieldType, value: unknown): unknown[] {
    if (!Array.isArray(value)) return fail(`${shown(value)} is no list`);
    return value.map((each, index) => {
      try {
        return this.#one(field, each);
      } catch (error) {
        throw inside(error, '', index);
      }
    });
  }

  #map(field: FieldType, value: unknown): Members {
    const json: Members = {};
    for (const [key, each] of mapEntries(value)) {
      try {
        setMember(json, key, this.#one(field, each));
      } catch (error) {
        throw inside(error, '', key);
      }
    }
    return json;
  }

  #one(field: FieldType, value: unknown): unknown {
    switch (field.type) {
      case 'message':
      case 'group':
        return this.#message(field.message!, value);
      case 'enum':
        if (field.enum!.fullName === 'google.protobuf.NullValue') return null;
        return typeof value === 'number' ? (field.enum!.names.get(value) ?? value) : value;
      case 'bytes':
        if (!(value instanceof Uint8Array)) return fail(`${shown(value)} is no Uint8Array`);
        return Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64');
      case 'double':
      case 'float':
        return float(field.type, value);
      case 'int64':
      case 'uint64':
      case 'sint64':
      case 'fixed64':
      case 'sfixed64':
        return String(value);
      default:
        return value;
    }
  }

  #value(type: MessageType, value: Members): unknown {
    const field = type.fields.find(({ property }) => value[property] !== undefined);
    if (field === undefined) return fail('A google.protobuf.Value needs one of its fields');
    const json = this.#one(field, value[field.property]);
    return field.type === 'double' && typeof json !== 'number' ? fail(`${json} has no form in JSON`) : json;
  }

  #any(value: Members): unknown {
    const typeUrl = value['typeUrl'] as string | undefined;
    if (typeUrl === undefined || typeUrl === '') return {};
    const read = this.#readAny(typeUrl, (value['value'] as Uint8Array | undefined) ?? new Uint8Array(0));
    const json = this.#message(read.type, read.value);
    return isSpecial(read.type) ? { '@type': typeUrl, value: json } : { '@type': typeUrl, ...(json as Members) };
  }
}

const specials = new Set(
  'Timestamp,Duration,FieldMask,Struct,ListValue,Value,Any'.split(',').map((name) => `google.protobuf.${name}`),
);

/** Whether the form in JSON is not that of its fields. */
export function isSpecial({ fullName }: MessageType): boolean {
  return specials.has(fullName) || wrapperPattern.test(fullName);
}

export function setMember(object: Members, name: string, value: unknown): void {
  if (name !== '__proto__') object[name] = value;
  else Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

export function zeroOf({ type, enum: enumType }: FieldType): unknown {
  if (type === 'enum') return enumType!.zero;
  if (type === 'string') return '';
  if (type === 'bytes') return new Uint8Array(0);
  if (type === 'bool') return false;
  return type.endsWith('64') ? 0n : 0;
}

function isZero(field: FieldType, value: unknown): boolean {
  if (value instanceof Uint8Array) return value.length === 0;
  if (field.type === 'enum') return value === 0 || value === field.enum!.zero;
  if (field.type === 'double' || field.type === 'float') return Object.is(value, 0);
  return value === 0 || value === 0n || value === '' || value === false;
}

function float(type: 'float' | 'double', value: unknown): number | string {
  if (typeof value !== 'number') return fail(`${shown(value)} is no number`);
  if (!Number.isFinite(value)) return String(value);
  if (type === 'double') return value;
  // As many digits as tell it from other floats.
  const single = Math.fround(value);
  if (!Number.isFinite(single)) return String(single);
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(single.toPrecision(digits));
    if (Math.fround(short) === single) return short;
  }
  return Number(single.toPrecision(9));
}
