export type MetricKind = 'counter' | 'gauge' | 'histogram' | 'summary';

type Labels = Readonly<Record<string, string | number>>;

/**
 * Writes metrics in Prometheus' text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/). Names of counters end with
 * `_total`; a metric is begun once, and its samples follow it.
 *
 * @example
 * new PrometheusText().metric('jobs_total', 'counter', 'Jobs that were done.').sample('jobs_total', { kind: 'mail' }, 3).toString();
 */
export class PrometheusText {
  static readonly contentType = 'text/plain; version=0.0.4; charset=utf-8';
  #text = '';

  metric(name: string, kind: MetricKind, help: string): this {
    this.#text += `# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}\n# TYPE ${name} ${kind}\n`;
    return this;
  }

  sample(name: string, labels: Labels, value: number): this {
    let pairs = '';
    for (const label in labels) pairs += `${pairs === '' ? '' : ','}${label}="${escapeLabel(String(labels[label]))}"`;
    this.#text += `${name}${pairs === '' ? '' : `{${pairs}}`} ${numberOf(value)}\n`;
    return this;
  }

  counter(name: string, help: string, value: number, labels: Labels = {}): this {
    return this.metric(name, 'counter', help).sample(name, labels, value);
  }

  gauge(name: string, help: string, value: number, labels: Labels = {}): this {
    return this.metric(name, 'gauge', help).sample(name, labels, value);
  }

  /** One histogram's samples. @param counts by bound, not added up; the last one is of what is beyond all bounds */
  histogram(name: string, labels: Labels, bounds: readonly number[], counts: ArrayLike<number>, sum: number): this {
    let count = 0;
    for (let i = 0; i <= bounds.length; i++) {
      count += counts[i]!;
      this.sample(`${name}_bucket`, { ...labels, le: i === bounds.length ? '+Inf' : String(bounds[i]) }, count);
    }
    return this.sample(`${name}_sum`, labels, sum).sample(`${name}_count`, labels, count);
  }

  toString(): string {
    return this.#text;
  }
}

function escapeLabel(text: string): string {
  return /[\\"\n]/.test(text) ? text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n') : text;
}

function numberOf(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}
