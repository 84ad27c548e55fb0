import { remoteServiceOf, type Span, serviceOf, sizeOf } from '../spans/span.ts';
import { type DependencyLink, LinkCounter } from './dependency-links.ts';
import { mergeSpans } from './merge-spans.ts';
import { SharedValues } from './shared-values.ts';
import { isWanted, startOf, type TraceQuery } from './trace-query.ts';

export interface TraceStoreOptions {
  /** Bytes of spans that are held; the trace that has been quiet for longest goes first. Default 64 MiB. */
  maxBytes?: number;
  /** Most spans of one trace; what is more is counted and let go. Default 10,000. */
  maxSpansOfTrace?: number;
  /** Most services, and names of each, that are remembered. Default 2,000. */
  maxNames?: number;
}

interface Trace {
  spans: Span[];
  bytes: number;
  /** What the spans are together; made when it is asked for. */
  merged: Span[] | undefined;
}

interface Service {
  spanNames: Set<string>;
  remoteServices: Set<string>;
}

/** The newest traces, in memory. */
export class TraceStore {
  readonly #maxBytes: number;
  readonly #maxSpansOfTrace: number;
  readonly #maxNames: number;
  /** By the right 16 digits of the id, the one that was written last at the end. */
  readonly #traces = new Map<string, Trace>();
  readonly #services = new Map<string, Service>();
  readonly #shared = new SharedValues();
  #bytes = 0;
  #spans = 0;
  #evicted = 0;
  #refused = 0;

  constructor({ maxBytes = 64 * 1024 * 1024, maxSpansOfTrace = 10_000, maxNames = 2_000 }: TraceStoreOptions = {}) {
    this.#maxBytes = maxBytes;
    this.#maxSpansOfTrace = maxSpansOfTrace;
    this.#maxNames = maxNames;
  }

  /** Keeps the spans that are given: they are its own from then on. */
  add(spans: readonly Span[]): void {
    for (const span of spans) this.#add(span);
    if (this.#bytes > this.#maxBytes) this.#evict();
  }

  /** What is held, and what was not kept. */
  stats(): { traces: number; spans: number; bytes: number; evictedSpans: number; refusedSpans: number } {
    return {
      traces: this.#traces.size,
      spans: this.#spans,
      bytes: this.#bytes,
      evictedSpans: this.#evicted,
      refusedSpans: this.#refused,
    };
  }

  /** The spans of a trace, merged; undefined when it is not held. */
  trace(traceId: string): Span[] | undefined {
    const trace = this.#traces.get(keyOf(traceId));
    if (trace === undefined) return undefined;
    const merged = mergedOf(trace);
    // Two traces may share the right half.
    const isSame = (id: string): boolean =>
      id === traceId || (id.length !== traceId.length && keyOf(id) === keyOf(traceId));
    return merged.some((span) => isSame(span.traceId)) ? merged : undefined;
  }

  /** Newest first. */
  find(query: TraceQuery): Span[][] {
    const found: { start: number; spans: Span[] }[] = [];
    for (const trace of this.#traces.values()) {
      const spans = mergedOf(trace);
      if (isWanted(spans, query)) found.push({ start: startOf(spans), spans });
    }
    found.sort((a, b) => b.start - a.start);
    return found.slice(0, query.limit).map(({ spans }) => spans);
  }

  services(): string[] {
    return [...this.#services.keys()].sort();
  }

  spanNames(service: string): string[] {
    return [...(this.#services.get(service)?.spanNames ?? [])].sort();
  }

  remoteServices(service: string): string[] {
    return [...(this.#services.get(service)?.remoteServices ?? [])].sort();
  }

  /** Values of a tag among what is held. */
  tagValues(key: string, limit = 1_000): string[] {
    const values = new Set<string>();
    for (const { spans } of this.#traces.values())
      for (const { tags } of spans)
        if (tags !== undefined && Object.hasOwn(tags, key) && values.size < limit) values.add(tags[key]!);
    return [...values].sort();
  }

  /** Who called whom in traces that began in the window. Milliseconds. */
  dependencies(endTs: number, lookback: number): DependencyLink[] {
    const counter = new LinkCounter();
    for (const trace of this.#traces.values()) {
      const spans = mergedOf(trace);
      const start = startOf(spans);
      if (start >= (endTs - lookback) * 1_000 && start <= endTs * 1_000) counter.addTrace(spans);
    }
    return counter.links();
  }

  #add(span: Span): void {
    const key = keyOf(span.traceId);
    let trace = this.#traces.get(key);
    if (trace === undefined) trace = { spans: [], bytes: 0, merged: undefined };
    else if (trace.spans.length >= this.#maxSpansOfTrace) {
      this.#refused += 1;
      return;
    } else this.#traces.delete(key);
    this.#traces.set(key, trace);
    const bytes = sizeOf(span);
    this.#shared.share(span);
    // One text of the id for all of a trace.
    const [first] = trace.spans;
    if (first !== undefined && first.traceId === span.traceId) span.traceId = first.traceId;
    trace.spans.push(span);
    trace.merged = undefined;
    trace.bytes += bytes;
    this.#bytes += bytes;
    this.#spans += 1;
    this.#remember(span);
  }

  #remember(span: Span): void {
    const name = serviceOf(span);
    if (name === undefined) return;
    let service = this.#services.get(name);
    if (service === undefined) {
      if (this.#services.size >= this.#maxNames) return;
      service = { spanNames: new Set(), remoteServices: new Set() };
      this.#services.set(name, service);
    }
    if (span.name !== undefined && service.spanNames.size < this.#maxNames) service.spanNames.add(span.name);
    const remote = remoteServiceOf(span);
    if (remote !== undefined && service.remoteServices.size < this.#maxNames) service.remoteServices.add(remote);
  }

  #evict(): void {
    for (const [key, trace] of this.#traces) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#traces.delete(key);
      this.#bytes -= trace.bytes;
      this.#spans -= trace.spans.length;
      this.#evicted += trace.spans.length;
    }
  }
}

function mergedOf(trace: Trace): Span[] {
  trace.merged ??= mergeSpans(trace.spans);
  return trace.merged;
}

function keyOf(traceId: string): string {
  return traceId.length > 16 ? traceId.slice(-16) : traceId;
}
