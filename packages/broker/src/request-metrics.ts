import { apis } from '@headwater/protocol';
import type { Request } from './network/request.ts';

/** Upper bounds of the latency histogram, milliseconds. */
export const latencyBucketsMs: readonly number[] = [
  0.5, 1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 30_000,
];

export interface ApiMetrics {
  name: string;
  count: number;
  totalMs: number;
  requestBytes: number;
  /** Requests up to each bound, not added up; the last place is for those above all. */
  buckets: Float64Array;
}

/** Count and latency of requests by API, from the whole frame to the answer: a long poll's wait is in it, as in Kafka's TotalTimeMs. */
export class RequestMetrics {
  readonly #monotonicMs: () => number;
  readonly #apis: (ApiMetrics | undefined)[] = [];

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  observe({ apiKey, receivedAtMs, sizeBytes }: Request): void {
    const durationMs = this.#monotonicMs() - receivedAtMs;
    let metrics = this.#apis[apiKey];
    if (metrics === undefined) {
      const name = apis[apiKey]?.name ?? String(apiKey);
      metrics = { name, count: 0, totalMs: 0, requestBytes: 0, buckets: new Float64Array(latencyBucketsMs.length + 1) };
      this.#apis[apiKey] = metrics;
    }
    metrics.count++;
    metrics.totalMs += durationMs;
    metrics.requestBytes += sizeBytes;
    let bucket = 0;
    while (bucket < latencyBucketsMs.length && durationMs > latencyBucketsMs[bucket]!) bucket++;
    metrics.buckets[bucket] = metrics.buckets[bucket]! + 1;
  }

  apis(): ApiMetrics[] {
    return this.#apis.filter((metrics) => metrics !== undefined);
  }
}
