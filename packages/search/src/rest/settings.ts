import { resolveIndices } from '../cluster/index-names.ts';
import { checkSettings, flattenSettings, nestSettings, nullText } from '../cluster/index-settings.ts';
import type { Store } from '../cluster/store.ts';
import { validationFailed } from '../errors.ts';
import { isJsonObject } from '../json/json-value.ts';
import { matchesWildcard } from '../json/wildcard.ts';
import { adminNameOptions, shownDefaults } from './indices.ts';
import type { RestRequest } from './rest-request.ts';
import type { RestAnswer, RestRoute } from './router.ts';

const params = [
  'timeout',
  'master_timeout',
  'cluster_manager_timeout',
  'ignore_unavailable',
  'allow_no_indices',
  'expand_wildcards',
  'flat_settings',
  'include_defaults',
  'local',
  'preserve_existing',
];

export function settingsRoutes(store: Store): RestRoute[] {
  const get = (request: RestRequest): RestAnswer => getSettings(store, request);
  const put = (request: RestRequest): Promise<RestAnswer> => putSettings(store, request);
  return [
    ...['/_settings', '/_settings/{name}', '/{index}/_settings', '/{index}/_settings/{name}'].map((path) => ({
      methods: ['GET'],
      path,
      params,
      handler: get,
    })),
    { methods: ['PUT'], path: '/_settings', params, handler: put },
    { methods: ['PUT'], path: '/{index}/_settings', params, handler: put },
  ];
}

function getSettings(store: Store, request: RestRequest): RestAnswer {
  const found = resolveIndices(request.text('index'), store, request.nameOptions(adminNameOptions));
  const names = request.list('name');
  const isFlat = request.boolean('flat_settings', false);
  const body: Record<string, unknown> = {};
  for (const { index } of found) {
    const flat = index.shownSettings();
    for (const name of [...flat.keys()]) {
      const isWanted = names === null || names.some((pattern) => pattern === '_all' || matchesWildcard(pattern, name));
      if (!isWanted) flat.delete(name);
    }
    const settings = isFlat ? Object.fromEntries([...flat].sort(([a], [b]) => (a < b ? -1 : 1))) : nestSettings(flat);
    const entry: Record<string, unknown> = { settings };
    if (request.boolean('include_defaults', false)) entry['defaults'] = shownDefaults(index, isFlat);
    if (names === null || flat.size > 0) body[index.name] = entry;
  }
  return { status: 200, body };
}

async function putSettings(store: Store, request: RestRequest): Promise<RestAnswer> {
  const body = await request.object();
  const inner = body.get('settings');
  const flat = flattenSettings(inner !== undefined && isJsonObject(inner) && body.size === 1 ? inner : body);
  if (flat.size === 0) throw validationFailed('no settings to update');
  const found = resolveIndices(request.text('index'), store, request.nameOptions(adminNameOptions));
  const preserves = request.boolean('preserve_existing', false);
  checkSettings(
    flat,
    true,
    found.map(({ index }) => index),
  );
  for (const { index } of found) {
    await index.ready;
    const merged = new Map(index.settings.flat);
    for (const [name, value] of flat) {
      if (value === nullText) {
        for (const known of [...merged.keys()]) if (matchesWildcard(name, known)) merged.delete(known);
      } else if (!preserves || !merged.has(name)) merged.set(name, value);
    }
    await index.updateSettings(merged);
  }
  return { status: 200, body: { acknowledged: true } };
}
