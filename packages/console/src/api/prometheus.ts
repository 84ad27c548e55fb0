import { ApiError } from './api-error.ts';
import { getJson } from './http.ts';

/** What the part `prometheus` answers: Prometheus' HTTP API at `/api/prometheus/api/v1/…`. */
export interface MatrixSeries {
  metric: Readonly<Record<string, string>>;
  /** Seconds and the value as text: `NaN`, `+Inf` are values. */
  values: readonly (readonly [number, string])[];
}

export interface MetricMetadata {
  type: string;
  help: string;
  unit: string;
}

export interface VectorSample {
  metric: Readonly<Record<string, string>>;
  value: readonly [number, string];
}

interface Answer<T> {
  status: 'success' | 'error';
  data?: T;
  error?: string;
  warnings?: string[];
}

export interface RangeResult {
  series: readonly MatrixSeries[];
  warnings: readonly string[];
}

const base = '/api/prometheus/api/v1';

export const metricNamesPath = `${base}/label/__name__/values`;
export const metadataPath = `${base}/metadata`;

export function queryRangePath(query: string, window: { fromMs: number; toMs: number }, stepMs: number): string {
  const params = new URLSearchParams({
    query,
    start: String(window.fromMs / 1000),
    end: String(window.toMs / 1000),
    step: String(stepMs / 1000),
  });
  return `${base}/query_range?${params}`;
}

export const queryPath = (query: string): string => `${base}/query?${new URLSearchParams({ query })}`;

/** The values of now. Throws ApiError as `readRange` does. */
export async function readVector(path: string, signal: AbortSignal): Promise<readonly VectorSample[]> {
  return (await answerOf<{ result: VectorSample[] }>(path, signal)).data.result;
}

/** Throws ApiError with Prometheus' own words for a query that cannot be worked out. */
export async function readRange(path: string, signal: AbortSignal): Promise<RangeResult> {
  const { data, warnings } = await answerOf<{ resultType: string; result: MatrixSeries[] }>(path, signal);
  return { series: data.result, warnings };
}

export async function readNames(path: string, signal: AbortSignal): Promise<readonly string[]> {
  return (await answerOf<string[]>(path, signal)).data;
}

export async function readMetadata(
  path: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, MetricMetadata[]>>> {
  return (await answerOf<Record<string, MetricMetadata[]>>(path, signal)).data;
}

async function answerOf<T>(path: string, signal: AbortSignal): Promise<{ data: T; warnings: readonly string[] }> {
  const { data, error, status, warnings = [] } = await getJson<Answer<T>>(path, signal);
  if (status !== 'success' || data === undefined)
    throw new ApiError(400, 'HW_METRICS_QUERY', error ?? 'The part prometheus gave no data.');
  return { data, warnings };
}
