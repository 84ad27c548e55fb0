import { type Alias, aliasFromJson, aliasToJson, type IndexHandle } from '../cluster/index-handle.ts';
import { checkAliasName, resolveIndices, searchNameOptions } from '../cluster/index-names.ts';
import type { Store } from '../cluster/store.ts';
import { EsError, illegalArgument, indexNotFound, parseException, validationFailed } from '../errors.ts';
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
  let hadPattern = false;
  for (const pattern of patterns) {
    if (pattern.startsWith('-') && hadPattern) {
      if (matchesWildcard(pattern.slice(1), name)) isIn = false;
    } else if (pattern === '_all' || matchesWildcard(pattern, name)) isIn = true;
    if (pattern.includes('*') || pattern === '_all') hadPattern = true;
  }
  return isIn;
}

function checkFilter(alias: Alias): Alias {
  if (alias.filter !== null) parseStoredQuery(alias.filter);
  return alias;
}

async function putAlias(store: Store, request: RestRequest): Promise<RestAnswer> {
  const body = await request.object();
  const name = request.text('name') ?? (body.has('alias') ? String(body.get('alias')) : null);
  const expression = request.text('index') ?? (body.has('index') ? String(body.get('index')) : null);
  if (name === null || name === '') throw validationFailed('[alias] may not be empty string');
  if (expression === '') throw validationFailed('[index] may not be empty string');
  checkAliasName(name);
  const found = resolveIndices(expression, store, allNames);
  for (const { index } of found) await add(store, index, name, checkFilter(aliasFromJson(body)));
  return { status: 200, body: { acknowledged: true } };
}

async function add(store: Store, index: IndexHandle, name: string, alias: Alias): Promise<void> {
  if (store.indices.has(name)) {
    throw new EsError(
      400,
      'invalid_alias_name_exception',
      `Invalid alias name [${name}]: an index or data stream exists with the same name as the alias`,
      { index: name, index_uuid: store.indices.get(name)!.uuid },
    );
  }
  if (alias.isWriteIndex === true) {
    const other = [...store.indices.values()].find(
      (one) => one !== index && one.aliases.get(name)?.isWriteIndex === true,
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
  await index.saveMeta();
}

async function removeAlias(store: Store, request: RestRequest): Promise<RestAnswer> {
  const found = resolveIndices(request.part('index'), store, allNames);
  const count = await removeFrom(
    found.map(({ index }) => index),
    request.part('name').split(','),
  );
  if (count === 0) throw aliasesMissing(request.part('name'));
  return { status: 200, body: { acknowledged: true } };
}

function aliasesMissing(names: string): EsError {
  return new EsError(404, 'aliases_not_found_exception', `aliases [${names}] missing`, {
    'resource.type': 'aliases',
    'resource.id': names,
  });
}

async function removeFrom(indices: readonly IndexHandle[], patterns: readonly string[]): Promise<number> {
  let count = 0;
  for (const index of indices) {
    const names = [...index.aliases.keys()].filter((name) => isSelected(name, patterns));
    if (names.length === 0) continue;
    for (const name of names) index.aliases.delete(name);
    count += names.length;
    await index.saveMeta();
  }
  return count;
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
  const missing = (names ?? []).filter(
    (name) => !name.includes('*') && name !== '_all' && !name.startsWith('-') && !seen.has(name),
  );
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

async function updateAliases(store: Store, request: RestRequest): Promise<RestAnswer> {
  const body = await request.object();
  const actions = body.get('actions');
  if (!Array.isArray(actions)) throw parseException('[aliases] requires [actions], a list');
  if (actions.length === 0) throw validationFailed('Must specify at least one alias action');
  for (const item of actions) {
    if (!isJsonObject(item) || item.size !== 1)
      throw illegalArgument('an alias action is an object with one of add, remove, remove_index');
    const [[kind, value]] = [...item] as [[string, Json]];
    if (!isJsonObject(value)) throw illegalArgument(`[alias_action] ${kind} must be an object`);
    await runAction(store, kind, value);
  }
  return { status: 200, body: { acknowledged: true } };
}

async function runAction(store: Store, kind: string, action: JsonObject): Promise<void> {
  const list = (one: string, many: string): string[] => {
    const value = action.get(many) ?? action.get(one);
    if (value === undefined || value === null) return [];
    return Array.isArray(value) ? value.map(String) : String(value).split(',');
  };
  const names = list('index', 'indices');
  const aliases = list('alias', 'aliases');
  if (names.length === 0) throw illegalArgument('One of [index] or [indices] is required');
  if (kind === 'remove_index') {
    for (const name of names) {
      for (const { index } of resolveIndices(name, store, { ...allNames, forbidsAliases: true }))
        await store.delete(index);
    }
    return;
  }
  if (aliases.length === 0) throw illegalArgument('One of [alias] or [aliases] is required');
  const indices = names.flatMap((name) => resolveIndices(name, store, allNames).map(({ index }) => index));
  if (kind === 'add') {
    for (const name of aliases) {
      checkAliasName(name);
      for (const index of indices) await add(store, index, name, checkFilter(aliasFromJson(action)));
    }
  } else if (kind === 'remove') {
    const count = await removeFrom(indices, aliases);
    const mustExist = action.get('must_exist');
    if (count === 0 && mustExist !== false) throw aliasesMissing(aliases.join(','));
  } else throw illegalArgument(`[alias_action] unknown field [${kind}]`);
}

export { indexNotFound };
