import type { MetricData } from '../observe/service-metrics.ts';

const own = new Set(['application', 'instance']);

/** Names as Micrometer has them: `http_server_requests_seconds` is `http.server.requests`. */
export function metricNames(metrics: readonly MetricData[]): string[] {
  return [...new Set(metrics.map(({ name }) => dotted(name)))].sort();
}

/**
 * `/actuator/metrics/{name}?tag=key:value` in Spring Boot's shape; undefined when there is no such metric, or none with these tags. The name
 * may be Micrometer's or Prometheus' own.
 */
export function metricDocument(metrics: readonly MetricData[], name: string, tags: readonly string[]) {
  const metric = metrics.find((candidate) => candidate.name === name || dotted(candidate.name) === name);
  if (metric === undefined) return undefined;
  const wanted = tags.map(
    (tag) => [tag.slice(0, Math.max(0, tag.indexOf(':'))), tag.slice(tag.indexOf(':') + 1)] as const,
  );
  const values = metric.values.filter(({ labels }) =>
    wanted.every(([key, value]) => String(labels[key] ?? '') === value),
  );
  if (wanted.length > 0 && values.length === 0) return undefined;
  const available = new Map<string, Set<string>>();
  for (const { labels } of values) {
    for (const [key, value] of Object.entries(labels)) {
      if (key === 'le' || key === 'quantile' || own.has(key) || wanted.some(([tag]) => tag === key)) continue;
      let known = available.get(key);
      if (known === undefined) available.set(key, (known = new Set()));
      known.add(String(value));
    }
  }
  return {
    name,
    description: metric.help,
    ...(baseUnit(metric.name) && { baseUnit: baseUnit(metric.name) }),
    measurements: measurements(metric, values),
    availableTags: [...available].map(([tag, found]) => ({ tag, values: [...found].sort() })),
  };
}

function measurements({ name, type }: MetricData, values: MetricData['values']) {
  const sum = (suffix: string): number =>
    values.filter(({ metricName }) => metricName === `${name}${suffix}`).reduce((total, { value }) => total + value, 0);
  if (type === 'histogram' || type === 'summary') {
    return [
      { statistic: 'COUNT', value: sum('_count') },
      { statistic: name.endsWith('_seconds') ? 'TOTAL_TIME' : 'TOTAL', value: sum('_sum') },
    ];
  }
  const total = values.reduce((all, { value }) => all + value, 0);
  return [{ statistic: type === 'counter' ? 'COUNT' : 'VALUE', value: total }];
}

function dotted(name: string): string {
  return name
    .replace(/_total$/, '')
    .replace(/_(seconds|bytes)$/, '')
    .replaceAll('_', '.');
}

function baseUnit(name: string): string | undefined {
  return /_(seconds|bytes)(_total)?$/.exec(name)?.[1];
}
