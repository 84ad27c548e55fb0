import { isJsonObject, type Json, JsonArray, JsonObject, RawNumber } from '../json/json-value.ts';

/** JSON as pipelines treat it: plain objects and lists, numbers as JavaScript has them (bigint beyond 2^53). */
export function toPlain(value: Json): unknown {
  if (value instanceof RawNumber) return Number(value);
  if (Array.isArray(value)) return value.map(toPlain);
  if (!isJsonObject(value)) return value;
  const out: Record<string, unknown> = {};
  for (const [key, item] of value as JsonObject) {
    const plain = toPlain(item);
    if (key === '__proto__')
      Object.defineProperty(out, key, { value: plain, enumerable: true, configurable: true, writable: true });
    else out[key] = plain;
  }
  return out;
}

/** Back again; a number that no processor has changed keeps the digits it came with (`1.0`, `1e3`). */
export function fromPlain(value: unknown, before: Json | undefined): Json {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number') return before instanceof RawNumber && Number(before) === value ? before : value;
  if (Array.isArray(value)) {
    const out = new JsonArray();
    const list = Array.isArray(before) ? before : [];
    for (let i = 0; i < value.length; i++) out.push(fromPlain(value[i], list[i]));
    return out;
  }
  if (typeof value !== 'object') return value as Json;
  const out = new JsonObject();
  const known = isJsonObject(before) ? (before as JsonObject) : undefined;
  for (const key of Object.keys(value))
    out.set(key, fromPlain((value as Record<string, unknown>)[key], known?.get(key)));
  return out;
}
