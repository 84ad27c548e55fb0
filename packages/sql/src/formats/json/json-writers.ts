import type { Decimal } from '@headwater/serdes';
import type { SqlType } from '../../types/sql-type.ts';
import { decimalText } from '../../values/big-decimal.ts';
import { doubleText } from '../../values/double-text.ts';
import { base64Text } from '../base64.ts';
import { isJsonUnion } from '../json-schema/json-union.ts';
import type { JsonBytes } from './json-bytes.ts';
import { type JsonStyle, plainStyle } from './json-style.ts';

/** Writes a value that is not null. */
type WriteValue = (value: unknown, json: JsonBytes) => void;
export type WriteJson = (value: unknown, json: JsonBytes) => void;

/**
 * `entries`: as Connect's converter writes with a schema that ksqlDB made, maps as arrays of keys and values. `objects`: maps are objects. With both
 * a union is the bare value of its branch.
 */
export type WriteForm = 'plain' | 'entries' | 'objects';

const comma = 0x2c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const colon = 0x3a;

/** A value as JSON, null too. Doubles and decimals have the digits that Java's Connect converter writes. */
export function jsonWriter(type: SqlType, form: WriteForm = 'plain', style: JsonStyle = plainStyle): WriteJson {
  const write = valueWriter(type, form, style);
  return (value, json) => {
    if (value === null) json.ascii('null');
    else write(value, json);
  };
}

function valueWriter(type: SqlType, form: WriteForm, style: JsonStyle): WriteValue {
  switch (type.kind) {
    case 'BOOLEAN':
      return (value, json) => json.ascii(value === true ? 'true' : 'false');
    case 'INTEGER':
    case 'BIGINT':
    case 'TIME':
    case 'DATE':
    case 'TIMESTAMP':
      return (value, json) => {
        if (typeof value === 'number') json.integer(value);
        else json.ascii(String(value));
      };
    case 'DOUBLE':
      return (value, json) => writeDouble(value as number, json);
    case 'DECIMAL':
      return (value, json) => json.ascii(decimalText(value as Decimal));
    case 'STRING':
      return (value, json) => json.text(value as string);
    case 'BYTES':
      return (value, json) => json.text(base64Text(value as Uint8Array));
    case 'ARRAY':
      return arrayWriter(jsonWriter(type.element, form, style));
    case 'MAP':
      return mapWriter(jsonWriter(type.value, form, style), form);
    case 'STRUCT':
      if (form !== 'plain' && isJsonUnion(type.fields)) {
        return unionWriter(type.fields.map((field) => jsonWriter(field.type, form)));
      }
      return jsonObjectWriter(type.fields, form, style) as WriteValue;
  }
}

/** Values in the order of the fields as an object. */
export function jsonObjectWriter(
  fields: readonly { readonly name: string; readonly type: SqlType }[],
  form: WriteForm = 'plain',
  style: JsonStyle = plainStyle,
): (values: readonly unknown[], json: JsonBytes) => void {
  const names = fields.map(({ name }) => JSON.stringify(style.nameOf(name)));
  const writers = fields.map(({ type }) => jsonWriter(type, form, style));
  const { length } = fields;
  if (length === 0) return (_values, json) => json.ascii('{}');
  if (style.omitsNulls) return objectWithoutNulls(names, writers);
  const labels = names.map((name, index) => Buffer.from(`${index === 0 ? '{' : ','}${name}:`));
  return (values, json) => {
    for (let index = 0; index < length; index++) {
      json.bytes(labels[index]!);
      writers[index]!(values[index], json);
    }
    json.byte(closeBrace);
  };
}

function objectWithoutNulls(
  names: readonly string[],
  writers: readonly WriteJson[],
): (values: readonly unknown[], json: JsonBytes) => void {
  const labels = names.map((name) => Buffer.from(`${name}:`));
  const { length } = names;
  return (values, json) => {
    let before = openBrace;
    for (let index = 0; index < length; index++) {
      const value = values[index];
      if (value === null) continue;
      json.byte(before);
      before = comma;
      json.bytes(labels[index]!);
      writers[index]!(value, json);
    }
    if (before === openBrace) json.byte(openBrace);
    json.byte(closeBrace);
  };
}

function writeDouble(value: number, json: JsonBytes): void {
  if (Number.isInteger(value) && value > -1e7 && value < 1e7 && !Object.is(value, -0)) {
    json.integer(value);
    json.ascii('.0');
  } else if (Number.isFinite(value)) json.ascii(doubleText(value));
  else json.text(String(value));
}

function arrayWriter(write: WriteJson): WriteValue {
  return (value, json) => {
    const elements = value as readonly unknown[];
    json.byte(openBracket);
    for (let index = 0; index < elements.length; index++) {
      if (index > 0) json.byte(comma);
      write(elements[index], json);
    }
    json.byte(closeBracket);
  };
}

function mapWriter(write: WriteJson, form: WriteForm): WriteValue {
  if (form === 'entries') return entriesWriter(write);
  return (value, json) => {
    let isFirst = true;
    json.byte(openBrace);
    for (const [key, member] of value as ReadonlyMap<string | null, unknown>) {
      if (!isFirst) json.byte(comma);
      isFirst = false;
      // A key that is null is written as Java's converter does.
      json.text(key ?? 'null');
      json.byte(colon);
      write(member, json);
    }
    json.byte(closeBrace);
  };
}

function entriesWriter(write: WriteJson): WriteValue {
  return (value, json) => {
    let isFirst = true;
    json.byte(openBracket);
    for (const [key, member] of value as ReadonlyMap<string | null, unknown>) {
      json.ascii(isFirst ? '{"key":' : ',{"key":');
      isFirst = false;
      if (key === null) json.ascii('null');
      else json.text(key);
      json.ascii(',"value":');
      write(member, json);
      json.byte(closeBrace);
    }
    json.byte(closeBracket);
  };
}

function unionWriter(writers: readonly WriteJson[]): WriteValue {
  return (value, json) => {
    const values = value as readonly unknown[];
    const place = values.findIndex((branch) => branch !== null);
    if (place < 0) json.ascii('null');
    else writers[place]!(values[place], json);
  };
}
