import { type Decimal, JsonNumber, type JsonValue } from '@headwater/serdes';
import { base64Text } from '../formats/base64.ts';
import type { SqlType } from '../types/sql-type.ts';
import { doubleText } from '../values/double-text.ts';

/** A number of a record, and what it was before it became text: that decides how it is compared. */
export class RecordNumber {
  readonly kind: 'integer' | 'double' | 'decimal';
  readonly text: string;

  constructor(kind: RecordNumber['kind'], text: string) {
    this.kind = kind;
    this.text = text;
  }
}

/** A key or value of a record, with nothing lost: what expected JSON is compared with. Bytes are told from texts. */
export type RecordValue =
  | null
  | boolean
  | string
  | RecordNumber
  | RecordBytes
  | readonly RecordValue[]
  | ReadonlyMap<string, RecordValue>;

export class RecordBytes {
  readonly base64: string;

  constructor(bytes: Uint8Array) {
    this.base64 = base64Text(bytes);
  }
}

/** JSON of the topic itself: every number that is not whole is a decimal of just its digits. */
export function recordValueOfJson(json: JsonValue): RecordValue {
  if (json instanceof JsonNumber) return new RecordNumber(json.isInteger ? 'integer' : 'decimal', json.text);
  if (Array.isArray(json)) return json.map(recordValueOfJson);
  if (json instanceof Map) return new Map(Array.from(json, ([name, member]) => [name, recordValueOfJson(member)]));
  return json;
}

export function recordValueOfRow(
  fields: readonly { readonly name: string; readonly type: SqlType }[],
  row: readonly unknown[],
): RecordValue {
  return new Map(fields.map(({ name, type }, index) => [name, recordValueOf(type, row[index])]));
}

export function recordValueOf(type: SqlType, value: unknown): RecordValue {
  if (value === null) return null;
  switch (type.kind) {
    case 'BOOLEAN':
      return value as boolean;
    case 'STRING':
      return value as string;
    case 'BYTES':
      return new RecordBytes(value as Uint8Array);
    case 'DOUBLE':
      return new RecordNumber('double', doubleText(value as number));
    case 'DECIMAL':
      return new RecordNumber('decimal', (value as Decimal).toString());
    case 'ARRAY':
      return (value as unknown[]).map((element) => recordValueOf(type.element, element));
    case 'MAP':
      return new Map(
        Array.from(value as Map<unknown, unknown>, ([key, member]) => [String(key), recordValueOf(type.value, member)]),
      );
    case 'STRUCT':
      return recordValueOfRow(type.fields, value as unknown[]);
    default:
      return new RecordNumber('integer', String(value));
  }
}

/** As text for people: JSON, with bytes as base64. */
export function recordValueText(value: RecordValue): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof RecordNumber) return value.text;
  if (value instanceof RecordBytes) return JSON.stringify(value.base64);
  if (value instanceof Map) {
    return `{${Array.from(value, ([name, member]) => `${JSON.stringify(name)}:${recordValueText(member)}`).join(',')}}`;
  }
  return `[${(value as readonly RecordValue[]).map(recordValueText).join(',')}]`;
}
