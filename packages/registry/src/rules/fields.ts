import type { Json } from '../json.ts';
import { RegistryError } from '../registry-error.ts';

/** What a request must be made of. `where` names the member in messages; null counts as left out. */
export function objectAt(json: Json | undefined, where: string): Record<string, Json> | undefined {
  if (json === undefined || json === null) return undefined;
  if (typeof json !== 'object' || Array.isArray(json)) throw mistake(where, 'an object');
  return json;
}

export function listAt(json: Json | undefined, where: string): Json[] | undefined {
  if (json === undefined || json === null) return undefined;
  if (!Array.isArray(json)) throw mistake(where, 'a list');
  return json;
}

/** Numbers and booleans are taken as their text. */
export function textAt(json: Json | undefined, where: string): string | undefined {
  if (json === undefined || json === null) return undefined;
  if (typeof json === 'object') throw mistake(where, 'a text');
  return String(json);
}

export function flagAt(json: Json | undefined, where: string): boolean | undefined {
  if (json === undefined || json === null) return undefined;
  if (json === true || json === 'true') return true;
  if (json === false || json === 'false') return false;
  throw mistake(where, 'true or false');
}

/** Each once, in their order. */
export function namesAt(json: Json | undefined, where: string): string[] | undefined {
  const list = listAt(json, where)?.map((each, index) => textAt(each, `${where}[${index}]`) ?? '');
  return list === undefined ? undefined : [...new Set(list)].sort();
}

/** Members in the order of their names. */
export function textsAt(json: Json | undefined, where: string): Record<string, string> | undefined {
  const object = objectAt(json, where);
  if (object === undefined) return undefined;
  const texts: Record<string, string> = Object.create(null);
  for (const name of Object.keys(object).sort()) texts[name] = textAt(object[name], `${where}.${name}`) ?? '';
  return texts;
}

export function oneOfAt<T extends string>(json: Json | undefined, where: string, allowed: readonly T[]): T | undefined {
  const text = textAt(json, where);
  if (text === undefined) return undefined;
  if (!(allowed as readonly string[]).includes(text)) throw mistake(where, `one of ${allowed.join(', ')}`);
  return text as T;
}

function mistake(where: string, wanted: string): RegistryError {
  return new RegistryError(400, `"${where}" must be ${wanted}.`);
}
