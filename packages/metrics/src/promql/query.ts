import { compareLabels, LabelSet } from '../labels/label-set.ts';
import type { SampleStore } from '../store/sample-store.ts';
import type { Expression } from './ast.ts';
import { bare } from './ast.ts';
import { typeOf } from './check-types.ts';
import type { Column } from './column.ts';
import { Evaluation, type EvaluationOptions } from './evaluate.ts';
import { parsePromql } from './parse.ts';

export interface QueryOptions {
  /** Default 5 minutes. */
  lookbackMs?: number;
  /** Default a minute. */
  evaluationIntervalMs?: number;
  /** Default 50,000,000, as in Prometheus. */
  samplesMax?: number;
  /** Default 2 minutes. */
  timeoutMs?: number;
}

export interface SeriesValues {
  labels: LabelSet;
  timesMs: ArrayLike<number>;
  values: ArrayLike<number>;
}

export type QueryResult = { warnings: readonly string[] } & (
  | { type: 'scalar'; timeMs: number; value: number }
  | { type: 'string'; timeMs: number; value: string }
  | { type: 'vector'; series: { labels: LabelSet; timeMs: number; value: number }[] }
  | { type: 'matrix'; series: SeriesValues[] }
);

function settled(options: QueryOptions): EvaluationOptions {
  return {
    lookbackMs: options.lookbackMs ?? 300_000,
    evaluationIntervalMs: options.evaluationIntervalMs ?? 60_000,
    samplesMax: options.samplesMax ?? 50_000_000,
    deadlineMs: performance.now() + (options.timeoutMs ?? 120_000),
  };
}

/** The value of a query at one time. @throws HW_METRICS_PARSE, HW_METRICS_QUERY */
export function queryInstant(
  store: SampleStore,
  query: string | Expression,
  timeMs: number,
  options: QueryOptions = {},
): QueryResult {
  const expression = typeof query === 'string' ? parsePromql(query) : query;
  const notes = { warnings: new Set<string>() };
  const evaluation = new Evaluation(store, settled(options), { startMs: timeMs, stepMs: 1, count: 1 }, notes);
  const warnings = (): string[] => [...notes.warnings];
  switch (typeOf(expression)) {
    case 'string':
      return { type: 'string', timeMs, value: evaluation.run(expression) as unknown as string, warnings: [] };
    case 'scalar':
      return { type: 'scalar', timeMs, value: evaluation.scalar(expression)[0]!, warnings: warnings() };
    case 'matrix': {
      const series = evaluation
        .matrix(expression)
        .map(({ labels, times, values }) => ({ labels, timesMs: times, values }))
        .sort((a, b) => compareLabels(a.labels, b.labels));
      return { type: 'matrix', series, warnings: warnings() };
    }
    default: {
      const series = evaluation
        .vector(expression)
        .filter(({ has }) => has[0] === 1)
        .map(({ labels, values }) => ({ labels, timeMs, value: values[0]! }));
      if (!isOrdered(expression)) series.sort((a, b) => compareLabels(a.labels, b.labels));
      return { type: 'vector', series, warnings: warnings() };
    }
  }
}

/** The values of a query from `startMs` to `endMs`, both of them included. @throws HW_METRICS_PARSE, HW_METRICS_QUERY */
export function queryRange(
  store: SampleStore,
  query: string | Expression,
  { endMs, startMs, stepMs }: { startMs: number; endMs: number; stepMs: number },
  options: QueryOptions = {},
): QueryResult & { type: 'matrix' } {
  const expression = typeof query === 'string' ? parsePromql(query) : query;
  const count = Math.floor((endMs - startMs) / stepMs) + 1;
  const notes = { warnings: new Set<string>() };
  const queryMs = { start: startMs, end: endMs };
  const evaluation = new Evaluation(store, settled(options), { startMs, stepMs, count }, notes, queryMs);
  const value = evaluation.run(expression);
  const columns = value instanceof Float64Array ? undefined : (value as Column[]);
  const series: SeriesValues[] = [];
  if (columns === undefined) {
    const times = (value as Float64Array).map((_, i) => startMs + i * stepMs);
    series.push({ labels: LabelSet.empty, timesMs: times, values: value as Float64Array });
  } else
    for (const { has, labels, values } of columns) {
      let length = 0;
      for (let i = 0; i < count; i++) length += has[i]!;
      if (length === 0) continue;
      const times = new Float64Array(length);
      const some = new Float64Array(length);
      for (let i = 0, to = 0; i < count; i++)
        if (has[i] === 1) {
          times[to] = startMs + i * stepMs;
          some[to++] = values[i]!;
        }
      series.push({ labels, timesMs: times, values: some });
    }
  series.sort((a, b) => compareLabels(a.labels, b.labels));
  return { type: 'matrix', series, warnings: [...notes.warnings] };
}

/** Where the query itself says in which order its series are. */
function isOrdered(expression: Expression): boolean {
  const inner = bare(expression);
  if (inner.kind === 'call') return inner.name.startsWith('sort');
  return inner.kind === 'aggregate' && (inner.operator === 'topk' || inner.operator === 'bottomk');
}
