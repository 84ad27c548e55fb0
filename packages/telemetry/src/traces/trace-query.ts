import { remoteServiceOf, type Span, serviceOf } from '../spans/span.ts';

/** Which traces are wanted: Zipkin's `GET /api/v2/traces`. */
export interface TraceQuery {
  serviceName?: string;
  remoteServiceName?: string;
  spanName?: string;
  /** Tags with this value, or (empty) tags or annotations of this name. */
  annotations?: ReadonlyMap<string, string>;
  /** Microseconds. */
  minDuration?: number;
  /** Microseconds. */
  maxDuration?: number;
  /** Milliseconds since 1970. */
  endTs: number;
  /** Milliseconds before `endTs`. */
  lookback: number;
  limit: number;
}

/** `error and http.method=GET` → names and values. */
export function parseAnnotationQuery(text: string): Map<string, string> {
  const wanted = new Map<string, string>();
  for (const part of text.split(' and ')) {
    const entry = part.trim();
    if (entry === '') continue;
    const i = entry.indexOf('=');
    if (i === -1) {
      if (!wanted.has(entry)) wanted.set(entry, '');
    } else wanted.set(entry.slice(0, i).trim(), entry.slice(i + 1).trim());
  }
  return wanted;
}

/**
 * Whether a trace fits: its start lies within the window, and the service, which has to have sent each part of what is asked, said so.
 * Tags and names may stand in different spans of the service.
 */
export function isWanted(spans: readonly Span[], query: TraceQuery): boolean {
  const start = startOf(spans);
  if (start === 0 || start < (query.endTs - query.lookback) * 1_000 || start > query.endTs * 1_000) return false;
  const { serviceName, remoteServiceName, spanName, annotations, minDuration, maxDuration } = query;
  let isServiceFound = serviceName === undefined;
  let isRemoteFound = remoteServiceName === undefined;
  let isNameFound = spanName === undefined;
  let isDurationFound = minDuration === undefined;
  const missing = annotations === undefined ? new Map<string, string>() : new Map(annotations);
  for (const span of spans) {
    if (serviceName !== undefined && serviceOf(span) !== serviceName) continue;
    isServiceFound = true;
    if (remoteServiceOf(span) === remoteServiceName) isRemoteFound = true;
    if (span.name === spanName) isNameFound = true;
    if (minDuration !== undefined && span.duration !== undefined && span.duration >= minDuration)
      isDurationFound ||= maxDuration === undefined || span.duration <= maxDuration;
    for (const [name, value] of missing) {
      const said = span.tags !== undefined && Object.hasOwn(span.tags, name) ? span.tags[name] : undefined;
      const isFound =
        value === '' ? said !== undefined || span.annotations?.some((one) => one.value === name) : said === value;
      if (isFound) missing.delete(name);
    }
  }
  return isServiceFound && isRemoteFound && isNameFound && isDurationFound && missing.size === 0;
}

/** Microseconds: of the root, else the earliest; 0 when none says. */
export function startOf(spans: readonly Span[]): number {
  let start = 0;
  for (const { parentId, timestamp } of spans) {
    if (timestamp === undefined) continue;
    if (parentId === undefined) return timestamp;
    if (start === 0 || timestamp < start) start = timestamp;
  }
  return start;
}
