import { type Alias, aliasFromJson, aliasToJson, type IndexHandle } from '../cluster/index-handle.ts';
import { checkAliasName, resolveIndices, searchNameOptions } from '../cluster/index-names.ts';
import type { Store } from '../cluster/store.ts';
import { EsError, illegalArgument, parseException, validationFailed } from '../errors.ts';
import { isJsonObject, type Json, JsonObject } from '../json/json-value.ts';
import { matchesWildcard } from '../json/wildcard.ts';
import { parseStoredQuery } from '../search/search-request.ts';
import type { RestRequest } from './rest-request.ts';
import type { RestAnswer, RestRoute } from './router.ts';

const timeouts = ['timeout', 'master_timeout', 'cluster_manager_timeout'];
const nameParams = ['ignore_unavailable', 'allow_no_indices', 'expand_wildcards', 'local'];
const allNames = { ...searchNameOptions, expandClosed: true, forbidsClosed: false };

export function aliasRoutes(store: Store): RestRoute[] {
  const put = (request: RestRequest): Promise<RestAnswer> => putAlias(store, request);
  const remove = (request: RestRequest): Promise<RestAnswer> => removeAlias(store, request);
  const get = (request: RestRequest): RestAnswer => getAliases(store, request);
  const putPaths = [
    '/{index}/_alias/{name}',
    '/{index}/_aliases/{name}',
    '/_alias/{name}',
    '/_aliases/{name}',
    '/{index}/_alias',
    '/_alias',
  ];
  return [
    ...putPaths.map((path) => ({
      methods: path.endsWith('{name}') ? ['PUT', 'POST'] : ['PUT'],
      path,
      params: timeouts,
      handler: put,
    })),
    ...['/{index}/_alias/{name}', '/{index}/_aliases/{name}'].map((path) => ({
      methods: ['DELETE'],
      path,
      params: timeouts,
      handler: remove,
    })),
    ...['/_alias', '/_alias/{name}', '/{index}/_alias', '/{index}/_alias/{name}'].map((path) => ({
      methods: ['GET', 'HEAD'],
      path,
      params: nameParams,
      handler: get,
    })),
    { methods: ['POST'], path: '/_aliases', params: timeouts, handler: (request) => updateAliases(store, request) },
  ];
}

/** Aliases of an index by name pattern; null shows all. */
export function aliasesJson(index: IndexHandle, patterns: readonly string[] | null): JsonObject {
  const json = new JsonObject();
  for (const name of [...index.aliases.keys()].sort()) {
    if (patterns !== null && !isSelected(name, patterns)) continue;
    json.set(name, aliasToJson(index.aliases.get(name)!));
  }
  return json;
}

function isSelected(name: string, patterns: readonly string[]): boolean {
  let isIn = false;
  for (const pattern of patterns) {
    if (pattern.startsWith('-')) isIn &&= !matchesWildcard(pattern.slice(1), name);
    else isIn ||= pattern === '_all' || matchesWildcard(pattern, name);
  }
  return isIn;
}

/** Names that were asked for by themselves, are not taken out again, and were not found. */
function missingNames(names: readonly string[], found: ReadonlySet<string>): string[] {
  const firstPattern = names.findIndex((name) => name.includes('*'));
  const patternsFrom = firstPattern < 0 ? names.length : firstPattern;
  return names.filter((name, i) => {
    if (name === '_all' || name.includes('*') || (i > patternsFrom && name.startsWith('-'))) return false;
    const isTakenOut = names
      .slice(Math.max(i + 1, patternsFrom))
      .some((other) => other.startsWith('-') && (other === '-_all' || matchesWildcard(other.slice(1), name)));
    return !isTakenOut && !found.has(name);
  });
}

function checkFilter(alias: Alias): Alias {
  if (alias.filter !== null) parseStoredQuery(alias.filter);
  return alias;
}

const bodyFields = new Set([
  'index',
  'alias',
  'filter',
  'routing',
  'index_routing',
  'search_routing',
  'is_write_index',
  'is_hidden',
]);

async function putAlias(store: Store, request: RestRequest): Promise<RestAnswer> {
  const body = await request.object();
  for (const key of body.keys()) if (!bodyFields.has(key)) throw illegalArgument(`unknown field [${key}]`);
  // What the body says goes before what the path says.
  const name = body.has('alias') ? String(body.get('alias')) : request.text('name');
  const expression = body.has('index') ? String(body.get('index')) : request.text('index');
  if (name === null || name === '') throw validationFailed('[alias] may not be empty string');
  if (expression === '') throw validationFailed('[index] may not be empty string');
  checkAliasName(name);
  const found = resolveIndices(expression, store, allNames);
  const alias = checkFilter(aliasFromJson(body));
  for (const { index } of found) add(store, index, name, alias, noIndices);
  for (const { index } of found) await index.saveMeta();
  return { status: 200, body: { acknowledged: true } };
}

const noIndices: ReadonlySet<IndexHandle> = new Set();

/** Gives the index another name; `removed` are indices that go with the same request. */
function add(store: Store, index: IndexHandle, name: string, alias: Alias, removed: ReadonlySet<IndexHandle>): void {
  const namesake = store.indices.get(name);
  if (namesake !== undefined && !removed.has(namesake)) {
    throw new EsError(
      400,
      'invalid_alias_name_exception',
      `Invalid alias name [${name}]: an index or data stream exists with the same name as the alias`,
      { index: name, index_uuid: namesake.uuid },
    );
  }
  if (alias.isWriteIndex === true) {
    const other = [...store.indices.values()].find(
      (one) => one !== index && !removed.has(one) && one.aliases.get(name)?.isWriteIndex === true,
    );
    if (other !== undefined) {
      throw new EsError(
        400,
        'illegal_state_exception',
        `alias [${name}] has more than one write index [${[other.name, index.name].sort().join(',')}]`,
      );
    }
  }
  index.aliases.set(name, alias);
}

async function removeAlias(store: Store, request: RestRequest): Promise<RestAnswer> {
  const found = resolveIndices(request.part('index'), store, allNames);
  const changed = removeFrom(
    found.map(({ index }) => index),
    request.part('name').split(','),
  );
  if (changed.length === 0) throw aliasesMissing(request.part('name'));
  for (const index of changed) await index.saveMeta();
  return { status: 200, body: { acknowledged: true } };
}

function aliasesMissing(names: string): EsError {
  return new EsError(404, 'aliases_not_found_exception', `aliases [${names}] missing`, {
    'resource.type': 'aliases',
    'resource.id': names,
  });
}

/** Takes names away; gives the indices that had one of them. */
function removeFrom(indices: readonly IndexHandle[], patterns: readonly string[]): IndexHandle[] {
  return indices.filter((index) => {
    const names = [...index.aliases.keys()].filter((name) => isSelected(name, patterns));
    for (const name of names) index.aliases.delete(name);
    return names.length > 0;
  });
}

function getAliases(store: Store, request: RestRequest): RestAnswer {
  const names = request.list('name');
  const found = resolveIndices(request.text('index'), store, request.nameOptions({ ...allNames, expandHidden: true }));
  const hasFilter = names !== null && !names.includes('_all');
  const body: Record<string, unknown> = {};
  const seen = new Set<string>();
  for (const { index } of found) {
    const aliases = aliasesJson(index, names);
    for (const name of aliases.keys()) seen.add(name);
    if (aliases.size > 0 || (!hasFilter && (names === null || request.has('index')))) body[index.name] = { aliases };
  }
  const missing = missingNames(names ?? [], seen);
  if (request.method === 'HEAD') {
    const exists =
      missing.length === 0 && Object.values(body).some((one) => (one as { aliases: JsonObject }).aliases.size > 0);
    return { status: exists ? 200 : 404, body: '' };
  }
  if (missing.length === 0) return { status: 200, body };
  const noun = missing.length === 1 ? 'alias' : 'aliases';
  const list = [...missing].sort().join(',');
  return { status: 404, body: { error: `${noun} [${list}] missing`, status: 404, ...body } };
}

interface AliasAction {
  kind: 'add' | 'remove' | 'remove_index';
  indices: IndexHandle[];
  names: string[];
  body: JsonObject;
}

async function updateAliases(store: Store, request: RestRequest): Promise<RestAnswer> {
  const body = await request.object();
  const list = body.get('actions');
  if (!Array.isArray(list)) throw parseException('[aliases] requires [actions], a list');
  if (list.length === 0) throw validationFailed('Must specify at least one alias action');
  const actions = list.map((item) => {
    if (!isJsonObject(item) || item.size !== 1)
      throw illegalArgument('an alias action is an object with one of add, remove, remove_index');
    const [[kind, value]] = [...item] as [[string, Json]];
    if (!isJsonObject(value)) throw illegalArgument(`[alias_action] ${kind} must be an object`);
    return parseAction(store, kind, value);
  });
  const removed = new Set(actions.flatMap(({ kind, indices }) => (kind === 'remove_index' ? indices : [])));
  const changed = applyActions(store, actions, removed);
  for (const index of removed) await store.delete(index);
  for (const index of changed) if (!removed.has(index)) await index.saveMeta();
  return { status: 200, body: { acknowledged: true } };
}

/** All actions or none, and nobody sees a state between them. */
function applyActions(
  store: Store,
  actions: readonly AliasAction[],
  removed: ReadonlySet<IndexHandle>,
): Set<IndexHandle> {
  const before = new Map<IndexHandle, [string, Alias][]>();
  try {
    for (const { kind, indices, names, body } of actions) {
      if (kind === 'remove_index') continue;
      for (const index of indices) if (!before.has(index)) before.set(index, [...index.aliases]);
      if (kind === 'add') {
        const alias = checkFilter(aliasFromJson(body));
        for (const name of names) for (const index of indices) add(store, index, name, alias, removed);
      } else if (removeFrom(indices, names).length === 0 && body.get('must_exist') !== false) {
        throw aliasesMissing(names.join(','));
      }
    }
  } catch (error) {
    for (const [index, aliases] of before) {
      index.aliases.clear();
      for (const [name, alias] of aliases) index.aliases.set(name, alias);
    }
    throw error;
  }
  return new Set(before.keys());
}

function parseAction(store: Store, kind: string, body: JsonObject): AliasAction {
  if (kind !== 'add' && kind !== 'remove' && kind !== 'remove_index') {
    throw illegalArgument(`[alias_action] unknown field [${kind}]`);
  }
  const list = (one: string, many: string): string[] => {
    const value = body.get(many) ?? body.get(one);
    if (value === undefined || value === null) return [];
    return Array.isArray(value) ? value.map(String) : String(value).split(',');
  };
  const expressions = list('index', 'indices');
  const names = list('alias', 'aliases');
  if (expressions.length === 0) throw illegalArgument('One of [index] or [indices] is required');
  if (kind !== 'remove_index' && names.length === 0) throw illegalArgument('One of [alias] or [aliases] is required');
  if (kind === 'add') for (const name of names) checkAliasName(name);
  const options = kind === 'remove_index' ? { ...allNames, forbidsAliases: true } : allNames;
  const indices = expressions.flatMap((one) => resolveIndices(one, store, options).map(({ index }) => index));
  return { kind, indices, names, body };
}
