/** A span as Zipkin's API has it: times in microseconds, what is absent is left out. */
export interface ZipkinSpan {
  traceId: string;
  id: string;
  parentId?: string;
  kind?: 'CLIENT' | 'SERVER' | 'PRODUCER' | 'CONSUMER';
  name?: string;
  timestamp?: number;
  duration?: number;
  shared?: boolean;
  localEndpoint?: Endpoint;
  remoteEndpoint?: Endpoint;
  annotations?: { timestamp: number; value: string }[];
  tags?: Record<string, string>;
}

export interface Endpoint {
  serviceName?: string;
  ipv4?: string;
  ipv6?: string;
  port?: number;
}

export const unknownService = 'unknown service';

export const serviceOf = (span: ZipkinSpan): string => span.localEndpoint?.serviceName ?? unknownService;
export const nameOf = (span: ZipkinSpan): string => span.name || 'unnamed';

/** The tag `error`, whatever its text; `false` is how some libraries say that all is well. */
export function errorOf(span: ZipkinSpan): string | null {
  const error = span.tags?.['error'];
  return error === undefined || error === 'false' ? null : error;
}

/** The topic of a span that sends or takes a message, by OpenTelemetry's tag, Brave's, or the broker's name. */
export function topicOf(span: ZipkinSpan): string | null {
  const { tags = {} } = span;
  return tags['messaging.destination.name'] ?? tags['messaging.destination'] ?? tags['kafka.topic'] ?? null;
}

/** The record that a span wrote or read, where it says so. */
export function recordOf(span: ZipkinSpan): { topic: string; partition: number; offset: number } | null {
  const { tags = {} } = span;
  const topic = topicOf(span);
  const partition = tags['messaging.destination.partition.id'] ?? tags['messaging.kafka.destination.partition'];
  const offset = tags['messaging.kafka.offset'] ?? tags['messaging.kafka.message.offset'];
  if (topic === null || !/^\d+$/.test(partition ?? '') || !/^\d+$/.test(offset ?? '')) return null;
  return { topic, partition: Number(partition), offset: Number(offset) };
}

/** The document that a span wrote or read in the query store. */
export function documentOf(span: ZipkinSpan): { index: string; id: string } | null {
  const index = span.tags?.['db.collection.name'];
  const id = span.tags?.['db.document.id'];
  return index !== undefined && id !== undefined ? { index, id } : null;
}

/** Other spans that this one names (OpenTelemetry's links), `TRACE-SPAN,…`. */
export function linksOf(span: ZipkinSpan): { traceId: string; spanId: string }[] {
  return (span.tags?.['otel.links'] ?? '').split(',').flatMap((link) => {
    const [, traceId, spanId] = /^([0-9a-f]{16,32})-([0-9a-f]{16})$/.exec(link.trim()) ?? [];
    return traceId !== undefined && spanId !== undefined ? [{ traceId, spanId }] : [];
  });
}
