import { resolveIndices } from '../cluster/index-names.ts';
import type { Store } from '../cluster/store.ts';
import { illegalArgument, parseException } from '../errors.ts';
import { isJsonObject, type JsonObject } from '../json/json-value.ts';
import { matchesWildcard } from '../json/wildcard.ts';
import { adminNameOptions } from './indices.ts';
import type { RestRequest } from './rest-request.ts';
import type { RestAnswer, RestRoute } from './router.ts';

const params = [
  'timeout',
  'master_timeout',
  'cluster_manager_timeout',
  'ignore_unavailable',
  'allow_no_indices',
  'expand_wildcards',
  'local',
  'write_index_only',
  'include_type_name',
  'include_defaults',
];

export function mappingRoutes(store: Store): RestRoute[] {
  const get = (request: RestRequest): RestAnswer => getMappings(store, request);
  const put = (request: RestRequest): Promise<RestAnswer> => putMapping(store, request);
  const field = (request: RestRequest): RestAnswer => getFieldMappings(store, request);
  return [
    { methods: ['GET'], path: '/_mapping', params, handler: get },
    { methods: ['GET'], path: '/_mappings', params, handler: get },
    { methods: ['GET'], path: '/{index}/_mapping', params, handler: get },
    { methods: ['GET'], path: '/{index}/_mappings', params, handler: get },
    { methods: ['PUT', 'POST'], path: '/{index}/_mapping', params, handler: put },
    { methods: ['PUT', 'POST'], path: '/{index}/_mappings', params, handler: put },
    { methods: ['GET'], path: '/_mapping/field/{fields}', params, handler: field },
    { methods: ['GET'], path: '/{index}/_mapping/field/{fields}', params, handler: field },
  ];
}

function getMappings(store: Store, request: RestRequest): RestAnswer {
  const options = request.nameOptions({ ...adminNameOptions, expandClosed: false });
  const found = resolveIndices(request.text('index'), store, options);
  return {
    status: 200,
    body: Object.fromEntries(found.map(({ index }) => [index.name, { mappings: index.mappingJson() }])),
  };
}

async function putMapping(store: Store, request: RestRequest): Promise<RestAnswer> {
  const bytes = await request.body();
  if (bytes.length === 0) throw parseException('request body is required');
  const definition: JsonObject = await request.object();
  const typed = definition.get('_doc');
  if (typed !== undefined && isJsonObject(typed))
    throw illegalArgument('Types cannot be provided in put mapping requests');
  const found = resolveIndices(
    request.part('index'),
    store,
    request.nameOptions({ ...adminNameOptions, expandClosed: true }),
  );
  for (const { index } of found) {
    await index.ready;
    await index.updateMapping(definition);
  }
  return { status: 200, body: { acknowledged: true } };
}

function getFieldMappings(store: Store, request: RestRequest): RestAnswer {
  const found = resolveIndices(
    request.text('index'),
    store,
    request.nameOptions({ ...adminNameOptions, expandClosed: false }),
  );
  const patterns = request.part('fields').split(',');
  const body: Record<string, unknown> = {};
  for (const { index } of found) {
    const mappings = Object.create(null) as Record<string, unknown>;
    for (const path of index.mapping.fieldNames.sort()) {
      const field = index.mapping.field(path)!;
      if (!patterns.some((pattern) => matchesWildcard(pattern, path))) continue;
      const json = field.toJson();
      if (request.boolean('include_defaults', false)) {
        for (const spec of field.specs)
          if (!json.has(spec.name) && spec.fallback !== null) json.set(spec.name, spec.fallback as never);
      }
      mappings[path] = { full_name: path, mapping: { [field.name]: json } };
    }
    body[index.name] = { mappings };
  }
  return { status: 200, body };
}
