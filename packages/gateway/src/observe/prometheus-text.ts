/** Writes metrics in Prometheus' text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/). */
export class PrometheusText {
  #text = '';

  /** Begins a metric: its samples follow. Names of counters end with `_total`. */
  metric(name: string, type: 'counter' | 'gauge' | 'histogram', help: string): this {
    this.#text += `# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}\n# TYPE ${name} ${type}\n`;
    return this;
  }

  sample(name: string, labels: Readonly<Record<string, string | number>>, value: number): this {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(String(text))}"`);
    this.#text += `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${shown(value)}\n`;
    return this;
  }

  /** The samples of one histogram: `buckets` by bound, not summed up, the last one beyond all bounds. */
  histogram(
    name: string,
    labels: Readonly<Record<string, string | number>>,
    bounds: readonly number[],
    buckets: Uint32Array,
    sum: number,
  ): this {
    let count = 0;
    for (const [i, each] of buckets.entries()) {
      count += each;
      this.sample(`${name}_bucket`, { ...labels, le: i === bounds.length ? '+Inf' : String(bounds[i]) }, count);
    }
    return this.sample(`${name}_sum`, labels, sum).sample(`${name}_count`, labels, count);
  }

  toString(): string {
    return this.#text;
  }
}

function escaped(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}

function shown(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}
