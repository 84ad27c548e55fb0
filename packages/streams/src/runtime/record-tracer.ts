import type { RecordCursor, RecordHeader } from '@headwater/protocol';

/** Makes spans of records that are worked on. Nothing of OpenTelemetry is needed here: `service.records.forStreams()` of `@headwater/service` is one. */
export interface RecordTracer {
  /**
   * A record whose `traceparent` says that its trace is recorded is to be worked on; others are not told of. Null: no span for this one. Must
   * neither wait nor throw.
   */
  begin(record: TracedRecord): RecordSpan | null;
}

export interface TracedRecord {
  /** The group. */
  readonly application: string;
  /** Of an application with several topologies its name; else the application's. */
  readonly topology: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Epoch milliseconds. */
  readonly timestamp: number;
  /** A view: copy what is kept. */
  readonly key: Buffer | null;
  readonly traceparent: string;
  readonly correlationId: string | null;
}

export interface RecordSpan {
  /** What results carry as `traceparent`. */
  readonly traceparent: string;
  /** Does the work, so that what it logs and calls is part of the span. */
  run<R>(work: () => R): R;
  end(error?: unknown): void;
}

const traceparentKey = Buffer.from('traceparent');
const correlationKey = Buffer.from('x-correlation-id');
/** `00-<trace>-<span>-<flags>`, of which the last digit has the flag. */
const traceparentBytes = 55;
const correlationBytesMax = 128;

/** The ids of a record whose trace is recorded; null for all others, at the price of a look at one byte. */
export function sampledTraceOf(cursor: RecordCursor): { traceparent: string; correlationId: string | null } | null {
  const at = cursor.findHeader(traceparentKey);
  if (at < 0 || cursor.headerLength < traceparentBytes) return null;
  const { data } = cursor;
  if ((hexDigit(data[at + traceparentBytes - 1]!) & 1) === 0) return null;
  return { traceparent: data.toString('latin1', at, at + cursor.headerLength), correlationId: correlationOf(cursor) };
}

function correlationOf(cursor: RecordCursor): string | null {
  const at = cursor.findHeader(correlationKey);
  const length = cursor.headerLength;
  return at < 0 || length <= 0 || length > correlationBytesMax ? null : cursor.data.toString('latin1', at, at + length);
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  return code >= 0x61 && code <= 0x66 ? code - 0x57 : 0;
}

/** The headers with another `traceparent`, in its place. */
export function withTraceparent(headers: readonly RecordHeader[], traceparent: string): RecordHeader[] {
  let isDone = false;
  return headers.map((header) => {
    if (isDone || header.key !== 'traceparent') return header;
    isDone = true;
    return { key: 'traceparent', value: Buffer.from(traceparent, 'latin1') };
  });
}

/** For log lines about a record: the ids that it carries. */
export function idsOf(headers: readonly RecordHeader[]): { traceId?: string; correlationId?: string } {
  const text = (name: string, bytesMax: number): string | undefined => {
    const value = headers.find(({ key }) => key === name)?.value;
    return value === null || value === undefined || value.length > bytesMax ? undefined : String(value);
  };
  const traceId = /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(text('traceparent', 512) ?? '')?.[1];
  const correlationId = text('x-correlation-id', correlationBytesMax);
  return { ...(traceId !== undefined && { traceId }), ...(correlationId !== undefined && { correlationId }) };
}
