import type { Alias, IndexHandle } from '../cluster/index-handle.ts';
import { aliasFromJson } from '../cluster/index-handle.ts';
import {
  checkAliasName,
  indicesOfAlias,
  type NameOptions,
  resolveDateMath,
  resolveIndices,
  searchNameOptions,
} from '../cluster/index-names.ts';
import {
  defaultSettings,
  type FlatSettings,
  flattenSettings,
  nestSettings,
  nullText,
} from '../cluster/index-settings.ts';
import type { Store } from '../cluster/store.ts';
import { EsError, illegalArgument, mapperParsing, parseException, validationFailed } from '../errors.ts';
import type { Flow } from '../flow.ts';
import { isJsonObject, type Json, JsonObject } from '../json/json-value.ts';
import { aliasesJson } from './aliases.ts';
import type { RestRequest } from './rest-request.ts';
import type { RestAnswer, RestRoute } from './router.ts';

const timeouts = ['timeout', 'master_timeout', 'cluster_manager_timeout'];
const nameParams = ['ignore_unavailable', 'allow_no_indices', 'expand_wildcards'];

/** Names as index administration takes them: closed indices too. */
export const adminNameOptions: NameOptions = { ...searchNameOptions, expandClosed: true, forbidsClosed: false };

export function indexRoutes(store: Store, flow: Flow): RestRoute[] {
  const remove = (request: RestRequest): Promise<RestAnswer> => deleteIndices(store, flow, request);
  return [
    {
      methods: ['PUT'],
      path: '/{index}',
      params: [...timeouts, 'wait_for_active_shards', 'include_type_name'],
      handler: (request) => createIndex(store, request),
    },
    {
      methods: ['GET'],
      path: '/{index}',
      params: [
        ...timeouts,
        ...nameParams,
        'flat_settings',
        'include_defaults',
        'local',
        'features',
        'include_type_name',
      ],
      handler: (request) => getIndices(store, request),
    },
    {
      methods: ['HEAD'],
      path: '/{index}',
      params: [...timeouts, ...nameParams, 'flat_settings', 'include_defaults', 'local'],
      handler: (request) => existsIndices(store, request),
    },
    { methods: ['DELETE'], path: '/{index}', params: [...timeouts, ...nameParams], handler: remove },
    { methods: ['DELETE'], path: '/', params: [...timeouts, ...nameParams], handler: remove },
    {
      methods: ['POST'],
      path: '/{index}/_close',
      params: [...timeouts, ...nameParams, 'wait_for_active_shards'],
      handler: (request) => setOpen(store, request, false),
    },
    {
      methods: ['POST'],
      path: '/{index}/_open',
      params: [...timeouts, ...nameParams, 'wait_for_active_shards', 'wait_for_completion', 'task_execution_timeout'],
      handler: (request) => setOpen(store, request, true),
    },
  ];
}

async function createIndex(store: Store, request: RestRequest): Promise<RestAnswer> {
  const name = resolveDateMath(request.part('index'), store.nowMs());
  const body = await request.object();
  const definition: { settings: FlatSettings; mapping: JsonObject; aliases: Map<string, Alias> } = {
    settings: new Map(),
    mapping: new JsonObject(),
    aliases: new Map(),
  };
  for (const [key, value] of body) {
    if (key === 'settings') {
      if (!isJsonObject(value)) throw parseException('key [settings] must be an object');
      definition.settings = withoutNulls(flattenSettings(value));
    } else if (key === 'mappings') {
      if (!isJsonObject(value)) throw parseException('key [mappings] must be an object');
      definition.mapping = unwrapType(value);
    } else if (key === 'aliases') {
      if (!isJsonObject(value)) throw parseException('key [aliases] must be an object');
      for (const [alias, setting] of value) {
        checkAliasName(alias);
        definition.aliases.set(alias, aliasFromJson(setting));
      }
    } else throw parseException(`unknown key [${key}] for create index`);
  }
  try {
    await store.create(name, definition);
  } catch (error) {
    throw mappingError(error);
  }
  return { status: 200, body: { acknowledged: true, shards_acknowledged: true, index: name } };
}

/** Mappings of old clients stand below a type name. */
function unwrapType(mapping: JsonObject): JsonObject {
  const inner = mapping.size === 1 ? mapping.get('_doc') : undefined;
  return inner !== undefined && isJsonObject(inner) ? inner : mapping;
}

/** How mistakes in the mapping of a new index are told. */
function mappingError(error: unknown): unknown {
  if (!(error instanceof EsError)) return error;
  if (error.type === 'mapper_parsing_exception')
    return mapperParsing(`Failed to parse mapping [_doc]: ${error.reason}`, error);
  const isOfMapping =
    /^(analyzer \[|Error parsing \[format\]|Could not convert \[|Limit of |field name cannot|Illegal dynamic)/.test(
      error.reason,
    );
  return isOfMapping ? mapperParsing(`Failed to parse mapping [_doc]: ${error.reason}`, error) : error;
}

function withoutNulls(flat: FlatSettings): FlatSettings {
  for (const [name, value] of flat) if (value === nullText) flat.delete(name);
  return flat;
}

async function getIndices(store: Store, request: RestRequest): Promise<RestAnswer> {
  const found = resolveIndices(
    request.part('index'),
    store,
    request.nameOptions({ ...adminNameOptions, expandClosed: false }),
  );
  const isFlat = request.boolean('flat_settings', false);
  const body: Record<string, unknown> = {};
  for (const { index } of found) {
    body[index.name] = {
      aliases: aliasesJson(index, null),
      mappings: index.mappingJson(),
      settings: shownSettings(index, isFlat, request.boolean('human', false)),
      ...(request.boolean('include_defaults', false) ? { defaults: shownDefaults(index, isFlat) } : {}),
    };
  }
  return { status: 200, body };
}

export function shownSettings(index: IndexHandle, isFlat: boolean, isHuman: boolean): unknown {
  const flat = index.shownSettings();
  if (isHuman) {
    flat.set('index.creation_date_string', new Date(index.createdMs).toISOString());
    flat.set('index.version.created_string', '8.19.0');
  }
  return isFlat ? Object.fromEntries([...flat].sort(([a], [b]) => (a < b ? -1 : 1))) : nestSettings(flat);
}

export function shownDefaults(index: IndexHandle, isFlat: boolean): unknown {
  const shown = index.shownSettings();
  const flat: FlatSettings = new Map([...defaultSettings].filter(([name]) => !shown.has(name)));
  return isFlat ? Object.fromEntries(flat) : nestSettings(flat);
}

function existsIndices(store: Store, request: RestRequest): RestAnswer {
  try {
    const found = resolveIndices(request.part('index'), store, request.nameOptions(adminNameOptions));
    return { status: found.length > 0 || request.part('index').includes('*') ? 200 : 404, body: '' };
  } catch (error) {
    if (error instanceof EsError && error.status === 404) return { status: 404, body: '' };
    throw error;
  }
}

async function deleteIndices(store: Store, flow: Flow, request: RestRequest): Promise<RestAnswer> {
  const expression = request.text('index');
  if (expression === null) throw validationFailed('index / indices is missing');
  const options = request.nameOptions({ ...adminNameOptions, forbidsAliases: true });
  const found = resolveIndices(expression, store, options);
  for (const { index } of found) {
    await store.delete(index);
    flow.forget(index.name);
  }
  return { status: 200, body: { acknowledged: true } };
}

async function setOpen(store: Store, request: RestRequest, isOpen: boolean): Promise<RestAnswer> {
  const options = { ...adminNameOptions, expandOpen: !isOpen, expandClosed: isOpen };
  const found = resolveIndices(request.part('index'), store, request.nameOptions(options));
  const indices: Record<string, unknown> = {};
  for (const { index } of found) {
    if (index.isOpen !== isOpen) {
      if (!isOpen) index.refresh();
      index.isOpen = isOpen;
      await index.saveMeta();
    }
    indices[index.name] = { closed: true };
  }
  const body: Record<string, unknown> = { acknowledged: true, shards_acknowledged: true };
  if (!isOpen) body['indices'] = indices;
  return { status: 200, body };
}

export { illegalArgument, indicesOfAlias, type Json };
