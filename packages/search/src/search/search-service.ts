import { setImmediate } from 'node:timers/promises';
import type { IndexHandle } from '../cluster/index-handle.ts';
import type { Resolved } from '../cluster/index-names.ts';
import type { Store } from '../cluster/store.ts';
import type { View } from '../engine/view.ts';
import { EsError, illegalArgument, queryShardError, rootCauseOf, toEsError } from '../errors.ts';
import { JavaFloat } from '../json/json-writer.ts';
import { matchesWildcard } from '../json/wildcard.ts';
import { type BuildContext, buildQuery, type QueryBuilder } from '../query/dsl.ts';
import { type Collected, collect, type DocCollector, mergeHits, type TopHit } from './collect.ts';
import { assertHasValues, Fetcher } from './fetch.ts';
import { boolQuery, boosted, matchAll, type Query } from './query.ts';
import { parseStoredQuery, type SearchRequest } from './search-request.ts';
import { docKey, fieldKey, idKey, type SortKey, type SortSpec, type SortValue, scoreKey } from './sort-key.ts';
import { Statistics } from './statistics.ts';
import { makeWeight } from './weight.ts';

export interface SearchOptions {
  indices: readonly Resolved[];
  request: SearchRequest;
  routing: string | null;
  /** Scores count terms over all shards (`dfs_query_then_fetch`). */
  isGlobalScoring: boolean;
  totalAsInteger: boolean;
  allowPartialResults: boolean;
  signal: AbortSignal;
}

/** One shard's part of a search. */
interface ShardSearch {
  index: IndexHandle;
  shardId: number;
  view: View;
}

interface ShardResult {
  target: ShardSearch;
  collected: Collected;
  keys: readonly SortKey[] | null;
  fetcher: Fetcher;
}

interface ShardFailure {
  target: { index: IndexHandle; shardId: number };
  error: EsError;
}

export interface SearchResult {
  body: Record<string, unknown>;
  total: number;
}

/** Runs searches: every shard finds its best documents, the best of all are fetched. */
export class SearchService {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  contextOf(index: IndexHandle, nowMs: number): BuildContext {
    return {
      index,
      nowMs,
      mapping: index.mapping,
      analysis: index.analysis,
      defaultFields: index.settings.list('index.query.default_field'),
      isDefaultLenient: index.settings.boolean('index.query_string.lenient'),
    };
  }

  async search(options: SearchOptions): Promise<SearchResult> {
    const startedMs = performance.now();
    const { request } = options;
    const { targets, unavailable } = await this.#targets(options);
    try {
      const { results, failures } = await this.#run(targets, options);
      failures.push(...unavailable);
      if (failures.length > 0 && (results.length === 0 || !options.allowPartialResults)) {
        throw searchFailed(failures, this.#store.nodeId, results.length > 0);
      }
      const isTimedOut = results.some(({ collected }) => collected.isTimedOut);
      const hits = await this.#hits(results, options);
      const total = results.reduce((sum, { collected }) => sum + collected.total, 0);
      const tookMs = Math.round(performance.now() - startedMs);
      for (const { index } of targets) {
        index.counters.searches++;
        index.counters.searchMs += tookMs / targets.length;
      }
      const body: Record<string, unknown> = { took: tookMs, timed_out: isTimedOut };
      if (request.terminateAfter > 0) {
        body['terminated_early'] = results.some(({ collected }) => collected.isTerminatedEarly);
      }
      body['_shards'] = shardsObject(targets.length + unavailable.length, results.length, failures, this.#store.nodeId);
      body['hits'] = {
        ...totalObject(total, request, options.totalAsInteger),
        max_score: maxScore(results, request, targets.length),
        hits,
      };
      return { body, total };
    } finally {
      for (const { view } of targets) view.release();
    }
  }

  /** How many documents match, exactly. */
  async count(
    indices: readonly Resolved[],
    query: QueryBuilder | null,
    options: { routing: string | null; minScore: number | null; terminateAfter: number; signal: AbortSignal },
  ): Promise<Record<string, unknown>> {
    const request: SearchRequest = {
      ...emptyCount,
      query,
      minScore: options.minScore,
      terminateAfter: options.terminateAfter,
    };
    const searchOptions: SearchOptions = {
      indices,
      request,
      routing: options.routing,
      isGlobalScoring: false,
      totalAsInteger: true,
      allowPartialResults: true,
      signal: options.signal,
    };
    const { body, total } = await this.search(searchOptions);
    const result: Record<string, unknown> = {};
    if (options.terminateAfter > 0) result['terminated_early'] = body['terminated_early'];
    result['count'] = total;
    result['_shards'] = body['_shards'];
    return result;
  }

  /** The documents that match, in batches, from the state of the last refresh: for operations by query. */
  async *scan(
    indices: readonly Resolved[],
    query: QueryBuilder,
    signal: AbortSignal,
    routing: string | null = null,
  ): AsyncGenerator<{ index: IndexHandle; id: string; routing: string | null; seqNo: number; primaryTerm: number }[]> {
    const { targets, unavailable } = await this.#targets({ indices, routing });
    try {
      if (unavailable.length > 0) throw unavailable[0]!.error;
      for (const { index, view } of targets) {
        const resolved = indices.find((one) => one.index === index)!;
        const context = this.contextOf(index, this.#store.nowMs());
        const weight = makeWeight(
          withAliases(buildQuery(query, context), resolved, context),
          new Statistics([view]),
          false,
        );
        for (const entry of view.entries) {
          const scorer = weight.scorer(entry);
          if (scorer === null) continue;
          let batch: { index: IndexHandle; id: string; routing: string | null; seqNo: number; primaryTerm: number }[] =
            [];
          for (let doc = scorer.next(); doc !== 0x7fffffff; doc = scorer.next()) {
            if (!entry.segment.isRoot(doc)) continue;
            if (entry.live !== null && (entry.live[doc >>> 5]! & (1 << (doc & 31))) === 0) continue;
            const { segment } = entry;
            batch.push({
              index,
              id: segment.id(doc),
              routing: segment.routing(doc),
              seqNo: segment.seqNo(doc),
              primaryTerm: segment.primaryTerm(doc),
            });
            if (batch.length === 1000) {
              signal.throwIfAborted();
              yield batch;
              batch = [];
            }
          }
          if (batch.length > 0) yield batch;
        }
      }
    } finally {
      for (const { view } of targets) view.release();
    }
  }

  async #targets(
    options: Pick<SearchOptions, 'indices' | 'routing'>,
  ): Promise<{ targets: ShardSearch[]; unavailable: ShardFailure[] }> {
    const unavailable: ShardFailure[] = [];
    for (const { index } of options.indices) {
      index.assertReadable();
      await index.ready.catch((error: unknown) => {
        for (let shardId = 0; shardId < index.shardCount; shardId++) {
          unavailable.push({ target: { index, shardId }, error: toEsError(error) });
        }
      });
    }
    const targets: ShardSearch[] = [];
    for (const { index, aliases } of options.indices) {
      if (index.state !== 'open') continue;
      const aliasRouting = aliases === null ? null : [...aliases.values()][0]!.searchRouting;
      const shards = index.shardsFor(options.routing ?? aliasRouting);
      for (const shard of shards) {
        targets.push({ index, shardId: shard.options.shardId, view: shard.acquireView() });
      }
    }
    targets.sort((a, b) => a.shardId - b.shardId || (a.index.name < b.index.name ? -1 : 1));
    return { targets, unavailable };
  }

  async #run(
    targets: readonly ShardSearch[],
    options: SearchOptions,
  ): Promise<{ results: ShardResult[]; failures: ShardFailure[] }> {
    const nowMs = this.#store.nowMs();
    const deadlineMs = performance.now() + options.request.timeoutMs;
    const shared = options.isGlobalScoring ? new Statistics(targets.map(({ view }) => view)) : null;
    const results: ShardResult[] = [];
    const failures: ShardFailure[] = [];
    for (const target of targets) {
      options.signal.throwIfAborted();
      try {
        results.push(await this.#runShard(target, options, shared ?? new Statistics([target.view]), nowMs, deadlineMs));
      } catch (thrown) {
        if (options.signal.aborted) throw thrown;
        if (!(thrown instanceof EsError)) {
          this.#store.logger.error(
            { index: target.index.name, error: String((thrown as Error).stack ?? thrown) },
            'a search failed',
          );
        }
        failures.push({ target, error: toEsError(thrown) });
      }
    }
    return { results, failures };
  }

  async #runShard(
    target: ShardSearch,
    options: SearchOptions,
    statistics: Statistics,
    nowMs: number,
    deadlineMs: number,
  ): Promise<ShardResult> {
    const { index, view } = target;
    const { request } = options;
    checkWindow(index, request);
    const context = this.contextOf(index, nowMs);
    const keys = sortKeys(request.sort, context);
    const after = searchAfter(request, keys, context);
    const resolved = options.indices.find((one) => one.index === index)!;
    const own = request.query === null ? matchAll : buildQuery(request.query, context);
    const factor = boostOf(index, request.indicesBoost);
    const query = withAliases(factor === 1 ? own : boosted(own, factor), resolved, context);
    const postFilter = request.postFilter === null ? null : buildQuery(request.postFilter, context);
    const needsScores =
      keys === null
        ? request.size + request.from > 0 || request.minScore !== null
        : request.trackScores || keys.some((key) => key.needsScore);
    const showsScore = keys === null || needsScores;
    const fetcher = new Fetcher({ index, request, context, query, keys, showsScore, statistics });
    const collected = await collect(view, {
      weight: makeWeight(query, statistics, needsScores),
      keys,
      size: request.from + request.size,
      needsScores: needsScores || request.minScore !== null,
      after,
      postFilter: postFilter === null ? null : makeWeight(postFilter, statistics, false),
      minScore: request.minScore,
      terminateAfter: request.terminateAfter,
      collector: null as DocCollector | null,
      signal: options.signal,
      deadlineMs,
    });
    return { target, collected, keys, fetcher };
  }

  async #hits(results: readonly ShardResult[], { request }: SearchOptions): Promise<Record<string, unknown>[]> {
    const wanted = request.from + request.size;
    if (wanted === 0 || results.length === 0) return [];
    const owners = new Map<TopHit, ShardResult>();
    for (const result of results) for (const hit of result.collected.hits) owners.set(hit, result);
    let merged: TopHit[] = [];
    const { keys } = results[0]!;
    if (keys === null) {
      const all = results.flatMap((result, shard) => result.collected.hits.map((hit, rank) => ({ hit, shard, rank })));
      all.sort((a, b) => b.hit.score - a.hit.score || a.shard - b.shard || a.rank - b.rank);
      merged = all.slice(0, wanted).map(({ hit }) => hit);
    } else for (const result of results) merged = mergeHits(keys, merged, result.collected.hits, wanted);
    const hits: Record<string, unknown>[] = [];
    for (const hit of merged.slice(request.from)) {
      hits.push(owners.get(hit)!.fetcher.hit(hit));
      if (hits.length % 64 === 0) await setImmediate();
    }
    return hits;
  }
}

const emptyCount: SearchRequest = {
  query: null,
  postFilter: null,
  from: 0,
  size: 0,
  sort: [],
  searchAfter: null,
  source: null,
  storedFields: null,
  docvalueFields: [],
  fields: [],
  highlight: null,
  trackTotalHits: Number.POSITIVE_INFINITY,
  trackScores: false,
  explain: false,
  version: false,
  seqNoPrimaryTerm: false,
  minScore: null,
  terminateAfter: 0,
  timeoutMs: Number.POSITIVE_INFINITY,
  indicesBoost: [],
};

function checkWindow(index: IndexHandle, request: SearchRequest): void {
  const windowMax = index.settings.integer('index.max_result_window');
  const wanted = request.from + request.size;
  if (wanted <= windowMax) return;
  throw illegalArgument(
    `Result window is too large, from + size must be less than or equal to: [${windowMax}] but was [${wanted}]. See the scroll api for a more efficient way to request large data sets. This limit can be set by changing the [index.max_result_window] index level setting.`,
  );
}

function boostOf(index: IndexHandle, boosts: readonly [string, number][]): number {
  const found = boosts.find(
    ([pattern]) =>
      matchesWildcard(pattern, index.name) ||
      [...index.aliases.keys()].some((alias) => matchesWildcard(pattern, alias)),
  );
  return found === undefined ? 1 : found[1];
}

/** A search through filtered aliases sees what any of their filters lets through. */
function withAliases(query: Query, resolved: Resolved, context: BuildContext): Query {
  if (resolved.aliases === null) return query;
  const filters = [...resolved.aliases.values()].map((alias) => buildQuery(parseStoredQuery(alias.filter!), context));
  const filter = filters.length === 1 ? filters[0]! : boolQuery({ should: filters, minimumShouldMatch: 1 });
  return boolQuery({ must: [query], filter: [filter] });
}

/** Null ranks by score; sorting by nothing but the score is the same. */
function sortKeys(specs: readonly SortSpec[], context: BuildContext): SortKey[] | null {
  if (specs.length === 0 || (specs.length === 1 && specs[0]!.field === '_score' && specs[0]!.isDescending)) return null;
  return specs.map((spec) => {
    if (spec.field === '_score') return scoreKey(spec);
    if (spec.field === '_doc' || spec.field === '_shard_doc') return docKey(spec);
    if (spec.field === '_id') return idKey(spec);
    const mapper = context.mapping.field(spec.field);
    if (mapper === undefined) {
      if (spec.unmappedType !== null) return fieldKey(spec, null, context);
      throw queryShardError(`No mapping found for [${spec.field}] in order to sort on`, context.index);
    }
    assertHasValues(mapper);
    return fieldKey(spec, mapper, context);
  });
}

function searchAfter(
  request: SearchRequest,
  keys: readonly SortKey[] | null,
  context: BuildContext,
): SortValue[] | null {
  if (request.searchAfter === null) return null;
  if (request.from > 0) {
    throw new EsError(500, 'search_exception', '`from` parameter must be set to 0 when `search_after` is used.');
  }
  if (keys === null) {
    if (request.sort.length === 0) throw illegalArgument('Sort must contain at least one field.');
    throw illegalArgument('search_after cannot be used with a sort by score alone: add a second key');
  }
  if (request.searchAfter.length !== keys.length) {
    throw illegalArgument(`search_after has ${request.searchAfter.length} value(s) but sort has ${keys.length}.`);
  }
  return keys.map((key, i) => key.parse(request.searchAfter![i]!, context));
}

function totalObject(total: number, request: SearchRequest, asInteger: boolean): Record<string, unknown> {
  if (request.trackTotalHits < 0) return asInteger ? { total: -1 } : {};
  if (asInteger) return { total };
  const isMore = total > request.trackTotalHits && request.terminateAfter === 0;
  return { total: isMore ? { value: request.trackTotalHits, relation: 'gte' } : { value: total, relation: 'eq' } };
}

function maxScore(results: readonly ShardResult[], request: SearchRequest, targetCount: number): JavaFloat | null {
  if (targetCount === 0) return new JavaFloat(0);
  const isRanked = results.every(({ keys }) => keys === null) || request.trackScores;
  if (!isRanked || request.from + request.size === 0) return null;
  const scores = results.map(({ collected }) => collected.maxScore).filter((score) => !Number.isNaN(score));
  return scores.length === 0 ? null : new JavaFloat(Math.max(...scores));
}

function shardsObject(
  total: number,
  successful: number,
  failures: readonly ShardFailure[],
  nodeId: string,
): Record<string, unknown> {
  const shards: Record<string, unknown> = { total, successful, skipped: 0, failed: failures.length };
  if (failures.length > 0) shards['failures'] = groupFailures(failures).map((one) => failureObject(one, nodeId));
  return shards;
}

/** One failure of each kind an index. */
function groupFailures(failures: readonly ShardFailure[]): ShardFailure[] {
  const kinds = new Map<string, ShardFailure>();
  for (const failure of failures) {
    const key = `${failure.target.index.name} ${failure.error.type} ${failure.error.reason}`;
    if (!kinds.has(key)) kinds.set(key, failure);
  }
  return [...kinds.values()];
}

function failureObject({ target, error }: ShardFailure, nodeId: string): Record<string, unknown> {
  return { shard: target.shardId, index: target.index.name, node: nodeId, reason: error.toObject() };
}

function searchFailed(failures: readonly ShardFailure[], nodeId: string, isPartial: boolean): EsError {
  const grouped = groupFailures(failures);
  const first = grouped[0]!.error;
  const error = new EsError(
    first.status,
    'search_phase_execution_exception',
    isPartial ? 'Partial shards failure' : 'all shards failed',
    { phase: 'query', grouped: true, failed_shards: grouped.map((failure) => failureObject(failure, nodeId)) },
    first,
  );
  error.rootCauses = grouped.map((failure) => rootCauseOf(failure.error));
  return error;
}
