import { newSpanId, newTraceId } from '@headwater/http';
import { parseTraceParent, type TraceContext, traceParent } from './trace-context.ts';

export type SpanKind = 'server' | 'client' | 'producer' | 'consumer' | 'internal';
export type Attributes = Record<string, string | number | boolean>;

export interface SpanOptions {
  kind: SpanKind;
  /** What it continues; absent: a new trace. */
  parent?: TraceContext | undefined;
  /** Other traces that it belongs to as well. */
  links?: readonly TraceContext[];
  attributes?: Attributes;
}

/** A piece of work in a trace. */
export interface Span {
  readonly context: TraceContext;
  /** It is kept: attributes are worth working out. */
  readonly isRecording: boolean;
  setAttributes(attributes: Attributes): void;
  setName(name: string): void;
  /** Marks it as failed. */
  fail(error: unknown): void;
  end(): void;
}

/** Makes spans. Without an exporter they are ids only: they link logs and go on in headers, and cost next to nothing. */
export interface Tracer {
  start(name: string, options: SpanOptions): Span;
  readonly isExporting: boolean;
  /** Sends what is left. May be called twice. */
  close(): Promise<void>;
}

export { parseTraceParent, traceParent };

class IdSpan implements Span {
  readonly context: TraceContext;
  readonly isRecording = false;

  constructor(parent: TraceContext | undefined) {
    this.context = {
      traceId: parent?.traceId ?? newTraceId(),
      spanId: newSpanId(),
      // Nobody records here: whoever comes next decides anew, unless the caller has decided.
      isSampled: parent?.isSampled ?? false,
      ...(parent?.traceState !== undefined && { traceState: parent.traceState }),
    };
  }

  setAttributes(): void {}
  setName(): void {}
  fail(): void {}
  end(): void {}
}

export const idTracer: Tracer = {
  isExporting: false,
  start: (_name, { parent }) => new IdSpan(parent),
  async close() {},
};
