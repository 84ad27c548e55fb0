import type { Property, PropertyDocument } from '../values.ts';
import { textOf } from '../values.ts';

/** A key as Boot compares keys: `onProfile`, `on-profile` and `ON_PROFILE` are one. */
export function relaxedKey(key: string): string {
  return key.toLowerCase().replace(/[-_]/g, '');
}

const relaxedDocuments = new WeakMap<PropertyDocument, ReadonlyMap<string, Property>>();

/** Only keys of Spring's own are compared so: the others need no second map. */
function relaxed(document: PropertyDocument): ReadonlyMap<string, Property> {
  let map = relaxedDocuments.get(document);
  if (map === undefined) {
    const found = new Map<string, Property>();
    for (const [key, property] of document) {
      if (/^spring[.[]/i.test(key)) found.set(relaxedKey(key), property);
    }
    map = found;
    relaxedDocuments.set(document, map);
  }
  return map;
}

export function springProperty(document: PropertyDocument, key: string): Property | undefined {
  return relaxed(document).get(relaxedKey(key));
}

/** A list under a key: `key[0]`, `key[1]` …, or a text with commas. Undefined when there is neither. */
export function springList(
  document: PropertyDocument,
  key: string,
  resolve: (text: string) => string,
): string[] | undefined {
  const map = relaxed(document);
  const base = relaxedKey(key);
  const single = map.get(base);
  if (single !== undefined) return commaList(resolve(textOf(single.value)));
  if (!map.has(`${base}[0]`)) return undefined;
  const items: string[] = [];
  for (let i = 0; map.has(`${base}[${i}]`); i++) items.push(resolve(textOf(map.get(`${base}[${i}]`)!.value)));
  return items;
}

/** `spring.profiles.group`'s entries: group name → its profiles. */
export function springGroups(document: PropertyDocument, resolve: (text: string) => string): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [key, property] of document) {
    const match = /^spring\.profiles\.group(?:\.([^[\]]+)|\[([^\]]+)\])(?:\[(\d+)\])?$/i.exec(key);
    if (match === null) continue;
    const name = match[1] ?? match[2]!;
    const members = commaList(resolve(textOf(property.value)));
    groups.set(name, [...(groups.get(name) ?? []), ...members]);
  }
  return groups;
}

/** Keys that switch profiles, if the document has one. */
export function profileSwitch(document: PropertyDocument, names: readonly string[]): Property | undefined {
  for (const [key, property] of relaxed(document)) {
    for (const name of names) {
      const base = relaxedKey(name);
      if (key === base || key === `${base}[0]`) return property;
    }
  }
  return undefined;
}

export function commaList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
