import type { Buckets } from '../request-metrics.ts';

/** Text in Prometheus' exposition format 0.0.4. */
export class PrometheusText {
  readonly #lines: string[] = [];

  /** Begins a metric; its samples follow. */
  metric(name: string, type: 'counter' | 'gauge' | 'histogram' | 'summary', help: string): this {
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    return this;
  }

  sample(name: string, value: number, labels?: Readonly<Record<string, string>>): this {
    this.#lines.push(`${name}${labelText(labels)} ${Number.isNaN(value) ? 'NaN' : value}`);
    return this;
  }

  /** One without labels. */
  gauge(name: string, help: string, value: number): this {
    return this.metric(name, 'gauge', help).sample(name, value);
  }

  counter(name: string, help: string, value: number): this {
    return this.metric(name, 'counter', help).sample(name, value);
  }

  /** A histogram whose values are told in another unit: divided by `divisor`. */
  buckets(
    name: string,
    { bounds, counts, sum }: Buckets,
    divisor: number,
    labels: Readonly<Record<string, string>>,
  ): this {
    const told = divisor === 1 ? bounds : bounds.map((bound) => bound / divisor);
    return this.histogram(name, told, counts, sum / divisor, labels);
  }

  /** `buckets` are counts of their own; the format wants them added up. */
  histogram(
    name: string,
    bounds: readonly number[],
    buckets: ArrayLike<number>,
    sum: number,
    labels: Readonly<Record<string, string>>,
  ): this {
    let count = 0;
    for (let index = 0; index < bounds.length; index++) {
      count += buckets[index]!;
      this.sample(`${name}_bucket`, count, { ...labels, le: String(bounds[index]) });
    }
    count += buckets[bounds.length]!;
    this.sample(`${name}_bucket`, count, { ...labels, le: '+Inf' });
    return this.sample(`${name}_sum`, sum, labels).sample(`${name}_count`, count, labels);
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }
}

function labelText(labels: Readonly<Record<string, string>> | undefined): string {
  if (labels === undefined) return '';
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
