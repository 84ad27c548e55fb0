import {
  type Context,
  SpanKind as OtelKind,
  type Span as OtelSpan,
  type Tracer as OtelTracer,
  ROOT_CONTEXT,
  type SpanContext,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import type { TraceContext } from './trace-context.ts';
import type { Attributes, Span, SpanKind, SpanOptions, Tracer } from './tracer.ts';

const kinds: Readonly<Record<SpanKind, OtelKind>> = {
  internal: OtelKind.INTERNAL,
  server: OtelKind.SERVER,
  client: OtelKind.CLIENT,
  producer: OtelKind.PRODUCER,
  consumer: OtelKind.CONSUMER,
};

/** Spans of an OpenTelemetry tracer: the service's own, or the one that its user has registered. */
export function otelTracer(tracer: OtelTracer, close: () => Promise<void>): Tracer {
  return {
    isExporting: true,
    start: (name, options) => new RecordedSpan(startSpan(tracer, name, options)),
    close,
  };
}

function startSpan(tracer: OtelTracer, name: string, { kind, parent, links, attributes }: SpanOptions): OtelSpan {
  const options = {
    kind: kinds[kind],
    ...(attributes && { attributes }),
    ...(links && { links: links.map((link) => ({ context: spanContext(link) })) }),
  };
  return tracer.startSpan(name, options, parentContext(parent));
}

function parentContext(parent: TraceContext | undefined): Context {
  return parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, spanContext(parent));
}

function spanContext({ traceId, spanId, isSampled }: TraceContext): SpanContext {
  return { traceId, spanId, traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE, isRemote: true };
}

class RecordedSpan implements Span {
  readonly context: TraceContext;
  readonly isRecording: boolean;
  readonly #span: OtelSpan;

  constructor(span: OtelSpan) {
    this.#span = span;
    const { traceId, spanId, traceFlags } = span.spanContext();
    this.context = { traceId, spanId, isSampled: (traceFlags & TraceFlags.SAMPLED) !== 0 };
    this.isRecording = span.isRecording();
  }

  setAttributes(attributes: Attributes): void {
    this.#span.setAttributes(attributes);
  }

  setName(name: string): void {
    this.#span.updateName(name);
  }

  fail(error: unknown): void {
    if (error instanceof Error) this.#span.recordException(error);
    this.#span.setStatus({
      code: SpanStatusCode.ERROR,
      message: error instanceof Error ? error.message : String(error),
    });
  }

  end(): void {
    this.#span.end();
  }
}
