import type { HttpContext, HttpServer } from '@headwater/http';
import { compareLabels, compareText, type LabelSet } from '../labels/label-set.ts';
import type { Matcher } from '../labels/matcher.ts';
import { parsePromql, parseSelector } from '../promql/parse.ts';
import { type QueryOptions, queryInstant, queryRange } from '../promql/query.ts';
import type { SampleStore } from '../store/sample-store.ts';
import { ApiError, durationOf, parametersOf, resultJson, sendData, timeOf } from './answers.ts';

const pointsMax = 11_000;
const both = ['GET', 'POST'];
const json = { 'content-type': 'application/json; charset=utf-8' };

/** What was asked, for our own metrics. */
export interface QueryCounter {
  query(kind: 'instant' | 'range', seconds: number, isError: boolean): void;
}

/** Adds the calls that read: queries, series, labels. */
export function addQueryRoutes(
  server: HttpServer,
  store: SampleStore,
  options: QueryOptions,
  counter: QueryCounter,
): void {
  const counted = (kind: 'instant' | 'range', run: (ctx: HttpContext) => Promise<void>) => async (ctx: HttpContext) => {
    const startedMs = performance.now();
    let isError = true;
    try {
      await run(ctx);
      isError = false;
    } finally {
      counter.query(kind, (performance.now() - startedMs) / 1_000, isError);
    }
  };

  server.route(
    both,
    '/api/v1/query',
    counted('instant', async (ctx) => {
      const parameters = await parametersOf(ctx);
      const timeMs = timeOf(parameters, 'time', Date.now());
      ctx.send(
        200,
        resultJson(queryInstant(store, parameters.get('query') ?? '', timeMs, limits(parameters, options))),
        json,
      );
    }),
  );

  server.route(
    both,
    '/api/v1/query_range',
    counted('range', async (ctx) => {
      const parameters = await parametersOf(ctx);
      const startMs = timeOf(parameters, 'start');
      const endMs = timeOf(parameters, 'end');
      if (endMs < startMs)
        throw new ApiError('bad_data', 'invalid parameter "end": end timestamp must not be before start time');
      const stepMs = durationOf(parameters, 'step');
      if ((endMs - startMs) / stepMs > pointsMax)
        throw new ApiError(
          'bad_data',
          'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
        );
      const query = parameters.get('query') ?? '';
      ctx.send(
        200,
        resultJson(queryRange(store, query, { startMs, endMs, stepMs }, limits(parameters, options))),
        json,
      );
    }),
  );

  server.route(both, '/api/v1/series', async (ctx) => {
    const parameters = await parametersOf(ctx);
    const selectors = parameters.getAll('match[]');
    if (selectors.length === 0) throw new ApiError('bad_data', 'no match[] parameter provided');
    const found = labelSets(store, selectors, parameters).sort(compareLabels);
    sendLimited(
      ctx,
      found.map((labels) => labels.toObject()),
      parameters,
    );
  });

  server.route(both, '/api/v1/labels', async (ctx) => {
    const parameters = await parametersOf(ctx);
    const selectors = parameters.getAll('match[]');
    const isAll = selectors.length === 0 && !parameters.has('start') && !parameters.has('end');
    const names = new Set<string>();
    if (!isAll)
      for (const labels of labelSets(store, selectors, parameters))
        for (const [name] of labels.pairs()) names.add(name);
    sendLimited(ctx, isAll ? store.index.labelNames() : [...names].sort(compareText), parameters);
  });

  server.route('GET', '/api/v1/label/:name/values', async (ctx) => {
    const name = ctx.params['name']!;
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name))
      throw new ApiError('bad_data', `invalid label name: ${JSON.stringify(name)}`);
    const selectors = ctx.query.getAll('match[]');
    const isAll = selectors.length === 0 && !ctx.query.has('start') && !ctx.query.has('end');
    const values = new Set<string>();
    if (!isAll)
      for (const labels of labelSets(store, selectors, ctx.query)) {
        const value = labels.get(name);
        if (value !== '') values.add(value);
      }
    sendLimited(ctx, isAll ? store.index.labelValues(name) : [...values].sort(compareText), ctx.query);
  });

  server.route(both, '/api/v1/query_exemplars', async (ctx) => {
    parsePromql((await parametersOf(ctx)).get('query') ?? '');
    sendData(ctx, []);
  });

  server.route(both, '/api/v1/format_query', async (ctx) => {
    const query = (await parametersOf(ctx)).get('query') ?? '';
    parsePromql(query);
    sendData(ctx, query.trim());
  });
}

function limits(parameters: URLSearchParams, options: QueryOptions): QueryOptions {
  if (!parameters.get('timeout')) return options;
  return { ...options, timeoutMs: Math.min(durationOf(parameters, 'timeout'), options.timeoutMs ?? 120_000) };
}

function sendLimited<T>(ctx: HttpContext, found: T[], parameters: URLSearchParams): void {
  const limit = Number(parameters.get('limit') ?? 0);
  if (!Number.isInteger(limit) || limit < 0) throw new ApiError('bad_data', 'limit must be non-negative');
  if (limit === 0 || found.length <= limit) sendData(ctx, found);
  else sendData(ctx, found.slice(0, limit), ['results truncated due to limit']);
}

function labelSets(store: SampleStore, selectors: readonly string[], parameters: URLSearchParams): LabelSet[] {
  const startMs = timeOf(parameters, 'start', Number.MIN_SAFE_INTEGER);
  const endMs = timeOf(parameters, 'end', Number.MAX_SAFE_INTEGER);
  const lists: (readonly Matcher[])[] = selectors.length === 0 ? [[]] : selectors.map(parseSelector);
  const found = new Map<number, LabelSet>();
  for (const matchers of lists)
    for (const { labels, ref } of store.select(matchers, startMs, endMs)) found.set(ref, labels);
  return [...found.values()];
}
