import { JsonNumber, type JsonObject, type JsonValue, jsonText, parseJson, SchemaError } from '@headwater/serdes';
import { badRequest, unprocessable } from './proxy-error.ts';

/** Reads JSON with every digit kept. @throws ProxyError 400 that says where it is broken */
export function readJson(bytes: Buffer): JsonValue {
  try {
    return parseJson(bytes.toString('utf8'));
  } catch (cause) {
    throw badRequest(cause instanceof SchemaError ? cause.message : String(cause), cause);
  }
}

/** The body as an object; null when there is none. */
export function readObject(bytes: Buffer): JsonObject | null {
  if (bytes.length === 0) return null;
  const value = readJson(bytes);
  if (value === null) return null;
  return asObject(value, 'the body');
}

export function asObject(value: JsonValue, what: string): JsonObject {
  if (value instanceof Map) return value;
  throw badRequest(`${what} must be a JSON object, not ${shown(value)}`);
}

/** Refuses names that the call does not know, as Confluent's does: a misspelt one would be left out silently. */
export function checkFields(object: JsonObject, known: readonly string[]): void {
  for (const name of object.keys()) {
    if (!known.includes(name)) throw unprocessable(422, `Unrecognized field: ${name}`);
  }
}

export function textField(object: JsonObject, name: string): string | undefined {
  const value = object.get(name);
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  // Numbers and booleans are taken for their text, as Jackson does.
  if (value instanceof JsonNumber || typeof value === 'boolean') return jsonText(value);
  throw badRequest(`"${name}" must be a text, not ${shown(value)}`);
}

export function integerField(object: JsonObject, name: string): number | undefined {
  const value = object.get(name);
  if (value === undefined || value === null) return undefined;
  const text = value instanceof JsonNumber ? value.text : typeof value === 'string' ? value : '';
  const number = Number(text);
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw badRequest(`"${name}" must be a whole number, not ${shown(value)}`);
}

export function booleanField(object: JsonObject, name: string): boolean | undefined {
  const value = object.get(name);
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  throw badRequest(`"${name}" must be true or false, not ${shown(value)}`);
}

export function listField(object: JsonObject, name: string): JsonValue[] | undefined {
  const value = object.get(name);
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) return value;
  throw badRequest(`"${name}" must be a list, not ${shown(value)}`);
}

/** @throws ProxyError 400 when the value is not there */
export function required<T>(value: T | undefined, name: string): T {
  if (value !== undefined) return value;
  throw badRequest(`Missing required properties: ${name}`);
}

export function shown(value: JsonValue): string {
  const text = jsonText(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
