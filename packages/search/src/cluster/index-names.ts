import { dateFormatter } from '../dates/date-formatter.ts';
import { parseDateMath } from '../dates/date-math.ts';
import { timeZone } from '../dates/time-zone.ts';
import { EsError, illegalArgument, indexNotFound } from '../errors.ts';
import { matchesWildcard } from '../json/wildcard.ts';
import type { Alias, IndexHandle } from './index-handle.ts';

const forbidden = [' ', '"', '*', '\\', '<', '|', ',', '>', '/', '?'];

function invalid(name: string, why: string): EsError {
  return new EsError(400, 'invalid_index_name_exception', `Invalid index name [${name}], ${why}`, {
    index: name,
    index_uuid: '_na_',
  });
}

/** Refuses names that no index may have. */
export function checkIndexName(name: string): void {
  if (name === '') throw invalid(name, 'index name must not be empty');
  if (forbidden.some((character) => name.includes(character))) {
    throw invalid(name, `must not contain the following characters ${listed}`);
  }
  if (name.includes('#')) throw invalid(name, "must not contain '#'");
  if (name.includes(':')) throw invalid(name, "must not contain ':'");
  if (/^[_+-]/.test(name)) throw invalid(name, "must not start with '_', '-', or '+'");
  const bytes = Buffer.byteLength(name);
  if (bytes > 255) throw invalid(name, `index name is too long, (${bytes} > 255)`);
  if (name === '.' || name === '..') throw invalid(name, "must not be '.' or '..'");
  if (name !== name.toLowerCase()) throw invalid(name, 'must be lowercase');
}

const listed = '[ , ", *, \\, <, |, ,, >, /, ?]';

export function checkAliasName(name: string): void {
  const fail = (why: string): EsError =>
    new EsError(400, 'invalid_alias_name_exception', `Invalid alias name [${name}]: ${why}`, {
      index: name,
      index_uuid: '_na_',
    });
  if (name.trim() === '') throw illegalArgument('alias name is required');
  if (forbidden.some((character) => name.includes(character)))
    throw fail(`must not contain the following characters ${listed}`);
  if (name.includes('#')) throw fail("must not contain '#'");
  if (name.includes(':')) throw fail("must not contain ':'");
  if (/^[_+-]/.test(name)) throw fail("must not start with '_', '-', or '+'");
}

/** Which indices an expression may mean. */
export interface NameOptions {
  ignoreUnavailable: boolean;
  allowNoIndices: boolean;
  expandOpen: boolean;
  expandClosed: boolean;
  expandHidden: boolean;
  /** Closed indices that are named are refused. */
  forbidsClosed: boolean;
  /** Aliases are not followed (deleting an index by its alias is refused). */
  forbidsAliases: boolean;
}

export const searchNameOptions: NameOptions = {
  ignoreUnavailable: false,
  allowNoIndices: true,
  expandOpen: true,
  expandClosed: false,
  expandHidden: false,
  forbidsClosed: true,
  forbidsAliases: false,
};

export interface Resolved {
  index: IndexHandle;
  /** Filtered aliases through which the index was reached; null when it was (also) named itself. */
  aliases: Map<string, Alias> | null;
}

/** The part of the store that names are resolved against. */
export interface NameSpace {
  readonly indices: ReadonlyMap<string, IndexHandle>;
  readonly nowMs: () => number;
}

/** Resolves `logs-*,-logs-old,alias` to indices, in the order of their names for patterns. */
export function resolveIndices(expression: string | null, space: NameSpace, options: NameOptions): Resolved[] {
  const parts = splitNames(expression, space);
  const found = new Map<string, Resolved>();
  const add = (index: IndexHandle, alias: [string, Alias] | null): void => {
    const known = found.get(index.name);
    if (known === undefined) found.set(index.name, { index, aliases: alias === null ? null : new Map([alias]) });
    else if (alias === null) known.aliases = null;
    else known.aliases?.set(...alias);
  };
  let hadPattern = false;
  for (const part of parts) {
    if (part.startsWith('-') && hadPattern) {
      const pattern = part.slice(1);
      for (const { index } of [...found.values()]) {
        const isNamed =
          matchesWildcard(pattern, index.name) ||
          [...index.aliases.keys()].some((name) => matchesWildcard(pattern, name));
        if (isNamed) found.delete(index.name);
      }
      continue;
    }
    if (part === '_all' || part.includes('*')) {
      hadPattern = true;
      const before = found.size;
      expand(part === '_all' ? '*' : part, space, options, add);
      if (found.size === before && !options.allowNoIndices) throw indexNotFound(part);
      continue;
    }
    addNamed(part, space, options, add);
  }
  if (found.size === 0 && !options.allowNoIndices) throw indexNotFound(expression ?? '_all');
  return [...found.values()];
}

function splitNames(expression: string | null, space: NameSpace): string[] {
  if (expression === null || expression === '') return ['_all'];
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const character of expression) {
    if (character === '<') depth++;
    if (character === '>') depth--;
    if (character === ',' && depth === 0) {
      parts.push(part);
      part = '';
    } else part += character;
  }
  parts.push(part);
  return parts.filter((one) => one !== '').map((one) => resolveDateMath(one, space.nowMs()));
}

function expand(
  pattern: string,
  space: NameSpace,
  options: NameOptions,
  add: (index: IndexHandle, alias: [string, Alias] | null) => void,
): void {
  const mayBeHidden = options.expandHidden || pattern.startsWith('.');
  const names = [...space.indices.keys()].sort();
  for (const name of names) {
    const index = space.indices.get(name)!;
    if (index.isOpen ? !options.expandOpen : !options.expandClosed) continue;
    const isDot = name.startsWith('.') && pattern.startsWith('.');
    if (matchesWildcard(pattern, name) && (!index.isHidden || options.expandHidden || (isDot && mayBeHidden)))
      add(index, null);
    if (options.forbidsAliases || pattern === '*') continue;
    for (const [aliasName, alias] of index.aliases) {
      if (!matchesWildcard(pattern, aliasName)) continue;
      if (alias.isHidden === true && !options.expandHidden && !(aliasName.startsWith('.') && pattern.startsWith('.')))
        continue;
      add(index, alias.filter === null ? null : [aliasName, alias]);
    }
  }
}

function addNamed(
  name: string,
  space: NameSpace,
  options: NameOptions,
  add: (index: IndexHandle, alias: [string, Alias] | null) => void,
): void {
  if (name.startsWith('_')) throw invalid(name, "must not start with '_'.");
  const index = space.indices.get(name);
  if (index !== undefined) {
    if (!index.isOpen && options.forbidsClosed) {
      if (options.ignoreUnavailable) return;
      index.assertOpen();
    }
    add(index, null);
    return;
  }
  const behind = indicesOfAlias(name, space);
  if (behind.length === 0) {
    if (options.ignoreUnavailable) return;
    throw indexNotFound(name);
  }
  if (options.forbidsAliases) {
    if (options.ignoreUnavailable) return;
    throw illegalArgument(
      `The provided expression [${name}] matches an alias, specify the corresponding concrete indices instead.`,
    );
  }
  for (const one of behind) {
    if (!one.isOpen && options.forbidsClosed) {
      if (options.ignoreUnavailable) continue;
      one.assertOpen();
    }
    const alias = one.aliases.get(name)!;
    add(one, alias.filter === null ? null : [name, alias]);
  }
}

export function indicesOfAlias(name: string, space: NameSpace): IndexHandle[] {
  return [...space.indices.values()]
    .filter((index) => index.aliases.has(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The one index that a document API means; null when there is none of that name. */
export function resolveOne(
  expression: string,
  space: NameSpace,
  forWrite: boolean,
): { index: IndexHandle; alias: Alias | null } | null {
  const name = resolveDateMath(expression, space.nowMs());
  const index = space.indices.get(name);
  if (index !== undefined) return { index, alias: null };
  const behind = indicesOfAlias(name, space);
  if (behind.length === 0) return null;
  if (behind.length === 1) {
    const alias = behind[0]!.aliases.get(name)!;
    if (forWrite && alias.isWriteIndex === false) throw noWriteIndex(name);
    return { index: behind[0]!, alias };
  }
  if (!forWrite) {
    const names = behind.map((one) => one.name).join(', ');
    throw illegalArgument(
      `alias [${name}] has more than one index associated with it [${names}], can't execute a single index op`,
    );
  }
  const writer = behind.find((one) => one.aliases.get(name)!.isWriteIndex === true);
  if (writer === undefined) throw noWriteIndex(name);
  return { index: writer, alias: writer.aliases.get(name)! };
}

function noWriteIndex(name: string): EsError {
  return illegalArgument(
    `no write index is defined for alias [${name}]. The write index may be explicitly disabled using is_write_index=false or the alias points to multiple indices without one being designated as a write index`,
  );
}

/** `<logs-{now/d}>`, `<logs-{now/M{yyyy.MM|+02:00}}>`. */
export function resolveDateMath(expression: string, nowMs: number): string {
  if (!expression.startsWith('<') || !expression.endsWith('>')) return expression;
  return expression
    .slice(1, -1)
    .replace(/\{([^{}]+)(?:\{([^{}|]+)(?:\|([^{}]+))?\})?\}/g, (_all, math: string, format?: string, zone?: string) => {
      let formatter = dateFormatter(format ?? 'uuuu.MM.dd');
      if (zone !== undefined) formatter = formatter.withZone(timeZone(zone));
      return formatter.format(parseDateMath(math, formatter, nowMs, false));
    });
}
