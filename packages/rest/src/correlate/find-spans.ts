import { askJson } from './ask-json.ts';
import type { CorrelatedTrace } from './correlation.ts';
import type { Place } from './find-records.ts';

/** What is read of a span in Zipkin's shape. */
export interface FoundSpan {
  id: string;
  traceId: string;
  parentId?: string;
  kind?: string;
  /** Microseconds. */
  timestamp?: number;
  duration?: number;
  localEndpoint?: { serviceName?: string };
  tags?: Record<string, string>;
}

interface Asking {
  readonly url: string;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

export async function spansOfTrace({ url, ...options }: Asking, traceId: string): Promise<FoundSpan[]> {
  const spans = await askJson(url, `/api/v2/trace/${traceId}`, options);
  return Array.isArray(spans) ? (spans as FoundSpan[]) : [];
}

const dayMs = 86_400_000;

/** Zipkin looks for each tag in any span of a trace: of those that it answers, the first is looked for that has them in one span. */
const tracesMax = 20;

/** The spans of the newest trace that has a span with these tags. */
export async function spansByTags(
  { url, ...options }: Asking,
  tags: Readonly<Record<string, string>>,
): Promise<FoundSpan[]> {
  const query = Object.entries(tags)
    .map(([name, value]) => `${name}=${value}`)
    .join(' and ');
  const path = `/api/v2/traces?limit=${tracesMax}&lookback=${7 * dayMs}&annotationQuery=${encodeURIComponent(query)}`;
  const traces = await askJson(url, path, options);
  if (!Array.isArray(traces)) return [];
  const hasAll = (span: FoundSpan): boolean =>
    Object.entries(tags).every(([name, value]) => span.tags?.[name] === value);
  return (traces as FoundSpan[][]).find((spans) => spans.some(hasAll)) ?? [];
}

export function tagsOfPlace({ offset, partition, topic }: Place): Record<string, string> {
  return {
    'messaging.destination.name': topic,
    'messaging.destination.partition.id': String(partition),
    'messaging.kafka.offset': String(offset),
  };
}

export function placeOfSpan({ tags }: FoundSpan): Place | null {
  const topic = tags?.['messaging.destination.name'];
  const [partition, offset] = [tags?.['messaging.destination.partition.id'], tags?.['messaging.kafka.offset']];
  if (topic === undefined || partition === undefined || offset === undefined) return null;
  const place = { topic, partition: Number(partition), offset: Number(offset) };
  return Number.isSafeInteger(place.partition) && Number.isSafeInteger(place.offset) ? place : null;
}

export function traceOf(id: string, spans: readonly FoundSpan[]): CorrelatedTrace {
  const starts = spans.flatMap(({ timestamp }) => (timestamp === undefined || timestamp <= 0 ? [] : [timestamp]));
  const ends = spans.flatMap(({ duration = 0, timestamp }) =>
    timestamp === undefined || timestamp <= 0 ? [] : [timestamp + duration],
  );
  const start = starts.length === 0 ? null : Math.min(...starts);
  return {
    id,
    exists: spans.length > 0,
    services: [...new Set(spans.flatMap(({ localEndpoint }) => localEndpoint?.serviceName ?? []))].sort(),
    spans: spans.length,
    startMs: start === null ? null : Math.floor(start / 1_000),
    durationMs: start === null ? null : (Math.max(...ends) - start) / 1_000,
  };
}
