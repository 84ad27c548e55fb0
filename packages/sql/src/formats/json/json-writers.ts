import type { Decimal } from '@headwater/serdes';
import type { SqlType } from '../../types/sql-type.ts';
import { decimalText } from '../../values/big-decimal.ts';
import { doubleText } from '../../values/double-text.ts';
import { base64Text } from '../base64.ts';
import { isJsonUnion } from '../json-schema/json-union.ts';

/** A value as JSON. Null is written too. */
export type WriteJson = (value: unknown) => string;

/**
 * `entries`: as Connect's converter writes with a schema that ksqlDB made, maps as arrays of keys and values. `objects`: maps are objects. With both
 * a union is the bare value of its branch.
 */
export type WriteForm = 'plain' | 'entries' | 'objects';

/** Doubles and decimals with the digits that Java's Connect converter writes. */
export function jsonWriter(type: SqlType, form: WriteForm = 'plain'): WriteJson {
  switch (type.kind) {
    case 'BOOLEAN':
    case 'INTEGER':
    case 'BIGINT':
    case 'TIME':
    case 'DATE':
    case 'TIMESTAMP':
      // `null`, too, is its own text.
      return String;
    case 'DOUBLE':
      return (value) => (value === null ? 'null' : doubleJson(value as number));
    case 'DECIMAL':
      return (value) => (value === null ? 'null' : decimalText(value as Decimal));
    case 'STRING':
      return (value) => (value === null ? 'null' : textJson(value as string));
    case 'BYTES':
      return (value) => (value === null ? 'null' : `"${base64Text(value as Uint8Array)}"`);
    case 'ARRAY': {
      const write = jsonWriter(type.element, form);
      return (value) => {
        if (value === null) return 'null';
        let text = '';
        for (const element of value as unknown[]) text = text === '' ? write(element) : `${text},${write(element)}`;
        return `[${text}]`;
      };
    }
    case 'MAP': {
      const write = jsonWriter(type.value, form);
      if (form === 'entries') return entriesWriter(write);
      return (value) => {
        if (value === null) return 'null';
        let text = '';
        for (const [key, member] of value as Map<string, unknown>) {
          text = `${text === '' ? '' : `${text},`}${textJson(key ?? 'null')}:${write(member)}`;
        }
        return `{${text}}`;
      };
    }
    case 'STRUCT': {
      if (form !== 'plain' && isJsonUnion(type.fields))
        return unionWriter(type.fields.map((field) => jsonWriter(field.type, form)));
      const write = jsonObjectWriter(type.fields, form);
      return (value) => (value === null ? 'null' : write(value as unknown[]));
    }
  }
}

/** Values in the order of the fields as an object. */
export function jsonObjectWriter(
  fields: readonly { readonly name: string; readonly type: SqlType }[],
  form: WriteForm = 'plain',
): (values: readonly unknown[]) => string {
  if (fields.length === 0) return () => '{}';
  const labels = fields.map(({ name }, index) => `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`);
  const writers = fields.map(({ type }) => jsonWriter(type, form));
  const { length } = fields;
  return (values) => {
    let text = '';
    for (let index = 0; index < length; index++) text += labels[index]! + writers[index]!(values[index]);
    return `${text}}`;
  };
}

function entriesWriter(write: WriteJson): WriteJson {
  return (value) => {
    if (value === null) return 'null';
    const texts = Array.from(value as Map<string, unknown>, ([key, member]) => {
      return `{"key":${textJson(key)},"value":${write(member)}}`;
    });
    return `[${texts.join(',')}]`;
  };
}

function unionWriter(writers: readonly WriteJson[]): WriteJson {
  return (value) => {
    const values = value as readonly unknown[] | null;
    const place = values?.findIndex((branch) => branch !== null) ?? -1;
    return place < 0 ? 'null' : writers[place]!(values![place]);
  };
}

function doubleJson(value: number): string {
  return Number.isFinite(value) ? doubleText(value) : `"${value}"`;
}

const plainCharactersMax = 48;

/** Most texts are short and have nothing to escape, which is quicker to see than to leave to JSON.stringify. */
function textJson(text: string): string {
  const { length } = text;
  if (length > plainCharactersMax) return JSON.stringify(text);
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return JSON.stringify(text);
  }
  return `"${text}"`;
}
