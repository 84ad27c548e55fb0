import { resolveIndices, searchNameOptions } from '../cluster/index-names.ts';
import type { Store } from '../cluster/store.ts';
import { illegalArgument } from '../errors.ts';
import { matchesWildcard } from '../json/wildcard.ts';
import { parseQueryBody } from '../search/search-request.ts';
import type { SearchService } from '../search/search-service.ts';
import { type CatCell, type CatColumn, catAnswer, catParams } from './cat-table.ts';
import { healthOf, type NodeIdentity } from './cluster.ts';
import type { RestRequest } from './rest-request.ts';
import type { RestAnswer, RestRoute } from './router.ts';
import { urlQuery } from './search.ts';

const indicesParams = [
  ...catParams,
  'expand_wildcards',
  'health',
  'include_unloaded_segments',
  'pri',
  'ignore_unavailable',
  'allow_no_indices',
];

export function catRoutes(store: Store, service: SearchService, identity: NodeIdentity): RestRoute[] {
  const indices = (request: RestRequest): Promise<RestAnswer> => catIndices(store, request);
  const count = (request: RestRequest): Promise<RestAnswer> => catCount(store, service, request);
  const aliases = (request: RestRequest): RestAnswer => catAliases(store, request);
  const countParams = [...catParams, 'q', 'df', 'analyzer', 'analyze_wildcard', 'lenient', 'default_operator'];
  return [
    { methods: ['GET'], path: '/_cat', params: catParams, handler: () => ({ status: 200, text: list }) },
    { methods: ['GET'], path: '/_cat/indices', params: indicesParams, handler: indices },
    { methods: ['GET'], path: '/_cat/indices/{index}', params: indicesParams, handler: indices },
    { methods: ['GET'], path: '/_cat/count', params: countParams, handler: count },
    { methods: ['GET'], path: '/_cat/count/{index}', params: countParams, handler: count },
    {
      methods: ['GET'],
      path: '/_cat/health',
      params: catParams,
      handler: (request) => catHealth(store, identity, request),
    },
    { methods: ['GET'], path: '/_cat/aliases', params: [...catParams, 'expand_wildcards'], handler: aliases },
    { methods: ['GET'], path: '/_cat/aliases/{name}', params: [...catParams, 'expand_wildcards'], handler: aliases },
  ];
}

const list = `=^.^=
/_cat/indices
/_cat/indices/{index}
/_cat/count
/_cat/count/{index}
/_cat/health
/_cat/aliases
/_cat/aliases/{alias}
`;

const indicesColumns: CatColumn[] = [
  { name: 'health', aliases: 'h', description: 'current health status' },
  { name: 'status', aliases: 's', description: 'open/close status' },
  { name: 'index', aliases: 'i,idx', description: 'index name' },
  { name: 'uuid', aliases: 'id,uuid', description: 'index uuid' },
  { name: 'pri', aliases: 'p,shards.primary,shardsPrimary', description: 'number of primary shards', isRight: true },
  { name: 'rep', aliases: 'r,shards.replica,shardsReplica', description: 'number of replica shards', isRight: true },
  { name: 'docs.count', aliases: 'dc,docsCount', description: 'available docs', isRight: true },
  { name: 'docs.deleted', aliases: 'dd,docsDeleted', description: 'deleted docs', isRight: true },
  {
    name: 'creation.date',
    aliases: 'cd',
    description: 'index creation date (millisecond value)',
    isRight: true,
    isHidden: true,
  },
  {
    name: 'creation.date.string',
    aliases: 'cds',
    description: 'index creation date (as string)',
    isRight: true,
    isHidden: true,
  },
  {
    name: 'store.size',
    aliases: 'ss,storeSize',
    description: 'store size of primaries & replicas',
    isRight: true,
    isSize: true,
  },
  { name: 'pri.store.size', aliases: '', description: 'store size of primaries', isRight: true, isSize: true },
  {
    name: 'segments.count',
    aliases: 'sc,segmentsCount',
    description: 'number of segments',
    isRight: true,
    isHidden: true,
  },
  {
    name: 'memory.total',
    aliases: 'tm,memoryTotal',
    description: 'total used memory',
    isRight: true,
    isHidden: true,
    isSize: true,
  },
];

async function catIndices(store: Store, request: RestRequest): Promise<RestAnswer> {
  const health = request.text('health');
  if (health !== null && !['green', 'yellow', 'red'].includes(health.toLowerCase())) {
    throw illegalArgument(`unknown cluster health status [${health}]`);
  }
  const options = request.nameOptions({ ...searchNameOptions, expandClosed: true, forbidsClosed: false });
  const rows: CatCell[][] = [];
  for (const { index } of resolveIndices(request.text('index'), store, options)) {
    if (health !== null && healthOf(index) !== health.toLowerCase()) continue;
    await index.ready.catch(() => {});
    const stats = index.isOpen && index.state === 'open' ? index.shards.map((shard) => shard.stats()) : null;
    const total = (name: 'docs' | 'deleted' | 'sizeBytes' | 'segments' | 'memoryBytes'): number | null =>
      stats === null ? null : stats.reduce((sum, one) => sum + one[name], 0);
    rows.push([
      healthOf(index),
      index.isOpen ? 'open' : 'close',
      index.name,
      index.uuid,
      index.shardCount,
      index.replicaCount,
      total('docs'),
      total('deleted'),
      index.createdMs,
      new Date(index.createdMs).toISOString(),
      total('sizeBytes'),
      total('sizeBytes'),
      total('segments'),
      total('memoryBytes'),
    ]);
  }
  return catAnswer(request, indicesColumns, rows);
}

const countColumns: CatColumn[] = [
  { name: 'epoch', aliases: 't,time', description: 'seconds since 1970-01-01 00:00:00' },
  { name: 'timestamp', aliases: 'ts,hms,hhmmss', description: 'time in HH:MM:SS' },
  { name: 'count', aliases: 'dc,docs.count,docsCount', description: 'the document count' },
];

async function catCount(store: Store, service: SearchService, request: RestRequest): Promise<RestAnswer> {
  if (request.boolean('help', false)) return catAnswer(request, countColumns, []);
  const query = urlQuery(request) ?? parseQueryBody(await request.document());
  const found = resolveIndices(request.text('index'), store, searchNameOptions);
  const { count } = (await service.count(found, query, {
    routing: null,
    minScore: null,
    terminateAfter: 0,
    signal: request.ctx.signal,
  })) as { count: number };
  return catAnswer(request, countColumns, [[...clock(store), count]]);
}

function clock(store: Store): [number, string] {
  const now = store.nowMs();
  return [Math.floor(now / 1000), new Date(now).toISOString().slice(11, 19)];
}

const healthColumns: CatColumn[] = [
  { name: 'epoch', aliases: 't,time', description: 'seconds since 1970-01-01 00:00:00' },
  { name: 'timestamp', aliases: 'ts,hms,hhmmss', description: 'time in HH:MM:SS' },
  { name: 'cluster', aliases: 'cl', description: 'cluster name' },
  { name: 'status', aliases: 'st', description: 'health status' },
  { name: 'node.total', aliases: 'nt,nodeTotal', description: 'total number of nodes', isRight: true },
  { name: 'node.data', aliases: 'nd,nodeData', description: 'number of nodes that can store data', isRight: true },
  { name: 'shards', aliases: 't,sh,shards.total,shardsTotal', description: 'total number of shards', isRight: true },
  { name: 'pri', aliases: 'p,shards.primary,shardsPrimary', description: 'number of primary shards', isRight: true },
  {
    name: 'relo',
    aliases: 'r,shards.relocating,shardsRelocating',
    description: 'number of relocating nodes',
    isRight: true,
  },
  {
    name: 'init',
    aliases: 'i,shards.initializing,shardsInitializing',
    description: 'number of initializing nodes',
    isRight: true,
  },
  {
    name: 'unassign',
    aliases: 'u,shards.unassigned,shardsUnassigned',
    description: 'number of unassigned shards',
    isRight: true,
  },
  { name: 'pending_tasks', aliases: 'pt,pendingTasks', description: 'number of pending tasks', isRight: true },
  {
    name: 'max_task_wait_time',
    aliases: 'mtwt,maxTaskWaitTime',
    description: 'wait time of longest task pending',
    isRight: true,
  },
  {
    name: 'active_shards_percent',
    aliases: 'asp,activeShardsPercent',
    description: 'active number of shards in percent',
    isRight: true,
  },
];

function catHealth(store: Store, identity: NodeIdentity, request: RestRequest): RestAnswer {
  const indices = [...store.indices.values()];
  const primaries = indices.reduce((sum, index) => sum + index.shardCount, 0);
  const unassigned = indices.reduce((sum, index) => sum + index.shardCount * index.replicaCount, 0);
  const status = indices.some((index) => healthOf(index) === 'yellow') ? 'yellow' : 'green';
  const percent = primaries + unassigned === 0 ? 100 : (100 * primaries) / (primaries + unassigned);
  return catAnswer(request, healthColumns, [
    [
      ...clock(store),
      identity.clusterName,
      status,
      1,
      1,
      primaries,
      primaries,
      0,
      0,
      unassigned,
      0,
      '-',
      `${percent.toFixed(1)}%`,
    ],
  ]);
}

const aliasColumns: CatColumn[] = [
  { name: 'alias', aliases: 'a', description: 'alias name' },
  { name: 'index', aliases: 'i,idx', description: 'index alias points to' },
  { name: 'filter', aliases: 'f,fi', description: 'filter' },
  { name: 'routing.index', aliases: 'ri,routingIndex', description: 'index routing' },
  { name: 'routing.search', aliases: 'rs,routingSearch', description: 'search routing' },
  { name: 'is_write_index', aliases: 'w,isWriteIndex', description: 'write index' },
];

function catAliases(store: Store, request: RestRequest): RestAnswer {
  const patterns = request.list('name');
  const showsHidden =
    request.list('expand_wildcards')?.some((choice) => choice === 'all' || choice === 'hidden') ?? true;
  const rows: CatCell[][] = [];
  for (const index of store.indices.values()) {
    for (const [name, alias] of index.aliases) {
      if (patterns !== null && !patterns.some((pattern) => matchesWildcard(pattern, name))) continue;
      const isNamed =
        patterns?.some((pattern) => pattern === name || (pattern.startsWith('.') && name.startsWith('.'))) ?? false;
      if (alias.isHidden === true && !showsHidden && !isNamed) continue;
      const isWriter = alias.isWriteIndex === null ? '-' : String(alias.isWriteIndex);
      rows.push([
        name,
        index.name,
        alias.filter === null ? '-' : '*',
        alias.indexRouting ?? '-',
        alias.searchRouting ?? '-',
        isWriter,
      ]);
    }
  }
  rows.sort((a, b) => (`${a[0]} ${a[1]}` < `${b[0]} ${b[1]}` ? -1 : 1));
  return catAnswer(request, aliasColumns, rows);
}
