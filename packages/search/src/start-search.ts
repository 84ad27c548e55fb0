import { createHttpServer, type HttpSecurity } from '@headwater/http';
import { type Logger, silentLogger } from '@headwater/logger';
import { Store } from './cluster/store.ts';
import { type Files, nodeFiles } from './engine/files.ts';
import { Flow } from './flow.ts';
import { aliasRoutes } from './rest/aliases.ts';
import { analyzeRoutes } from './rest/analyze.ts';
import { BodyBudget } from './rest/body-budget.ts';
import { bulkRoutes } from './rest/bulk.ts';
import { byQueryRoutes } from './rest/by-query.ts';
import { catRoutes } from './rest/cat.ts';
import { clusterRoutes, type NodeIdentity } from './rest/cluster.ts';
import { Dispatcher } from './rest/dispatcher.ts';
import { documentRoutes } from './rest/documents.ts';
import { flowRoutes } from './rest/flow-api.ts';
import { indexRoutes } from './rest/indices.ts';
import { ingestRoutes } from './rest/ingest.ts';
import { maintenanceRoutes } from './rest/maintenance.ts';
import { mappingRoutes } from './rest/mappings.ts';
import { mgetRoutes } from './rest/mget.ts';
import { searchRoutes } from './rest/search.ts';
import { searchMetrics } from './rest/search-metrics.ts';
import { settingsRoutes } from './rest/settings.ts';
import { statsRoutes } from './rest/stats.ts';
import { updateRoutes } from './rest/update.ts';
import { SearchService } from './search/search-service.ts';

export interface SearchOptions {
  /** Where indices are kept; absent: in memory. */
  dataDir?: string | undefined;
  /** Default 127.0.0.1. */
  host?: string | undefined;
  /** Default 0: the system chooses. */
  port?: number | undefined;
  /** Shown as `cluster_name`. Default `headwater`. */
  clusterName?: string | undefined;
  /** Host names that are answered for besides localhost and addresses. */
  allowedHosts?: readonly string[] | undefined;
  allowedOrigins?: readonly string[] | undefined;
  /** TLS, and who may call. Default: neither. */
  security?: HttpSecurity | undefined;
  /** Largest request body, before and after inflating. Default 100 MiB, as in Elasticsearch. */
  maxBodyBytes?: number | undefined;
  /** Bodies in memory at the same time; requests beyond it are refused (429). Default 64 MiB. */
  bodyBudgetBytes?: number | undefined;
  /** Writes are refused (429) while the disk has less room than this. Default 64 MiB. */
  diskFreeBytesMin?: number | undefined;
  /** What is in memory of indices on disk, besides what is not on disk yet; more makes searches of large indices faster. Default 48 MiB. */
  indexCacheBytes?: number | undefined;
  logger?: Logger | undefined;
  /** File access, to make it fail in tests. */
  files?: Files | undefined;
}

export interface SearchServer {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Finishes requests, commits what is open. May be called twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const maxBodyBytesDefault = 100 * 1024 * 1024;
const bodyBudgetBytesDefault = 64 * 1024 * 1024;

/**
 * Starts a search store that speaks the Elasticsearch REST API.
 *
 * @example
 * const search = await startSearch();
 * await fetch(`${search.url}/books/_doc/1?refresh=true`, {
 *   method: 'PUT',
 *   headers: { 'content-type': 'application/json' },
 *   body: JSON.stringify({ title: 'The Sea, the Sea' }),
 * });
 * const answer = await fetch(`${search.url}/books/_search?q=title:sea`);
 * console.log((await answer.json()).hits.total); // { value: 1, relation: 'eq' }
 * await search.close();
 */
export async function startSearch(options: SearchOptions = {}): Promise<SearchServer> {
  const logger = options.logger ?? silentLogger;
  const store = await Store.open({
    dataDir: options.dataDir ?? null,
    files: options.files ?? nodeFiles,
    logger,
    ...(options.diskFreeBytesMin === undefined ? {} : { diskFreeBytesMin: options.diskFreeBytesMin }),
    ...(options.indexCacheBytes === undefined ? {} : { indexCacheBytes: options.indexCacheBytes }),
  });
  const service = new SearchService(store);
  const flow = new Flow();
  let address = '';
  const identity: NodeIdentity = {
    name: 'headwater',
    clusterName: options.clusterName ?? 'headwater',
    publishAddress: () => address,
  };
  const dispatcher = new Dispatcher(
    [
      ...clusterRoutes(store, identity),
      ...indexRoutes(store, flow),
      ...mappingRoutes(store),
      ...settingsRoutes(store),
      ...aliasRoutes(store),
      ...maintenanceRoutes(store),
      ...documentRoutes(store, flow),
      ...updateRoutes(store, flow),
      ...mgetRoutes(store),
      ...bulkRoutes(store, flow),
      ...ingestRoutes(store),
      ...searchRoutes(store, service, flow),
      ...byQueryRoutes(store, service),
      ...analyzeRoutes(store),
      ...catRoutes(store, service, identity),
      ...statsRoutes(store),
      ...flowRoutes(store, flow),
    ],
    logger,
    new BodyBudget(options.bodyBudgetBytes ?? bodyBudgetBytesDefault),
  );
  const server = createHttpServer({
    name: 'search',
    ...options.security,
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.allowedHosts === undefined ? {} : { allowedHosts: options.allowedHosts }),
    ...(options.allowedOrigins === undefined ? {} : { allowedOrigins: options.allowedOrigins }),
    maxBodyBytes: options.maxBodyBytes ?? maxBodyBytesDefault,
    // Official clients talk to nothing without it.
    headers: { 'x-elastic-product': 'Elasticsearch' },
    logger,
    // `/metrics` is an index; this is where exporters for the real system have theirs.
    metrics: { part: 'search', path: '/_prometheus/metrics', collect: (text) => searchMetrics(text, store) },
    onError: (error, ctx) => dispatcher.fail(error, ctx),
    onNotFound: (ctx) => dispatcher.handle(ctx),
  });
  let listening: { url: string; host: string; port: number };
  try {
    listening = await server.listen();
  } catch (error) {
    await store.close();
    throw error;
  }
  address = `${listening.host}:${listening.port}`;
  let closed: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closed ??= (async () => {
      await server.close();
      await store.close();
    })();
    return closed;
  };
  return { ...listening, close, [Symbol.asyncDispose]: close };
}
