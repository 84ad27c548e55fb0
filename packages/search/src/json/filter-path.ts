import { isJsonObject, parseJson, RawNumber } from './json-value.ts';
import { JavaDouble, JavaFloat, RawJson } from './json-writer.ts';
import { matchesWildcard } from './wildcard.ts';

type Path = readonly string[];

/** `?filter_path=`: what of an answer is wanted (`hits.hits._id`, `**.name`) and what is not (`-took`). */
export function filterResponse(value: unknown, filterPath: string): unknown {
  const includes: Path[] = [];
  const excludes: Path[] = [];
  for (const part of filterPath.split(',')) {
    const text = part.trim();
    if (text === '') continue;
    if (text.startsWith('-')) excludes.push(splitPath(text.slice(1)));
    else includes.push(splitPath(text));
  }
  let result = value;
  if (excludes.length > 0) result = exclude(result, excludes);
  if (includes.length > 0) result = include(result, includes) ?? {};
  return result;
}

function splitPath(text: string): Path {
  return text.split(/(?<!\\)\./).map((segment) => segment.replaceAll('\\.', '.'));
}

/** What is left of each path after the key `key`; null when one of them ends here. */
function advance(paths: readonly Path[], key: string): Path[] | null {
  const rest: Path[] = [];
  for (const path of paths) {
    const [head] = path;
    if (head === '**') {
      // `**` stands for no segment as well.
      if (path.length === 1) return null;
      const skipped = advance([path.slice(1)], key);
      if (skipped === null) return null;
      rest.push(path, ...skipped);
    } else if (matchesWildcard(head!, key)) {
      if (path.length === 1) return null;
      rest.push(path.slice(1));
    }
  }
  // Several `**` in a path would multiply with every level.
  return rest.length > 8 ? [...new Map(rest.map((path) => [path.join('.'), path])).values()] : rest;
}

function entriesOf(value: unknown): Iterable<[string, unknown]> | null {
  if (value instanceof RawJson) {
    const parsed = parseJson(value.bytes, { exactNumbers: true });
    return isJsonObject(parsed) ? parsed : null;
  }
  if (value instanceof Map) return value as Map<string, unknown>;
  if (typeof value !== 'object' || value === null) return null;
  if (value instanceof RawNumber || value instanceof JavaDouble || value instanceof JavaFloat) return null;
  return Object.entries(value);
}

function include(value: unknown, paths: readonly Path[]): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => include(item, paths)).filter((item) => item !== undefined);
    return items.length === 0 ? undefined : items;
  }
  const entries = entriesOf(value);
  if (entries === null) return undefined;
  const kept = new Map<string, unknown>();
  for (const [key, item] of entries) {
    if (item === undefined) continue;
    const rest = advance(paths, key);
    if (rest === null) kept.set(key, item);
    else if (rest.length > 0) {
      const inner = include(item, rest);
      if (inner !== undefined) kept.set(key, inner);
    }
  }
  return kept.size === 0 ? undefined : kept;
}

function exclude(value: unknown, paths: readonly Path[]): unknown {
  if (Array.isArray(value)) return value.map((item) => exclude(item, paths));
  const entries = entriesOf(value);
  if (entries === null) return value;
  const kept = new Map<string, unknown>();
  for (const [key, item] of entries) {
    const rest = advance(paths, key);
    if (rest !== null) kept.set(key, rest.length > 0 ? exclude(item, rest) : item);
  }
  return kept;
}
