import { JsonScanner, tokenArrayEnd, tokenArrayStart, tokenKey, tokenObjectStart } from './json-scanner.ts';
import { canMatchBelow, matchesWildcard } from './wildcard.ts';

/** Which parts of a document's source are wanted: dotted paths, `*` for any run of characters. */
export interface SourceFilter {
  includes: readonly string[];
  excludes: readonly string[];
}

/**
 * Cuts a document's bytes down to what a filter wants, without parsing a value: numbers and escapes stay as they were sent.
 *
 * A path that names an object takes the whole object; an object that keeps nothing goes away, unless it was named itself.
 */
export function filterSource(bytes: Buffer, filter: SourceFilter): Buffer {
  if (filter.includes.length === 0 && filter.excludes.length === 0) return bytes;
  const scanner = new JsonScanner(bytes);
  if (scanner.next() !== tokenObjectStart) return bytes;
  return Buffer.from(filterObject(scanner, '', filter, filter.includes.length === 0).text);
}

interface Filtered {
  text: string;
  isEmpty: boolean;
}

function filterObject(scanner: JsonScanner, path: string, filter: SourceFilter, isIncluded: boolean): Filtered {
  let text = '{';
  while (scanner.next() === tokenKey) {
    const rawKey = scanner.bytes.toString('utf8', scanner.tokenStart, scanner.tokenStop);
    const childPath = path === '' ? scanner.text() : `${path}.${scanner.text()}`;
    scanner.next();
    const value = filterValue(scanner, childPath, filter, isIncluded);
    if (value !== null) text += `${text.length > 1 ? ',' : ''}${rawKey}:${value}`;
  }
  return { text: `${text}}`, isEmpty: text.length === 1 };
}

/** The filtered text of the current value, or null when nothing of it is wanted; ends on the value's last token. */
function filterValue(
  scanner: JsonScanner,
  path: string,
  filter: SourceFilter,
  isParentIncluded: boolean,
): string | null {
  const isNamed = isParentIncluded || filter.includes.some((pattern) => matchesWildcard(pattern, path));
  const start = scanner.tokenStart;
  if (filter.excludes.some((pattern) => matchesWildcard(pattern, path))) {
    scanner.skipValue();
    return null;
  }
  const below = `${path}.`;
  if (isNamed && !filter.excludes.some((pattern) => canMatchBelow(pattern, below))) {
    scanner.skipValue();
    return scanner.bytes.toString('utf8', start, scanner.tokenStop);
  }
  if (!isNamed && !filter.includes.some((pattern) => canMatchBelow(pattern, below))) {
    scanner.skipValue();
    return null;
  }
  if (scanner.token === tokenObjectStart) {
    const object = filterObject(scanner, path, filter, isNamed);
    return object.isEmpty && !isNamed ? null : object.text;
  }
  if (scanner.token === tokenArrayStart) return filterArray(scanner, path, filter, isNamed);
  return isNamed ? scanner.bytes.toString('utf8', start, scanner.tokenStop) : null;
}

function filterArray(scanner: JsonScanner, path: string, filter: SourceFilter, isNamed: boolean): string | null {
  let text = '[';
  while (scanner.next() !== tokenArrayEnd) {
    let item: string | null = null;
    if (scanner.token === tokenObjectStart) item = filterObject(scanner, path, filter, isNamed).text;
    else if (scanner.token === tokenArrayStart) item = filterArray(scanner, path, filter, isNamed);
    else if (isNamed) item = scanner.bytes.toString('utf8', scanner.tokenStart, scanner.tokenStop);
    if (item !== null) text += `${text.length > 1 ? ',' : ''}${item}`;
  }
  return text.length === 1 ? null : `${text}]`;
}
