import type { PrometheusText } from './prometheus-text.ts';

/** Seconds. */
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Most routes and methods of their own; what is more is counted together. */
const routesMax = 300;

interface Route {
  method: string;
  route: string;
  /** By status, most of them empty. */
  readonly statuses: Map<number, number>;
  readonly counts: Uint32Array;
  sumSeconds: number;
}

/** Requests by route: as many series as there are routes, whatever is asked for. */
export class RequestMetrics {
  readonly #routes = new Map<string, Route>();
  active = 0;

  /** @param route as it was declared; '' for what no route takes */
  add(method: string, route: string, status: number, seconds: number): void {
    const key = `${method} ${route}`;
    let each = this.#routes.get(key);
    if (each === undefined) {
      const isFull = this.#routes.size >= routesMax;
      each = isFull ? this.#routes.get('other') : undefined;
      if (each === undefined) {
        each = {
          method: isFull ? '' : method,
          route: isFull ? 'other' : route,
          statuses: new Map(),
          counts: new Uint32Array(bounds.length + 1),
          sumSeconds: 0,
        };
        this.#routes.set(isFull ? 'other' : key, each);
      }
    }
    each.statuses.set(status, (each.statuses.get(status) ?? 0) + 1);
    let bucket = 0;
    while (bucket < bounds.length && seconds > bounds[bucket]!) bucket += 1;
    each.counts[bucket]! += 1;
    each.sumSeconds += seconds;
  }

  write(text: PrometheusText, part: string): void {
    const total = 'headwater_http_requests_total';
    text.metric(total, 'counter', 'Requests that were answered, by route and status.');
    for (const { method, route, statuses } of this.#routes.values())
      for (const [status, count] of statuses) text.sample(total, { part, method, route, status }, count);
    const duration = 'headwater_http_request_duration_seconds';
    text.metric(duration, 'histogram', 'How long answers took, by route.');
    for (const { counts, method, route, sumSeconds } of this.#routes.values())
      text.histogram(duration, { part, method, route }, bounds, counts, sumSeconds);
    text.gauge('headwater_http_requests_active', 'Requests under way.', this.active, { part });
  }
}
