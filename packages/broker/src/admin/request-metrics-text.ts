import type { Buckets, RequestMetrics } from '../request-metrics.ts';
import type { PrometheusText } from './prometheus.ts';

const quantiles = [0.5, 0.75, 0.95, 0.98, 0.99, 0.999];
/** Quantiles are of the last one to two minutes; Kafka's are of about five. */
const windowMs = 60_000;

/** What the quantiles of a histogram are counted from. */
interface Window {
  older: Float64Array | null;
  newer: Float64Array | null;
  atMs: number;
}

/** Requests as text: quantiles as Kafka's JMX exporters tell them, and histograms of which any quantile can be had. */
export class RequestMetricsText {
  readonly #windows = new Map<Buckets, Window>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  write(text: PrometheusText, requests: RequestMetrics): void {
    const apis = requests.apis();
    const prefix = 'kafka_network_requestmetrics';
    text.metric(`${prefix}_requests_total`, 'counter', 'Requests that were answered, by API and version.');
    for (const { name, versions } of apis) {
      for (const [version, count] of versions.entries()) {
        if (count > 0) text.sample(`${prefix}_requests_total`, count, { request: name, version: String(version) });
      }
    }
    const phases = [
      ['totaltimems', 'totalMs', 'total', 'From the whole request to its answer; the wait of long polls is in it.'],
      ['localtimems', 'localMs', 'local', 'In the handler, until it answered or began to wait.'],
      ['requestqueuetimems', 'queueMs', 'queue', 'Until the handler began.'],
    ] as const;
    for (const [metric, field, , help] of phases) {
      text.metric(`${prefix}_${metric}`, 'summary', `${help} Milliseconds, of the last minutes.`);
      for (const api of apis) this.#summary(text, `${prefix}_${metric}`, api[field], { request: api.name });
    }
    text.metric(`${prefix}_remotetimems`, 'summary', 'Waiting for records, members or a disk. Milliseconds.');
    for (const { localMs, name, totalMs } of apis) {
      text.sample(`${prefix}_remotetimems_sum`, Math.max(0, totalMs.sum - localMs.sum), { request: name });
      text.sample(`${prefix}_remotetimems_count`, totalMs.count, { request: name });
    }
    const duration = 'headwater_kafka_request_duration_seconds';
    text.metric(duration, 'histogram', 'The same by phase (queue, local, total), for any quantile.');
    for (const api of apis) {
      for (const [, field, phase] of phases) text.buckets(duration, api[field], 1_000, { request: api.name, phase });
    }
    for (const [direction, field] of [
      ['request', 'requestBytes'],
      ['response', 'responseBytes'],
    ] as const) {
      const name = `headwater_kafka_${direction}_size_bytes`;
      text.metric(name, 'histogram', `Size of a whole ${direction}.`);
      for (const api of apis) text.buckets(name, api[field], 1, { request: api.name });
    }
  }

  #summary(text: PrometheusText, name: string, buckets: Buckets, labels: Record<string, string>): void {
    const since = this.#since(buckets);
    for (const quantile of quantiles) {
      text.sample(name, buckets.quantile(quantile, since), { ...labels, quantile: String(quantile) });
    }
    text.sample(`${name}_sum`, buckets.sum, labels).sample(`${name}_count`, buckets.count, labels);
  }

  /** Moves on when somebody looks, so it costs nothing when nobody does. */
  #since(buckets: Buckets): Float64Array | null {
    const nowMs = this.#nowMs();
    let window = this.#windows.get(buckets);
    if (window === undefined) this.#windows.set(buckets, (window = { older: null, newer: null, atMs: nowMs }));
    if (nowMs - window.atMs >= windowMs) {
      window.older = window.newer;
      window.newer = buckets.counts.slice();
      window.atMs = nowMs;
    }
    return window.older;
  }
}
