import { apis } from '@headwater/protocol';
import type { Request } from './network/request.ts';

/** Upper bounds of the latency histograms, milliseconds. */
export const latencyBucketsMs: readonly number[] = [
  0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000,
];

/** Upper bounds of the size histograms, bytes. */
export const sizeBuckets: readonly number[] = [
  256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216,
];

/** A histogram: counts of their own for each bound, the last one for what is above all. */
export class Buckets {
  readonly bounds: readonly number[];
  readonly counts: Float64Array;
  count = 0;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  add(value: number): void {
    const { bounds, counts } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    counts[bucket] = counts[bucket]! + 1;
    this.count++;
    this.sum += value;
  }

  /** Estimated as Prometheus does it, evenly within a bucket; of what came after `since`. NaN when nothing did. */
  quantile(share: number, since: Float64Array | null): number {
    const { bounds, counts } = this;
    const at = (bucket: number) => counts[bucket]! - (since?.[bucket] ?? 0);
    let total = 0;
    for (let bucket = 0; bucket < counts.length; bucket++) total += at(bucket);
    if (total === 0) return Number.NaN;
    let left = share * total;
    for (let bucket = 0; bucket < bounds.length; bucket++) {
      const low = bucket === 0 ? 0 : bounds[bucket - 1]!;
      if (left <= at(bucket)) return at(bucket) === 0 ? low : low + ((bounds[bucket]! - low) * left) / at(bucket);
      left -= at(bucket);
    }
    return bounds.at(-1)!;
  }
}

export interface ApiMetrics {
  readonly name: string;
  /** From the bytes on the socket to the handler: the wait for the event loop, and for earlier requests of the connection. */
  readonly queueMs: Buckets;
  /** In the handler until it answered or began to wait. */
  readonly localMs: Buckets;
  /** From the whole request to its answer; the wait of a long poll is in it, as in Kafka's TotalTimeMs. */
  readonly totalMs: Buckets;
  readonly requestBytes: Buckets;
  readonly responseBytes: Buckets;
  /** Answered in this version; by version. */
  readonly versions: number[];
}

/** Latency and size of requests by API: a handful of additions a request, whatever is in it. */
export class RequestMetrics {
  readonly #monotonicMs: () => number;
  /** Whether the broker's clock is the network's, or has been moved away from it. */
  readonly #isSameTime: () => boolean;
  readonly #apis: (ApiMetrics | undefined)[] = [];

  constructor(monotonicMs: () => number, isSameTime: () => boolean) {
    this.#monotonicMs = monotonicMs;
    this.#isSameTime = isSameTime;
  }

  observe({ answer, apiKey, apiVersion, arrivedAtMs, handledAtMs, receivedAtMs, sizeBytes }: Request): void {
    const metrics = (this.#apis[apiKey] ??= newApi(apiKey));
    const totalMs = this.#monotonicMs() - receivedAtMs;
    metrics.totalMs.add(totalMs);
    metrics.localMs.add(handledAtMs < 0 ? totalMs : handledAtMs - receivedAtMs);
    metrics.queueMs.add(this.#isSameTime() ? Math.max(0, receivedAtMs - arrivedAtMs) : 0);
    metrics.requestBytes.add(sizeBytes);
    let responseBytes = 0;
    if (answer !== null) for (let index = 0; index < answer.length; index++) responseBytes += answer[index]!.length;
    metrics.responseBytes.add(responseBytes);
    metrics.versions[apiVersion] = (metrics.versions[apiVersion] ?? 0) + 1;
  }

  apis(): ApiMetrics[] {
    return this.#apis.filter((metrics) => metrics !== undefined);
  }
}

function newApi(apiKey: number): ApiMetrics {
  return {
    name: apis[apiKey]?.name ?? String(apiKey),
    queueMs: new Buckets(latencyBucketsMs),
    localMs: new Buckets(latencyBucketsMs),
    totalMs: new Buckets(latencyBucketsMs),
    requestBytes: new Buckets(sizeBuckets),
    responseBytes: new Buckets(sizeBuckets),
    versions: [],
  };
}
