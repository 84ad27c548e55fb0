import { JsonNumber, type JsonValue } from '@headwater/serdes';

/** Anything that JSON can say, as plain objects. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** As plain objects; members cannot reach a prototype. */
export function plainJson(value: JsonValue): Json {
  if (value instanceof JsonNumber) return Number(value.text);
  if (Array.isArray(value)) return value.map(plainJson);
  if (!(value instanceof Map)) return value;
  const object: { [name: string]: Json } = Object.create(null);
  for (const [name, member] of value) object[name] = plainJson(member);
  return object;
}

/** The object that it is, or an empty one. */
export function objectOf(json: Json | undefined): Record<string, Json> {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? json : {};
}
