/** One side of a call, as Zipkin v2 has it. */
export interface Endpoint {
  /** Lower case. */
  serviceName?: string;
  ipv4?: string;
  ipv6?: string;
  port?: number;
}

export interface Annotation {
  /** Microseconds since 1970. */
  timestamp: number;
  value: string;
}

export type SpanKind = 'CLIENT' | 'SERVER' | 'PRODUCER' | 'CONSUMER';

/** A span as Zipkin's v2 API has it: what is not known is left out. Keys stand in the order in which Zipkin writes them. */
export interface Span {
  /** 16 or 32 lower-case hexadecimal digits. */
  traceId: string;
  /** 16 digits, as `id`. */
  parentId?: string;
  id: string;
  kind?: SpanKind;
  /** Lower case. */
  name?: string;
  /** Microseconds since 1970. */
  timestamp?: number;
  /** Microseconds, at least 1. */
  duration?: number;
  localEndpoint?: Endpoint;
  remoteEndpoint?: Endpoint;
  annotations?: Annotation[];
  tags?: Record<string, string>;
  debug?: boolean;
  /** The server's half of a span whose id is the caller's (B3). */
  shared?: boolean;
}

export function serviceOf(span: Span): string | undefined {
  return span.localEndpoint?.serviceName;
}

export function remoteServiceOf(span: Span): string | undefined {
  return span.remoteEndpoint?.serviceName;
}

export function isError(span: Span): boolean {
  return span.tags !== undefined && Object.hasOwn(span.tags, 'error');
}

/** About what it takes in memory. */
export function sizeOf(span: Span): number {
  let bytes = 400 + (span.name?.length ?? 0);
  if (span.tags !== undefined) for (const key in span.tags) bytes += 32 + 2 * (key.length + span.tags[key]!.length);
  if (span.annotations !== undefined) for (const { value } of span.annotations) bytes += 64 + 2 * value.length;
  return bytes;
}
