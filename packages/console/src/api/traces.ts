import type { ZipkinSpan } from '../trace/span.ts';
import { hasEdge, readTrace, type Trace } from '../trace/trace-tree.ts';
import type { TimeWindow } from '../url/time-range.ts';
import { getJson } from './http.ts';

export const zipkinApi = '/api/zipkin/api/v2';

/** What the list of traces is asked for. */
export interface TraceSearch {
  service: string;
  span: string;
  /** As it was typed: `100ms`. */
  minDuration: string;
  isErrorsOnly: boolean;
  /** Zipkin's: `http.method=GET and error`. */
  tags: string;
  /** `FROM>TO`: traces with a call from one service to the other. */
  edge: string;
  limit: number;
}

export const traceLimits = [100, 250, 500, 1000] as const;

export function tracesPath(search: TraceSearch, minDurationUs: number | null, window: TimeWindow): string {
  const [, edgeTo = ''] = splitEdge(search.edge) ?? [];
  const tags = [search.tags.trim(), search.isErrorsOnly ? 'error' : ''].filter(Boolean).join(' and ');
  const params = new URLSearchParams();
  // Of an edge the called service's traces are asked for; which of them came over the edge is found here.
  const service = search.service || edgeTo;
  if (service !== '') params.set('serviceName', service);
  if (search.span !== '') params.set('spanName', search.span);
  if (minDurationUs !== null) params.set('minDuration', String(minDurationUs));
  if (tags !== '') params.set('annotationQuery', tags);
  params.set('endTs', String(Math.ceil(window.toMs)));
  params.set('lookback', String(Math.ceil(window.toMs - window.fromMs)));
  params.set('limit', String(search.limit));
  return `${zipkinApi}/traces?${params}`;
}

export async function findTraces(path: string, edge: string, signal: AbortSignal): Promise<Trace[]> {
  const lists = await getJson<ZipkinSpan[][]>(path, signal);
  const traces = lists.filter((spans) => spans.length > 0).map(readTrace);
  const ends = splitEdge(edge);
  const found = ends ? traces.filter((trace) => hasEdge(trace, ends[0], ends[1])) : traces;
  return found.sort((a, b) => b.startUs - a.startUs);
}

export function splitEdge(edge: string): [string, string] | null {
  const at = edge.indexOf('>');
  return at > 0 && at < edge.length - 1 ? [edge.slice(0, at), edge.slice(at + 1)] : null;
}

/** Calls between two services in the chosen time. */
export interface DependencyLink {
  parent: string;
  child: string;
  callCount: number;
  errorCount?: number;
}

export const dependenciesPath = ({ fromMs, toMs }: TimeWindow): string =>
  `${zipkinApi}/dependencies?${new URLSearchParams({ endTs: String(Math.ceil(toMs)), lookback: String(Math.ceil(toMs - fromMs)) })}`;
