import { LabelSet } from '../src/labels/label-set.ts';
import { numberText } from '../src/promql/column.ts';
import { type QueryResult, queryInstant, queryRange } from '../src/promql/query.ts';
import { SampleStore } from '../src/store/sample-store.ts';
import { RandomQuery } from './random-query.ts';
import { openMetricsOf, type RandomSeries, randomSeries, seededRandom } from './random-samples.ts';
import { startRealPrometheus } from './real-prometheus.ts';

/** Series → time → value, as text: what both sides are brought to. */
type Flat = Map<string, Map<number, string>>;
type Outcome = { error: string } | { values: Flat; order: string[] };

export interface Difference {
  query: string;
  range: string;
  theirs: string;
  ours: string;
}

export interface Comparison {
  queries: number;
  /** Queries to which both answered with values. */
  withValues: number;
  /** Both refused. */
  refused: number;
  differences: Difference[];
}

const startMs = Date.UTC(2026, 0, 12, 22, 40);
const steps = 300;

/** Asks the real Prometheus and this one the same random queries over the same random samples. */
export async function comparePromql(seed: number, count: number): Promise<Comparison> {
  const random = seededRandom(seed);
  const series = randomSeries(random, startMs, steps);
  const store = storeOf(series);
  const real = await startRealPrometheus({ openMetrics: openMetricsOf(series) });
  const endMs = startMs + steps * 15_000;
  const queries = new RandomQuery(random, startMs, endMs);
  const result: Comparison = { queries: 0, withValues: 0, refused: 0, differences: [] };
  try {
    for (let i = 0; i < count; i++) {
      const query = queries.next();
      const from = startMs + Math.floor(random() * steps * 10_000);
      const range =
        random() < 0.5
          ? null
          : {
              startMs: from,
              endMs: Math.min(endMs, from + 1_200_000),
              stepMs: [15_000, 47_000, 60_000][Math.floor(random() * 3)]!,
            };
      const ours = askOurs(store, query, from, range);
      const theirs = await askTheirs(real.url, query, from, range);
      result.queries += 1;
      if ('error' in ours && 'error' in theirs) result.refused += 1;
      else if (!('error' in ours) && !('error' in theirs) && ours.values.size > 0) result.withValues += 1;
      const difference = differenceOf(ours, theirs);
      if (difference !== undefined)
        result.differences.push({ query, range: range === null ? String(from) : JSON.stringify(range), ...difference });
    }
  } finally {
    await real.close();
    store.close();
  }
  return result;
}

function storeOf(series: readonly RandomSeries[]): SampleStore {
  const store = new SampleStore({ now: () => startMs });
  for (const { labels, name, samples } of series) {
    const one = store.series(LabelSet.of({ ...labels, __name__: name }))!;
    for (const [timeMs, value] of samples) store.append(one, timeMs, value);
  }
  return store;
}

type Range = { startMs: number; endMs: number; stepMs: number } | null;

function askOurs(store: SampleStore, query: string, timeMs: number, range: Range): Outcome {
  try {
    const result: QueryResult = range === null ? queryInstant(store, query, timeMs) : queryRange(store, query, range);
    const values: Flat = new Map();
    if (result.type === 'vector')
      for (const { labels, value } of result.series) values.set(labels.key, new Map([[timeMs, numberText(value)]]));
    else if (result.type === 'matrix')
      for (const each of result.series)
        values.set(
          each.labels.key,
          new Map(Array.from(each.timesMs, (time, i) => [time, numberText(each.values[i]!)])),
        );
    else
      values.set('', new Map([[timeMs, typeof result.value === 'number' ? numberText(result.value) : result.value]]));
    return { values, order: [...values.keys()] };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

interface Answer {
  status: string;
  error?: string;
  data?: { resultType: string; result: unknown };
}

async function askTheirs(url: string, query: string, timeMs: number, range: Range): Promise<Outcome> {
  const body =
    range === null
      ? new URLSearchParams({ query, time: String(timeMs / 1_000) })
      : new URLSearchParams({
          query,
          start: String(range.startMs / 1_000),
          end: String(range.endMs / 1_000),
          step: String(range.stepMs / 1_000),
        });
  const answer = await fetch(`${url}/api/v1/${range === null ? 'query' : 'query_range'}`, { method: 'POST', body });
  const { data, error } = (await answer.json()) as Answer;
  if (data === undefined) return { error: error ?? String(answer.status) };
  const values: Flat = new Map();
  if (data.resultType === 'scalar' || data.resultType === 'string') {
    const [time, value] = data.result as [number, string];
    values.set('', new Map([[Math.round(time * 1_000), value]]));
  } else
    for (const each of data.result as {
      metric: Record<string, string>;
      value?: [number, string];
      values?: [number, string][];
    }[])
      values.set(
        LabelSet.of(each.metric).key,
        new Map((each.values ?? [each.value!]).map(([time, value]) => [Math.round(time * 1_000), value])),
      );
  return { values, order: [...values.keys()] };
}

function differenceOf(ours: Outcome, theirs: Outcome): { ours: string; theirs: string } | undefined {
  if ('error' in ours || 'error' in theirs) {
    if ('error' in ours && 'error' in theirs) return undefined;
    return { ours: shown(ours), theirs: shown(theirs) };
  }
  for (const [key, times] of theirs.values) {
    const own = ours.values.get(key);
    if (own === undefined)
      return { theirs: `${name(key)} is there`, ours: `${[...ours.values.keys()].map(name).slice(0, 3).join(' ')}` };
    for (const [time, value] of times)
      if (!isClose(own.get(time), value))
        return { theirs: `${name(key)} @${time} ${value}`, ours: String(own.get(time)) };
    if (own.size !== times.size) return { theirs: `${name(key)}: ${times.size} values`, ours: String(own.size) };
  }
  for (const key of ours.values.keys())
    if (!theirs.values.has(key)) return { theirs: `no ${name(key)}`, ours: 'has it' };
  return undefined;
}

function name(key: string): string {
  return `{${key.replaceAll('\u0000', ',')}}`;
}

function shown(outcome: Outcome): string {
  return 'error' in outcome ? `error: ${outcome.error}` : `${outcome.values.size} series`;
}

function isClose(a: string | undefined, b: string): boolean {
  if (a === b) return true;
  if (a === undefined) return false;
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x === y) return true;
  return Math.abs(x - y) <= 1e-9 + 1e-9 * Math.max(Math.abs(x), Math.abs(y));
}

function numberOf(text: string): number {
  return text === '+Inf' ? Number.POSITIVE_INFINITY : text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}
