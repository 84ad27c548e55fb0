import { resolveIndices, searchNameOptions } from '../cluster/index-names.ts';
import type { Store } from '../cluster/store.ts';
import { makeBreath } from '../engine/breath.ts';
import type { Shard } from '../engine/shard.ts';
import { EsError, illegalArgument, validationFailed } from '../errors.ts';
import { isJsonObject } from '../json/json-value.ts';
import type { QueryBuilder } from '../query/dsl.ts';
import { Dsl } from '../query/dsl.ts';
import { queryTypes } from '../query/query-types.ts';
import type { SearchService } from '../search/search-service.ts';
import type { RestRequest } from './rest-request.ts';
import type { RestAnswer, RestRoute } from './router.ts';
import { urlQuery } from './search.ts';

const params = [
  'allow_no_indices',
  'analyze_wildcard',
  'analyzer',
  'conflicts',
  'default_operator',
  'df',
  'expand_wildcards',
  'ignore_unavailable',
  'lenient',
  'max_docs',
  'preference',
  'q',
  'refresh',
  'request_cache',
  'requests_per_second',
  'routing',
  'scroll',
  'scroll_size',
  'search_timeout',
  'search_type',
  'size',
  'slices',
  'terminate_after',
  'timeout',
  'wait_for_active_shards',
  'wait_for_completion',
];

export function byQueryRoutes(store: Store, service: SearchService): RestRoute[] {
  return [
    {
      methods: ['POST'],
      path: '/{index}/_delete_by_query',
      params,
      handler: (request) => deleteByQuery(store, service, request),
    },
  ];
}

async function deleteByQuery(store: Store, service: SearchService, request: RestRequest): Promise<RestAnswer> {
  const startedMs = performance.now();
  if (!request.boolean('wait_for_completion', true))
    throw illegalArgument('[wait_for_completion=false] is not supported by this store');
  const { query, proceeds, maxDocs } = await parseBody(request);
  if (query === null) throw validationFailed('query is missing');
  const indices = resolveIndices(request.text('index'), store, request.nameOptions(searchNameOptions));
  for (const { index } of indices) index.assertWritable();
  const counts = { total: 0, deleted: 0, batches: 0, conflicts: 0 };
  const failures: Record<string, unknown>[] = [];
  const breath = makeBreath();
  const { signal } = request.ctx;
  for await (const batch of service.scan(indices, query, signal, request.text('routing'))) {
    counts.batches++;
    const touched = new Set<Shard>();
    for (const found of batch) {
      if (counts.total >= maxDocs) break;
      counts.total++;
      const { index, id, routing } = found;
      const shard = index.shardFor(id, routing);
      const [result] = index.apply(shard, [
        { kind: 'delete', id, routing, source: null, ifSeqNo: found.seqNo, ifPrimaryTerm: found.primaryTerm },
      ]);
      touched.add(shard);
      if (!(result instanceof EsError)) counts.deleted++;
      else {
        counts.conflicts++;
        if (!proceeds) failures.push({ index: index.name, id, cause: result.toObject(), status: result.status });
      }
      const pause = breath();
      if (pause !== undefined) await pause;
    }
    for (const { index } of indices) await index.settle(touched);
    if (failures.length > 0 || counts.total >= maxDocs) break;
  }
  if (request.boolean('refresh', false)) for (const { index } of indices) index.refresh();
  return {
    status: failures.length > 0 ? 409 : 200,
    body: {
      took: Math.round(performance.now() - startedMs),
      timed_out: false,
      total: counts.total,
      deleted: counts.deleted,
      batches: counts.batches,
      version_conflicts: counts.conflicts,
      noops: 0,
      retries: { bulk: 0, search: 0 },
      throttled_millis: 0,
      requests_per_second: -1,
      throttled_until_millis: 0,
      failures,
    },
  };
}

async function parseBody(
  request: RestRequest,
): Promise<{ query: QueryBuilder | null; proceeds: boolean; maxDocs: number }> {
  let query = urlQuery(request);
  let proceeds = request.text('conflicts') === 'proceed';
  let maxDocs = request.has('max_docs') ? request.integer('max_docs', 0) : Number.POSITIVE_INFINITY;
  const document = await request.document();
  if (document === null) return { query, proceeds, maxDocs };
  const { root } = document;
  if (!isJsonObject(root)) throw illegalArgument('the body must be an object with a query');
  const dsl = new Dsl(document, queryTypes);
  for (const [key, value] of root) {
    if (key === 'query') query = dsl.query(value, dsl.at(root, key));
    else if (key === 'conflicts') proceeds = value === 'proceed';
    else if (key === 'max_docs' || key === 'size') maxDocs = Number(value);
    else throw illegalArgument(`[${key}] is not supported by this store in a delete by query`);
  }
  return { query, proceeds, maxDocs };
}
