import type { IndexHandle } from '../cluster/index-handle.ts';
import { type Resolved, resolveIndices, searchNameOptions } from '../cluster/index-names.ts';
import type { Store } from '../cluster/store.ts';
import { illegalArgument } from '../errors.ts';
import { shardCounts } from './maintenance.ts';
import type { RestRequest } from './rest-request.ts';
import type { RestAnswer, RestRoute } from './router.ts';

const params = [
  'completion_fields',
  'expand_wildcards',
  'fielddata_fields',
  'fields',
  'forbid_closed_indices',
  'groups',
  'include_segment_file_sizes',
  'include_unloaded_segments',
  'level',
];

/** The metrics that the store counts. */
const metrics = [
  'docs',
  'store',
  'indexing',
  'get',
  'search',
  'merge',
  'refresh',
  'flush',
  'segments',
  'translog',
] as const;
type Metric = (typeof metrics)[number];

/** Metrics of the real system that have nothing to count here. */
const uncounted = ['completion', 'fielddata', 'query_cache', 'request_cache', 'recovery', 'suggest', 'warmer'];

export function statsRoutes(store: Store): RestRoute[] {
  const handler = (request: RestRequest): Promise<RestAnswer> => stats(store, request);
  return ['/_stats', '/_stats/{metric}', '/{index}/_stats', '/{index}/_stats/{metric}'].map((path) => ({
    methods: ['GET'],
    path,
    params,
    handler,
  }));
}

async function stats(store: Store, request: RestRequest): Promise<RestAnswer> {
  const wanted = wantedMetrics(request);
  const level = request.text('level') ?? 'indices';
  if (!['cluster', 'indices', 'shards'].includes(level)) {
    throw illegalArgument(`level parameter must be one of [cluster] or [indices] or [shards] but was [${level}]`);
  }
  const found = resolveIndices(
    request.text('index'),
    store,
    request.nameOptions({ ...searchNameOptions, expandHidden: true }),
  );
  for (const { index } of found) await index.ready.catch(() => {});
  const all = sum(found.map(({ index }) => gather(index)));
  const body: Record<string, unknown> = {
    _shards: shardCounts(found),
    _all: { primaries: show(all, wanted), total: show(all, wanted) },
  };
  if (level !== 'cluster') body['indices'] = perIndex(found, wanted);
  return { status: 200, body };
}

function wantedMetrics(request: RestRequest): readonly Metric[] {
  const names = request.list('metric');
  if (names === null || names.includes('_all')) return metrics;
  const unknown = names.filter((name) => !metrics.includes(name as Metric) && !uncounted.includes(name));
  if (unknown.length > 0) {
    const list = unknown.map((name) => `[${name}]`).join(', ');
    throw illegalArgument(
      `request [${request.path}] contains unrecognized metric${unknown.length > 1 ? 's' : ''}: ${list}`,
    );
  }
  return metrics.filter((metric) => names.includes(metric));
}

function perIndex(found: readonly Resolved[], wanted: readonly Metric[]): Record<string, unknown> {
  return Object.fromEntries(
    found.map(({ index }) => {
      const shown = show(gather(index), wanted);
      return [index.name, { uuid: index.uuid, primaries: shown, total: shown }];
    }),
  );
}

type Numbers = Record<Metric, Record<string, number>>;

function gather(index: IndexHandle): Numbers {
  const shards = index.shards.map((shard) => shard.stats());
  const total = (name: keyof (typeof shards)[number]): number => shards.reduce((count, one) => count + one[name], 0);
  const { counters } = index;
  return {
    docs: { count: total('docs'), deleted: total('deleted') },
    store: { size_in_bytes: total('sizeBytes'), reserved_in_bytes: 0 },
    indexing: {
      index_total: counters.indexed,
      index_failed: counters.failed,
      index_current: 0,
      delete_total: counters.deleted,
      delete_current: 0,
      noop_update_total: counters.noops,
    },
    get: {
      total: counters.gets,
      exists_total: counters.getsFound,
      missing_total: counters.gets - counters.getsFound,
      current: 0,
    },
    search: {
      open_contexts: 0,
      query_total: counters.searches,
      query_time_in_millis: Math.round(counters.searchMs),
      query_current: 0,
      fetch_total: counters.searches,
      fetch_current: 0,
    },
    merge: { current: 0, total: total('merges') },
    refresh: { total: total('refreshes'), external_total: total('refreshes'), listeners: 0 },
    flush: { total: total('flushes'), periodic: 0 },
    segments: { count: total('segments'), memory_in_bytes: total('memoryBytes') },
    translog: {
      operations: total('translogOps'),
      size_in_bytes: total('translogBytes'),
      uncommitted_operations: total('translogOps'),
      uncommitted_size_in_bytes: total('translogBytes'),
    },
  };
}

function sum(parts: readonly Numbers[]): Numbers {
  const result = Object.fromEntries(metrics.map((metric) => [metric, {}])) as Numbers;
  for (const part of parts) {
    for (const metric of metrics) {
      for (const [name, value] of Object.entries(part[metric]))
        result[metric][name] = (result[metric][name] ?? 0) + value;
    }
  }
  return result;
}

function show(numbers: Numbers, wanted: readonly Metric[]): Record<string, unknown> {
  return Object.fromEntries(wanted.map((metric) => [metric === 'merge' ? 'merges' : metric, numbers[metric]]));
}
