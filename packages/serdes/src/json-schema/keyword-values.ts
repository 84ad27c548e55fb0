import { JsonNumber, type JsonObject, type JsonValue } from '../json/json-value.ts';
import { SchemaError } from '../schema-error.ts';

export function below(where: string, ...parts: (string | number)[]): string {
  return parts.reduce<string>(
    (path, part) => `${path}/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`,
    where,
  );
}

export function requireText(value: JsonValue, where: string): string {
  if (typeof value !== 'string') throw mistake(value, 'a string', where);
  return value;
}

export function requireBoolean(value: JsonValue, where: string): boolean {
  if (typeof value !== 'boolean') throw mistake(value, 'true or false', where);
  return value;
}

export function requireNumber(value: JsonValue, where: string): string {
  if (!(value instanceof JsonNumber)) throw mistake(value, 'a number', where);
  return value.text;
}

/** A count of 32 bits, as the reference reads limits: 5.0 is none. */
export function requireCount(value: JsonValue, where: string): number {
  const text = requireNumber(value, where);
  const count = Number(text);
  if (!/^-?\d+$/.test(text) || count !== (count | 0)) throw mistake(value, 'an integer of 32 bits', where);
  return count;
}

export function requireList(value: JsonValue, where: string): JsonValue[] {
  if (!Array.isArray(value)) throw mistake(value, 'an array', where);
  return value;
}

export function requireMembers(value: JsonValue, where: string): JsonObject {
  if (!(value instanceof Map)) throw mistake(value, 'an object', where);
  return value;
}

export function mistake(value: JsonValue, expected: string, where: string): SchemaError {
  return new SchemaError(`${expected} belongs here, not ${nameOf(value)}`, where);
}

function nameOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (value instanceof JsonNumber) return value.text;
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : typeof value === 'string' ? JSON.stringify(value) : String(value);
}
