import { type NameOptions, resolveIndices, searchNameOptions } from '../cluster/index-names.ts';
import type { Store } from '../cluster/store.ts';
import { EsError, illegalArgument, parseException } from '../errors.ts';
import type { Flow } from '../flow.ts';
import { isJsonObject, type JsonDocument, parseJson } from '../json/json-value.ts';
import { type QueryBuilder, textOf } from '../query/dsl.ts';
import { operatorOf } from '../query/match.ts';
import { queryStringBuilder, queryStringDefaults } from '../query/query-string.ts';
import {
  checkFrom,
  checkSize,
  parseQueryBody,
  parseSearchBody,
  type SearchRequest,
  sortSpec,
  trackTotalHitsDefault,
  trackTotalHitsOf,
} from '../search/search-request.ts';
import type { SearchService } from '../search/search-service.ts';
import { applyExpand, parseDocument, type RestRequest } from './rest-request.ts';
import type { RestAnswer, RestRoute } from './router.ts';
import { sourceOf, sourceParams } from './source-params.ts';

const nameParams = ['ignore_unavailable', 'allow_no_indices', 'expand_wildcards', 'ignore_throttled'];
const queryStringParams = ['q', 'df', 'analyzer', 'analyze_wildcard', 'lenient', 'default_operator'];
const searchParams = [
  ...nameParams,
  ...queryStringParams,
  ...sourceParams,
  'allow_partial_search_results',
  'batched_reduce_size',
  'cancel_after_time_interval',
  'ccs_minimize_roundtrips',
  'docvalue_fields',
  'explain',
  'from',
  'max_concurrent_shard_requests',
  'min_compatible_shard_node',
  'phase_took',
  'pre_filter_shard_size',
  'preference',
  'request_cache',
  'rest_total_hits_as_int',
  'routing',
  'scroll',
  'search_pipeline',
  'search_type',
  'seq_no_primary_term',
  'size',
  'sort',
  'stats',
  'stored_fields',
  'suggest_field',
  'suggest_mode',
  'suggest_size',
  'suggest_text',
  'terminate_after',
  'timeout',
  'track_scores',
  'track_total_hits',
  'typed_keys',
  'version',
];
const countParams = [...nameParams, ...queryStringParams, 'min_score', 'preference', 'routing', 'terminate_after'];
const msearchParams = [
  'ccs_minimize_roundtrips',
  'max_concurrent_searches',
  'max_concurrent_shard_requests',
  'pre_filter_shard_size',
  'rest_total_hits_as_int',
  'search_type',
  'typed_keys',
  'cancel_after_time_interval',
];

export function searchRoutes(store: Store, service: SearchService, flow: Flow): RestRoute[] {
  const search = (request: RestRequest): Promise<RestAnswer> => runSearch(store, service, flow, request);
  const count = (request: RestRequest): Promise<RestAnswer> => runCount(store, service, flow, request);
  const msearch = (request: RestRequest): Promise<RestAnswer> => runMultiSearch(store, service, flow, request);
  const methods = ['GET', 'POST'];
  return [
    { methods, path: '/_search', params: searchParams, handler: search },
    { methods, path: '/{index}/_search', params: searchParams, handler: search },
    { methods, path: '/_count', params: countParams, handler: count },
    { methods, path: '/{index}/_count', params: countParams, handler: count },
    { methods, path: '/_msearch', params: msearchParams, handler: msearch, isLenientType: true },
    { methods, path: '/{index}/_msearch', params: msearchParams, handler: msearch, isLenientType: true },
  ];
}

async function runSearch(store: Store, service: SearchService, flow: Flow, request: RestRequest): Promise<RestAnswer> {
  const document = await request.document();
  const search = parseSearchBody(document);
  const totalAsInteger = request.boolean('rest_total_hits_as_int', false);
  applyUrl(search, request);
  const isTotalSet = request.has('track_total_hits') || hasKey(document, 'track_total_hits');
  checkTotalAsInteger(search, totalAsInteger, isTotalSet);
  const isGlobalScoring = searchTypeOf(request.text('search_type'));
  if (request.has('scroll')) throw illegalArgument('[scroll] is not supported by this store: page with [search_after]');
  const indices = resolveIndices(request.text('index'), store, request.nameOptions(searchNameOptions));
  const { body } = await service.search({
    indices,
    request: search,
    routing: request.text('routing'),
    isGlobalScoring,
    totalAsInteger,
    allowPartialResults: request.boolean('allow_partial_search_results', true),
    signal: request.ctx.signal,
  });
  for (const { index } of indices) flow.record(request.ctx, index.name, 'search', hitsOf(body));
  return { status: 200, body };
}

function hitsOf(body: Record<string, unknown>): number {
  return ((body['hits'] as { hits: unknown[] }).hits ?? []).length;
}

function hasKey(document: JsonDocument | null, key: string): boolean {
  return document !== null && isJsonObject(document.root) && document.root.has(key);
}

/** Totals as plain numbers only make sense when they are exact. */
function checkTotalAsInteger(search: SearchRequest, totalAsInteger: boolean, isTotalSet: boolean): void {
  if (!totalAsInteger) return;
  if (!isTotalSet) search.trackTotalHits = Number.POSITIVE_INFINITY;
  else if (search.trackTotalHits >= 0 && Number.isFinite(search.trackTotalHits)) {
    throw illegalArgument(
      `[rest_total_hits_as_int] cannot be used if the tracking of total hits is not accurate, got ${search.trackTotalHits}`,
    );
  }
}

function searchTypeOf(text: string | null): boolean {
  if (text === null || text === 'query_then_fetch') return false;
  if (text === 'dfs_query_then_fetch') return true;
  if (text === 'dfs_query_and_fetch' || text === 'query_and_fetch')
    throw illegalArgument(`Unsupported search type [${text}]`);
  throw illegalArgument(`No search type for [${text}]`);
}

/** Parameters of the query string come before what the body says. */
function applyUrl(search: SearchRequest, request: RestRequest): void {
  const query = urlQuery(request);
  if (query !== null) search.query = query;
  if (request.has('from')) search.from = checkFrom(request.integer('from', 0));
  if (request.has('size')) search.size = checkSize(request.integer('size', 10));
  search.explain = request.boolean('explain', search.explain);
  search.version = request.boolean('version', search.version);
  search.seqNoPrimaryTerm = request.boolean('seq_no_primary_term', search.seqNoPrimaryTerm);
  search.trackScores = request.boolean('track_scores', search.trackScores);
  if (request.has('timeout')) search.timeoutMs = request.timeMs('timeout', search.timeoutMs);
  if (request.has('terminate_after')) {
    search.terminateAfter = request.integer('terminate_after', 0);
    if (search.terminateAfter < 0) throw illegalArgument('terminateAfter must be > 0');
  }
  if (request.has('track_total_hits')) search.trackTotalHits = trackTotalHitsOf(request.text('track_total_hits')!);
  const stored = request.list('stored_fields');
  if (stored !== null) search.storedFields = stored;
  for (const field of request.list('docvalue_fields') ?? []) search.docvalueFields.push({ field, format: null });
  search.source = sourceOf(request) ?? search.source;
  for (const key of request.list('sort') ?? []) {
    const colon = key.lastIndexOf(':');
    if (colon < 0) search.sort.push(sortSpec(key));
    else {
      const order = key.slice(colon + 1);
      // Another order than these two is ignored, as in the real system.
      if (order === 'asc' || order === 'desc') search.sort.push(sortSpec(key.slice(0, colon), order === 'desc'));
    }
  }
}

/** `?q=` as a query_string query. */
export function urlQuery(request: RestRequest): QueryBuilder | null {
  const text = request.text('q');
  if (text === null) return null;
  const options = queryStringDefaults(text);
  options.defaultField = request.text('df');
  options.analyzer = request.text('analyzer');
  options.analyzesWildcard = request.boolean('analyze_wildcard', false);
  if (request.has('lenient')) options.isLenient = request.boolean('lenient', false);
  const operator = request.text('default_operator');
  if (operator !== null) options.operator = operatorOf(operator);
  return queryStringBuilder(options);
}

async function runCount(store: Store, service: SearchService, flow: Flow, request: RestRequest): Promise<RestAnswer> {
  const query = urlQuery(request) ?? parseQueryBody(await request.document());
  const minScore = request.text('min_score');
  const indices = resolveIndices(request.text('index'), store, request.nameOptions(searchNameOptions));
  const body = await service.count(indices, query, {
    routing: request.text('routing'),
    minScore: minScore === null ? null : Math.fround(Number(minScore)),
    terminateAfter: request.integer('terminate_after', 0),
    signal: request.ctx.signal,
  });
  for (const { index } of indices) flow.record(request.ctx, index.name, 'search', 0);
  return { status: 200, body };
}

interface SubSearch {
  index: string | null;
  routing: string | null;
  options: NameOptions;
  isGlobalScoring: boolean;
  allowPartialResults: boolean;
  search: SearchRequest;
}

async function runMultiSearch(
  store: Store,
  service: SearchService,
  flow: Flow,
  request: RestRequest,
): Promise<RestAnswer> {
  const startedMs = performance.now();
  const body = await request.body();
  if (body.length === 0) throw parseException('request body or source parameter is required');
  const totalAsInteger = request.boolean('rest_total_hits_as_int', false);
  const searches = parseMultiSearch(body, request, totalAsInteger);
  if (searches.length === 0) {
    throw new EsError(400, 'action_request_validation_exception', 'Validation Failed: 1: no requests added;');
  }
  const responses: unknown[] = [];
  for (const one of searches) {
    try {
      const indices = resolveIndices(one.index, store, one.options);
      const result = await service.search({
        indices,
        request: one.search,
        routing: one.routing,
        isGlobalScoring: one.isGlobalScoring,
        totalAsInteger,
        allowPartialResults: one.allowPartialResults,
        signal: request.ctx.signal,
      });
      for (const { index } of indices) flow.record(request.ctx, index.name, 'search', hitsOf(result.body));
      responses.push({ ...result.body, status: 200 });
    } catch (error) {
      if (!(error instanceof EsError)) throw error;
      responses.push(error.toBody());
    }
  }
  return { status: 200, body: { took: Math.round(performance.now() - startedMs), responses } };
}

/** Pairs of lines: what to search in, and the search. */
function parseMultiSearch(body: Buffer, request: RestRequest, totalAsInteger: boolean): SubSearch[] {
  if (body[body.length - 1] !== 0x0a) {
    throw illegalArgument('The msearch request must be terminated by a newline [\n]');
  }
  const lines: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const end = body.indexOf(0x0a, at);
    lines.push(body.subarray(at, end > at && body[end - 1] === 0x0d ? end - 1 : end));
    at = end + 1;
  }
  const searches: SubSearch[] = [];
  for (let i = 0; i < lines.length; ) {
    // An empty line before the first header is an empty header; between two searches it is nothing.
    if (lines[i]!.length === 0 && i > 0) {
      i++;
      continue;
    }
    if (i === 0 && lines[i]!.length === 0 && lines.length % 2 === 1) {
      i++;
      continue;
    }
    const one = parseHeader(lines[i]!, request);
    const source = lines[i + 1];
    i += 2;
    if (source === undefined) break;
    const document = source.length === 0 ? null : parseDocument(source);
    one.search = parseSearchBody(document);
    checkTotalAsInteger(one.search, totalAsInteger, hasKey(document, 'track_total_hits'));
    searches.push(one);
  }
  return searches;
}

function parseHeader(line: Buffer, request: RestRequest): SubSearch {
  const one: SubSearch = {
    index: request.text('index'),
    routing: null,
    options: { ...searchNameOptions },
    isGlobalScoring: searchTypeOf(request.text('search_type')),
    allowPartialResults: true,
    search: parseSearchBody(null),
  };
  if (line.length === 0) return one;
  const header = parseJson(line);
  if (!isJsonObject(header)) throw illegalArgument('a header of an msearch request must be an object');
  for (const [key, value] of header) {
    const flag = value === true || value === 'true';
    switch (key) {
      case 'index':
      case 'indices':
        one.index = Array.isArray(value) ? value.map(textOf).join(',') : value === null ? null : textOf(value);
        break;
      case 'search_type':
      case 'searchType':
        one.isGlobalScoring = searchTypeOf(textOf(value));
        break;
      case 'routing':
        one.routing = textOf(value);
        break;
      case 'ignore_unavailable':
      case 'ignoreUnavailable':
        one.options.ignoreUnavailable = flag;
        break;
      case 'allow_no_indices':
      case 'allowNoIndices':
        one.options.allowNoIndices = flag;
        break;
      case 'expand_wildcards':
      case 'expandWildcards':
        applyExpand(one.options, Array.isArray(value) ? value.map(textOf) : textOf(value).split(','));
        break;
      case 'allow_partial_search_results':
        one.allowPartialResults = flag;
        break;
      case 'preference':
      case 'type':
      case 'types':
      case 'ignore_throttled':
      case 'request_cache':
      case 'requestCache':
      case 'ccs_minimize_roundtrips':
      case 'ccsMinimizeRoundtrips':
      case 'cancel_after_time_interval':
      case 'max_concurrent_shard_requests':
        break;
      default:
        throw illegalArgument(`key [${key}] is not supported in the metadata section`);
    }
  }
  return one;
}

export { trackTotalHitsDefault };
