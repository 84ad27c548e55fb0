/** What "Follow" is asked about, as the URL says it: `?follow=record:TOPIC:0:17`. Names are percent-encoded, so that a colon separates. */
export type FollowSubject =
  | { kind: 'record'; topic: string; partition: number; offset: number }
  | { kind: 'trace'; traceId: string }
  | { kind: 'correlation'; correlationId: string; aroundMs?: number }
  | { kind: 'document'; index: string; id: string }
  | { kind: 'row'; table: string; key: string };

export function followParam(subject: FollowSubject): string {
  switch (subject.kind) {
    case 'record':
      return join('record', subject.topic, subject.partition, subject.offset);
    case 'trace':
      return join('trace', subject.traceId);
    case 'correlation':
      return join(
        'correlation',
        subject.correlationId,
        ...(subject.aroundMs === undefined ? [] : [Math.round(subject.aroundMs)]),
      );
    case 'document':
      return join('document', subject.index, subject.id);
    default:
      return join('row', subject.table, subject.key);
  }
}

const join = (...parts: (string | number)[]): string => parts.map((part) => encodeURIComponent(part)).join(':');

/** Null for what names nothing. */
export function readFollow(text: string | null): FollowSubject | null {
  if (text === null) return null;
  let parts: string[];
  try {
    parts = text.split(':').map(decodeURIComponent);
  } catch {
    return null;
  }
  const [kind, first = '', second = '', third = ''] = parts;
  if (first === '') return null;
  if (kind === 'record' && /^\d+$/.test(second) && /^\d+$/.test(third))
    return { kind, topic: first, partition: Number(second), offset: Number(third) };
  if (kind === 'trace') return { kind, traceId: first };
  if (kind === 'correlation')
    return { kind, correlationId: first, ...(/^\d+$/.test(second) && { aroundMs: Number(second) }) };
  if (kind === 'document' && second !== '') return { kind, index: first, id: second };
  if (kind === 'row' && second !== '') return { kind, table: first, key: second };
  return null;
}

/** The request of the log over HTTP. */
export function correlatePath(subject: FollowSubject): string {
  const { kind: _, ...asked } = subject;
  return `/api/correlate?${new URLSearchParams(Object.entries(asked).map(([name, value]) => [name, String(value)]))}`;
}

/** In words: what the panel is about. */
export function followName(subject: FollowSubject): string {
  switch (subject.kind) {
    case 'record':
      return `Record ${subject.topic} ${subject.partition}:${subject.offset}`;
    case 'trace':
      return `Trace ${subject.traceId.slice(0, 12)}…`;
    case 'correlation':
      return `Correlation id ${subject.correlationId}`;
    case 'document':
      return `Document ${subject.index} ${subject.id}`;
    default:
      return `Row ${subject.table} ${subject.key}`;
  }
}
