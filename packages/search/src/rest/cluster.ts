import type { IndexHandle } from '../cluster/index-handle.ts';
import { type Resolved, resolveIndices, searchNameOptions } from '../cluster/index-names.ts';
import type { Store } from '../cluster/store.ts';
import { EsError, illegalArgument } from '../errors.ts';
import { JavaDouble } from '../json/json-writer.ts';
import type { RestRequest } from './rest-request.ts';
import type { RestAnswer, RestRoute } from './router.ts';

/** What the store says of itself. */
export interface NodeIdentity {
  name: string;
  clusterName: string;
  /** `host:port`, known once it listens. */
  publishAddress: () => string;
}

/** The version whose API is imitated: what it is decides how many clients talk. */
export const version = {
  number: '8.19.0',
  build_flavor: 'default',
  build_type: 'tar',
  build_hash: 'unknown',
  build_date: '2025-01-01T00:00:00.000000000Z',
  build_snapshot: false,
  lucene_version: '9.12.2',
  minimum_wire_compatibility_version: '7.17.0',
  minimum_index_compatibility_version: '7.0.0',
};

const healthParams = [
  'expand_wildcards',
  'level',
  'local',
  'master_timeout',
  'cluster_manager_timeout',
  'timeout',
  'wait_for_active_shards',
  'wait_for_events',
  'wait_for_no_initializing_shards',
  'wait_for_no_relocating_shards',
  'wait_for_nodes',
  'wait_for_status',
  'awareness_attribute',
];

export function clusterRoutes(store: Store, identity: NodeIdentity): RestRoute[] {
  const health = (request: RestRequest): Promise<RestAnswer> => clusterHealth(store, identity, request);
  return [
    { methods: ['GET', 'HEAD'], path: '/', params: [], handler: () => info(store, identity) },
    { methods: ['GET'], path: '/_cluster/health', params: healthParams, handler: health },
    { methods: ['GET'], path: '/_cluster/health/{index}', params: healthParams, handler: health },
    { methods: ['GET'], path: '/_nodes/http', params: ['timeout'], handler: () => nodes(store, identity) },
    {
      methods: ['GET'],
      path: '/_license',
      params: ['accept_enterprise', 'local'],
      handler: () => ({ status: 200, body: { license: license(store) } }),
    },
  ];
}

function info(store: Store, identity: NodeIdentity): RestAnswer {
  return {
    status: 200,
    body: {
      name: identity.name,
      cluster_name: identity.clusterName,
      cluster_uuid: store.clusterUuid,
      version,
      tagline: 'You Know, for Search',
    },
  };
}

function license(store: Store): Record<string, unknown> {
  return { status: 'active', uid: store.clusterUuid, type: 'basic', issued_to: 'headwater', issuer: 'headwater' };
}

function nodes(store: Store, identity: NodeIdentity): RestAnswer {
  const address = identity.publishAddress();
  const host = address.slice(0, address.lastIndexOf(':'));
  return {
    status: 200,
    body: {
      _nodes: { total: 1, successful: 1, failed: 0 },
      cluster_name: identity.clusterName,
      nodes: {
        [store.nodeId]: {
          name: identity.name,
          transport_address: address,
          host,
          ip: host,
          version: version.number,
          build_flavor: version.build_flavor,
          build_type: version.build_type,
          build_hash: version.build_hash,
          roles: ['data', 'ingest', 'master'],
          http: { bound_address: [address], publish_address: address, max_content_length_in_bytes: 104857600 },
        },
      },
    },
  };
}

export type Health = 'green' | 'yellow' | 'red';

/** One node holds no replicas: an index that wants some is yellow. */
export function healthOf(index: IndexHandle): Health {
  if (index.state !== 'open') return 'red';
  return index.replicaCount > 0 ? 'yellow' : 'green';
}

const ranks: Record<Health, number> = { green: 0, yellow: 1, red: 2 };

function worst(indices: readonly IndexHandle[]): Health {
  const found = indices.map(healthOf);
  return found.includes('red') ? 'red' : found.includes('yellow') ? 'yellow' : 'green';
}

async function clusterHealth(store: Store, identity: NodeIdentity, request: RestRequest): Promise<RestAnswer> {
  const wantedStatus = request.text('wait_for_status')?.toLowerCase() ?? null;
  if (wantedStatus !== null && !Object.hasOwn(ranks, wantedStatus)) {
    throw illegalArgument(
      `No enum constant org.opensearch.cluster.health.ClusterHealthStatus.${request.text('wait_for_status')!.toUpperCase()}`,
    );
  }
  const expression = request.text('index');
  let found: Resolved[];
  let isMissing = false;
  try {
    const options = request.nameOptions({
      ...searchNameOptions,
      expandClosed: true,
      expandHidden: true,
      forbidsClosed: false,
    });
    found = resolveIndices(expression, store, options);
  } catch (error) {
    if (!(error instanceof EsError) || error.status !== 404) throw error;
    found = [];
    isMissing = true;
  }
  const indices = found.map(({ index }) => index);
  await whenLoaded(indices, request.timeMs('timeout', 30_000));
  const status: Health = isMissing ? 'red' : worst(indices);
  const all = indices.reduce((sum, index) => sum + index.shardCount * (1 + index.replicaCount), 0);
  const primaries = indices.reduce((sum, index) => sum + (index.state === 'open' ? index.shardCount : 0), 0);
  const unassigned = all - primaries;
  const isStatusMet = wantedStatus === null || ranks[status] <= ranks[wantedStatus as Health];
  const isNodesMet = meetsNodes(request.text('wait_for_nodes'));
  const isShardsMet = meetsShards(request.text('wait_for_active_shards'), primaries, unassigned);
  const isTimedOut = isMissing || !isStatusMet || !isNodesMet || !isShardsMet;
  const body: Record<string, unknown> = {
    cluster_name: identity.clusterName,
    status,
    timed_out: isTimedOut,
    number_of_nodes: 1,
    number_of_data_nodes: 1,
    discovered_master: true,
    discovered_cluster_manager: true,
    active_primary_shards: primaries,
    active_shards: primaries,
    relocating_shards: 0,
    initializing_shards: 0,
    unassigned_shards: unassigned,
    delayed_unassigned_shards: 0,
    number_of_pending_tasks: 0,
    number_of_in_flight_fetch: 0,
    task_max_waiting_in_queue_millis: 0,
    active_shards_percent_as_number: new JavaDouble(
      primaries + unassigned === 0 ? 100 : (100 * primaries) / (primaries + unassigned),
    ),
  };
  const level = request.text('level') ?? 'cluster';
  if (level !== 'cluster') {
    body['indices'] = Object.fromEntries(indices.map((index) => [index.name, indexHealth(index, level === 'shards')]));
  }
  return { status: isTimedOut ? 408 : 200, body };
}

/** Nothing else changes by waiting: one node holds what it holds. */
async function whenLoaded(indices: readonly IndexHandle[], timeoutMs: number): Promise<void> {
  const loading = indices.filter((index) => index.state === 'loading');
  if (loading.length === 0) return;
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([Promise.allSettled(loading.map((index) => index.ready)), timeout]);
  clearTimeout(timer);
}

function meetsNodes(text: string | null): boolean {
  if (text === null) return true;
  const match = /^(>=|<=|>|<|ge\(|le\(|gt\(|lt\()?(\d+)\)?$/.exec(text);
  if (match === null) throw illegalArgument(`Failed to parse [wait_for_nodes] of [${text}]`);
  const wanted = Number(match[2]);
  switch (match[1]) {
    case '>=':
    case 'ge(':
      return wanted <= 1;
    case '<=':
    case 'le(':
      return wanted >= 1;
    case '>':
    case 'gt(':
      return wanted < 1;
    case '<':
    case 'lt(':
      return wanted > 1;
    default:
      return wanted === 1;
  }
}

function meetsShards(text: string | null, active: number, unassigned: number): boolean {
  if (text === null) return true;
  if (text === 'all') return unassigned === 0;
  return active >= Number(text);
}

function indexHealth(index: IndexHandle, withShards: boolean): Record<string, unknown> {
  const active = index.state === 'open' ? index.shardCount : 0;
  const unassigned = index.shardCount * (1 + index.replicaCount) - active;
  const health: Record<string, unknown> = {
    status: healthOf(index),
    number_of_shards: index.shardCount,
    number_of_replicas: index.replicaCount,
    active_primary_shards: active,
    active_shards: active,
    relocating_shards: 0,
    initializing_shards: 0,
    unassigned_shards: unassigned,
  };
  if (withShards) {
    health['shards'] = Object.fromEntries(
      Array.from({ length: index.shardCount }, (_, shard) => [
        String(shard),
        {
          status: healthOf(index),
          primary_active: index.state === 'open',
          active_shards: index.state === 'open' ? 1 : 0,
          relocating_shards: 0,
          initializing_shards: 0,
          unassigned_shards: index.replicaCount + (index.state === 'open' ? 0 : 1),
        },
      ]),
    );
  }
  return health;
}
