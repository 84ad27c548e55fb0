import { Decimal, JsonNumber, type JsonValue } from '@headwater/serdes';
import type { SqlType } from '../types/sql-type.ts';
import { longOf } from '../values/long.ts';
import { plainValue } from './read-answer.ts';

/** Makes values of results what callers get. */
export type ReadValue = (json: JsonValue) => unknown;

/**
 * By type: BIGINT number, bigint beyond 2^53 · DECIMAL `Decimal` · BYTES Buffer · DATE, TIME and TIMESTAMP the text as sent · ARRAY array ·
 * MAP and STRUCT plain objects · DOUBLE number, also NaN and the infinities.
 */
export function readValue(type: SqlType): ReadValue {
  const read = readerOf(type);
  return (json) => (json === null ? null : read(json));
}

function readerOf(type: SqlType): ReadValue {
  switch (type.kind) {
    case 'BIGINT':
      return (json) => (json instanceof JsonNumber && json.isInteger ? longOf(BigInt(json.text)) : plainValue(json));
    case 'DECIMAL':
      return (json) => {
        const text = json instanceof JsonNumber ? json.text : String(plainValue(json));
        const decimal = Decimal.parse(text);
        return decimal.withScale(type.scale) ?? decimal;
      };
    case 'INTEGER':
    case 'DOUBLE':
      return (json) => Number(json instanceof JsonNumber ? json.text : json);
    case 'BYTES':
      return (json) => Buffer.from(String(json), 'base64');
    case 'ARRAY': {
      const element = readValue(type.element);
      return (json) => (Array.isArray(json) ? json.map(element) : plainValue(json));
    }
    case 'MAP': {
      const value = readValue(type.value);
      return (json) => members(json, () => value);
    }
    case 'STRUCT': {
      const fields = new Map(type.fields.map((field) => [field.name, readValue(field.type)]));
      return (json) => members(json, (name) => fields.get(name) ?? plainValue);
    }
    default:
      return plainValue;
  }
}

function members(json: JsonValue, readerFor: (name: string) => ReadValue): unknown {
  if (!(json instanceof Map)) return plainValue(json);
  return Object.fromEntries(Array.from(json, ([name, each]) => [name, readerFor(name)(each)]));
}
