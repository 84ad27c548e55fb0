import { newSpanId, newTraceId } from '@headwater/http';
import {
  acceptedCorrelationId,
  correlationHeader,
  type RequestScope,
  requestScopes,
} from '../observe/request-scope.ts';
import { traceParent } from '../observe/trace-context.ts';
import { type Attributes, idTracer, type Span, type SpanKind, type Tracer } from '../observe/tracer.ts';
import { RateSampler } from './rate-sampler.ts';
import { keyText, originOf, type RecordHeaders } from './record-headers.ts';

/** A record as it was read, by whichever client. */
export interface ReceivedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number | bigint;
  /** Epoch milliseconds; says how long it has waited in the topic. */
  readonly timestamp?: number | bigint;
  readonly key?: Uint8Array | string | null;
  readonly headers?: RecordHeaders;
}

export interface RecordTracingOptions {
  /**
   * New traces a second that are begun for records that nothing else is the cause of; 0: none, Infinity: all. Records beyond it have ids as well, with
   * the flag that says that nobody records. Default 1.
   */
  tracesPerSecond?: number | (() => number);
  /** Spans a second for records that were read and are sampled, so that a flood from elsewhere is not doubled here. Default 200. */
  spansPerSecond?: number;
}

export const defaultTracesPerSecond = 1;
const defaultSpansPerSecond = 200;

/** A record that is about to be sent. */
export interface SendingRecord {
  /** To be sent with it. */
  readonly headers: Readonly<Record<string, string>>;
  readonly correlationId: string;
  readonly isSampled: boolean;
  /** It is acknowledged. */
  sent(place?: { partition?: number; offset?: number | bigint }): void;
  failed(error: unknown): void;
  /** Runs work (a log line, say) as part of the trace. */
  run<R>(work: () => R): R;
}

/** A record that is worked on. */
export interface HandledRecord {
  readonly correlationId: string;
  /** Somebody records: attributes are worth working out. */
  readonly isSampled: boolean;
  /** `traceparent` for what is made of it. */
  readonly traceparent: string;
  /** Runs work as part of it: its log lines, calls and records carry the ids. */
  run<R>(work: () => R): R;
  /** A span below it; null where nobody records. */
  child(name: string, kind: SpanKind, attributes?: Attributes): Span | null;
  /** It is done. May be called twice. */
  end(error?: unknown): void;
}

/** Trace and correlation id of records that go through a client of the service's own choice. `service.records`. */
export class RecordTracing {
  readonly #tracer: () => Tracer;
  readonly #newTraces: RateSampler;
  readonly #spans: RateSampler;

  constructor(tracer: () => Tracer, options: RecordTracingOptions = {}) {
    this.#tracer = tracer;
    this.#newTraces = new RateSampler(options.tracesPerSecond ?? defaultTracesPerSecond);
    this.#spans = new RateSampler(options.spansPerSecond ?? defaultSpansPerSecond);
  }

  /** The same service's, with other limits. */
  withOptions(options: RecordTracingOptions): RecordTracing {
    return new RecordTracing(this.#tracer, options);
  }

  /**
   * Before a record is sent: the headers for it. Within a request or record it goes on from that one; else a trace begins with it.
   *
   * @example
   * const sending = service.records.send({ topic: 'orders', key: 'o-1' });
   * const [{ partition, offset }] = await producer.send({ topic: 'orders', key: 'o-1', value, headers: sending.headers });
   * sending.sent({ partition, offset });
   */
  send({
    topic,
    key,
    correlationId: given,
  }: {
    topic: string;
    key?: Uint8Array | string | null;
    correlationId?: string;
  }): SendingRecord {
    const scope = requestScopes.getStore();
    const isRecorded = scope === undefined ? this.#newTraces.take() : scope.span.context.isSampled;
    const tracer = this.#tracer();
    if (!isRecorded || !tracer.isExporting) {
      const traceId = scope?.span.context.traceId ?? newTraceId();
      const context = { traceId, spanId: newSpanId(), isSampled: false };
      const correlationId = scope?.correlationId ?? acceptedCorrelationId(given) ?? traceId;
      const within = (): RequestScope =>
        scope ?? { span: idTracer.start('', { kind: 'producer', parent: context }), correlationId, ...nobody };
      return {
        headers: { traceparent: traceParent(context), [correlationHeader]: correlationId },
        correlationId,
        isSampled: false,
        sent: nothing,
        failed: nothing,
        run: (work) => requestScopes.run(within(), work),
      };
    }
    const keyAttribute = keyText(key);
    const span = tracer.start(`send ${topic}`, {
      kind: 'producer',
      parent: scope?.span.context,
      attributes: {
        'messaging.system': 'kafka',
        'messaging.operation.type': 'send',
        'messaging.destination.name': topic,
        ...(keyAttribute !== undefined && { 'messaging.kafka.message.key': keyAttribute }),
      },
    });
    const correlationId = scope?.correlationId ?? acceptedCorrelationId(given) ?? span.context.traceId;
    const within: RequestScope = scope ? { ...scope, span } : { span, correlationId, ...nobody };
    return {
      headers: { traceparent: traceParent(span.context), [correlationHeader]: correlationId },
      correlationId,
      isSampled: span.context.isSampled,
      sent({ offset, partition } = {}) {
        if (partition !== undefined) span.setAttributes({ 'messaging.destination.partition.id': String(partition) });
        if (offset !== undefined) span.setAttributes({ 'messaging.kafka.offset': Number(offset) });
        span.end();
      },
      failed(error) {
        span.fail(error);
        span.end();
      },
      run: (work) => requestScopes.run(within, work),
    };
  }

  /** A record that was read is going to be worked on: a span of kind consumer where its trace is recorded, ids alone elsewhere. Call `end()`. */
  receive(
    record: ReceivedRecord,
    { attributes, group }: { group?: string; attributes?: Attributes } = {},
  ): HandledRecord {
    const { context, correlationId: given } = originOf(record.headers);
    const tracer = this.#tracer();
    const isSampled = context?.isSampled === true && tracer.isExporting && this.#spans.take();
    const name = `process ${record.topic}`;
    const span = (isSampled ? tracer : idTracer).start(name, { kind: 'consumer', parent: context });
    const correlationId = given ?? span.context.traceId;
    if (span.isRecording) {
      span.setAttributes({
        ...placeAttributes(record),
        ...(group !== undefined && { 'messaging.consumer.group.name': group }),
        ...attributes,
      });
    }
    const scope: RequestScope = { span, correlationId, ...nobody };
    let isEnded = false;
    return {
      correlationId,
      isSampled: span.isRecording,
      traceparent: traceParent(span.context),
      run: (work) => requestScopes.run(scope, work),
      child: (childName, kind, more) =>
        span.isRecording
          ? tracer.start(childName, { kind, parent: span.context, ...(more && { attributes: more }) })
          : null,
      end(error) {
        if (isEnded) return;
        isEnded = true;
        if (error !== undefined) span.fail(error);
        span.end();
      },
    };
  }

  /** Gives a record to a handler, within its trace and correlation id. What the handler throws is told to the span, and thrown. */
  async traced<R>(
    record: ReceivedRecord,
    handler: (handled: HandledRecord) => R | Promise<R>,
    options: { group?: string; attributes?: Attributes } = {},
  ): Promise<R> {
    const handled = this.receive(record, options);
    try {
      const result = await handled.run(() => handler(handled));
      handled.end();
      return result;
    } catch (error) {
      handled.end(error);
      throw error;
    }
  }

  /**
   * The tracer hook of `@headwater/streams` (`tracer` of its options): each sampled record that a topology works on makes a span, and results go on
   * from it.
   */
  forStreams(): StreamsTracer {
    return {
      begin: (record) => {
        const headers = { traceparent: record.traceparent, [correlationHeader]: record.correlationId };
        const attributes = { 'headwater.topology': record.topology };
        const handled = this.receive({ ...record, headers }, { group: record.application, attributes });
        return handled.isSampled ? handled : null;
      },
    };
  }
}

/** `RecordTracer` of `@headwater/streams`, by its shape. */
export interface StreamsTracer {
  begin(record: {
    readonly application: string;
    readonly topology: string;
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
    readonly timestamp: number;
    readonly key: Uint8Array | null;
    readonly traceparent: string;
    readonly correlationId: string | null;
  }): HandledRecord | null;
}

/** Where a record stands, by the names under which traces are searched for it. */
function placeAttributes({ key, offset, partition, timestamp, topic }: ReceivedRecord): Attributes {
  const keyAttribute = keyText(key);
  return {
    'messaging.system': 'kafka',
    'messaging.operation.type': 'process',
    'messaging.destination.name': topic,
    'messaging.destination.partition.id': String(partition),
    'messaging.kafka.offset': Number(offset),
    ...(keyAttribute !== undefined && { 'messaging.kafka.message.key': keyAttribute }),
    ...(timestamp !== undefined &&
      Number(timestamp) > 0 && {
        'headwater.waited_ms': Math.max(0, Date.now() - Number(timestamp)),
      }),
  };
}

const nobody = { token: undefined, principal: undefined } as const;
function nothing(): void {}
