import type { Call } from '../stages/call.ts';
import type { Observer } from '../stages/module.ts';
import { LatencyWindow } from './latency-window.ts';

/** Bounds in seconds, those that OpenTelemetry's semantic conventions advise for `http.server.request.duration`. */
export const durationBounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const rateSeconds = 10;
/** Routes can be replaced again and again: the oldest go first. */
const namesMax = 10_000;

/** The calls of one route that had one method and one status. */
export interface Series {
  readonly method: string;
  readonly status: number;
  /** By bound, not summed up; the last one is for those beyond the last bound. */
  readonly buckets: Uint32Array;
  count: number;
  sumSeconds: number;
}

/** What passes through one route or part. */
export class RouteMetrics {
  readonly kind: 'route' | 'part' | 'gateway';
  readonly name: string;
  readonly series = new Map<number, Series>();
  inFlight = 0;
  retries = 0;
  requestBytes = 0;
  responseBytes = 0;
  readonly #latency: LatencyWindow;
  /** Calls and failures (5xx and the like) by second, for the last `rateSeconds` whole ones. */
  readonly #calls = new Uint32Array(rateSeconds + 1);
  readonly #failures = new Uint32Array(rateSeconds + 1);
  #second: number;

  constructor(kind: RouteMetrics['kind'], name: string, nowMs: number) {
    this.kind = kind;
    this.name = name;
    this.#second = Math.floor(nowMs / 1_000);
    this.#latency = new LatencyWindow(nowMs);
  }

  record(call: Call, nowMs: number): void {
    const seconds = (nowMs - call.startMs) / 1_000;
    const method = methods.indexOf(call.method);
    const key = call.status * 10 + method + 1;
    let series = this.series.get(key);
    if (series === undefined) {
      series = {
        method: method === -1 ? '_OTHER' : call.method,
        status: call.status,
        buckets: new Uint32Array(durationBounds.length + 1),
        count: 0,
        sumSeconds: 0,
      };
      this.series.set(key, series);
    }
    let bucket = 0;
    while (bucket < durationBounds.length && seconds > durationBounds[bucket]!) bucket++;
    series.buckets[bucket]!++;
    series.count++;
    series.sumSeconds += seconds;
    this.retries += call.retries;
    this.requestBytes += call.requestBytes;
    this.responseBytes += call.responseBytes;
    this.#move(nowMs);
    const slot = this.#second % this.#calls.length;
    this.#calls[slot]!++;
    if (call.status >= 500 || call.outcome === 'failed' || call.outcome === 'cut') this.#failures[slot]!++;
    // A stream that its reader left, or a WebSocket, has a length and no latency.
    if (call.kind === 'request' && call.outcome !== 'cancelled') this.#latency.record(seconds * 1_000, nowMs);
  }

  /** Rates over the last ten whole seconds, percentiles over the last 30 to 60 s. */
  summary(nowMs: number) {
    this.#move(nowMs);
    const now = this.#second % this.#calls.length;
    let calls = 0;
    let failures = 0;
    for (let i = 0; i < this.#calls.length; i++) {
      if (i === now) continue;
      calls += this.#calls[i]!;
      failures += this.#failures[i]!;
    }
    const [p50Ms, p95Ms, p99Ms] = this.#latency.percentiles([50, 95, 99], nowMs);
    let requests = 0;
    let failed = 0;
    for (const { count, status } of this.series.values()) {
      requests += count;
      if (status >= 500) failed += count;
    }
    return {
      kind: this.kind,
      name: this.name,
      requests,
      failed,
      inFlight: this.inFlight,
      retries: this.retries,
      requestsPerSecond: calls / rateSeconds,
      failuresPerSecond: failures / rateSeconds,
      p50Ms: p50Ms ?? null,
      p95Ms: p95Ms ?? null,
      p99Ms: p99Ms ?? null,
    };
  }

  #move(nowMs: number): void {
    const second = Math.floor(nowMs / 1_000);
    const steps = Math.min(second - this.#second, this.#calls.length);
    for (let i = 0; i < steps; i++) {
      const slot = (second - i) % this.#calls.length;
      this.#calls[slot] = 0;
      this.#failures[slot] = 0;
    }
    this.#second = second;
  }
}

const metricsKey = Symbol('metrics');

/** The metrics of all routes and parts; the gateway's own pages are one. */
export class Metrics implements Observer {
  readonly #byName = new Map<string, RouteMetrics>();

  begun(call: Call): void {
    const metrics = this.#of(call);
    metrics.inFlight++;
    call.state ??= new Map();
    call.state.set(metricsKey, metrics);
  }

  ended(call: Call): void {
    // A fallback may have led it to another route: it counts for the one that was asked for.
    const begun = call.state?.get(metricsKey) as RouteMetrics | undefined;
    if (begun !== undefined) begun.inFlight--;
    (begun ?? this.#of(call)).record(call, performance.now());
  }

  all(): Iterable<RouteMetrics> {
    return this.#byName.values();
  }

  #of(call: Call): RouteMetrics {
    const { name } = call;
    let metrics = this.#byName.get(name);
    if (metrics === undefined) {
      const kind = call.route !== undefined ? 'route' : call.part !== undefined ? 'part' : 'gateway';
      metrics = new RouteMetrics(kind, call.route?.id ?? call.part ?? 'gateway', performance.now());
      this.#byName.set(name, metrics);
      if (this.#byName.size > namesMax) this.#byName.delete(this.#byName.keys().next().value!);
    }
    return metrics;
  }
}
