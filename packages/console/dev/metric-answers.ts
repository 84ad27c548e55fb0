import type { MatrixSeries } from '../src/api/prometheus.ts';

const names = [
  'headwater_http_requests_total',
  'http_server_requests_seconds_bucket',
  'http_server_requests_seconds_count',
  'kafka_consumergroup_lag',
  'nodejs_eventloop_lag_p99_seconds',
  'process_cpu_seconds_total',
  'process_resident_memory_bytes',
  'up',
];

const metadata = {
  process_resident_memory_bytes: [{ type: 'gauge', help: 'Resident memory size in bytes.', unit: '' }],
  process_cpu_seconds_total: [{ type: 'counter', help: 'Total user and system CPU time spent in seconds.', unit: '' }],
};

/** What Prometheus' HTTP API answers, and with which status; undefined: it does not know of it. */
export function metricAnswer(
  path: string,
  query: URLSearchParams,
  isEmpty: boolean,
): { status: number; body: unknown } | undefined {
  if (path === '/label/__name__/values') return found(isEmpty ? [] : names);
  if (path === '/metadata') return found(isEmpty ? {} : metadata);
  const expression = query.get('query') ?? '';
  if (path === '/query') return found({ resultType: 'vector', result: isEmpty ? [] : callsOf(expression) });
  if (path !== '/query_range') return undefined;
  if (expression.split('(').length !== expression.split(')').length)
    return {
      status: 400,
      body: { status: 'error', errorType: 'bad_data', error: '1:5: parse error: unclosed left parenthesis' },
    };
  const [start, end, step] = ['start', 'end', 'step'].map((name) => Number(query.get(name))) as [
    number,
    number,
    number,
  ];
  const services = isEmpty || expression.includes('nothing') ? [] : ['billing', 'gateway', 'kafka', 'orders'];
  const scale = expression.includes('memory_bytes') ? 1e8 : 1;
  return found({
    resultType: 'matrix',
    result: services.map((service, index) => seriesOf(service, index, { start, end, step, scale })),
  });
}

const found = (data: unknown): { status: number; body: unknown } => ({
  status: 200,
  body: { status: 'success', data },
});

/** The query service asks streams for counts, now and then. */
function callsOf(expression: string): { metric: Record<string, string>; value: [number, string] }[] {
  if (!expression.includes('http_client_requests_seconds_count')) return [];
  const value = expression.includes('rate(') ? '0.4' : '32';
  return [{ metric: { service: 'query-service', client_name: 'streams' }, value: [Date.now() / 1000, value] }];
}

/** A wave for each service; billing was away for a while, and is a gap. */
function seriesOf(
  service: string,
  index: number,
  { end, scale, start, step }: { start: number; end: number; step: number; scale: number },
): MatrixSeries {
  const values: [number, string][] = [];
  for (let at = start, point = 0; at <= end; at += step, point += 1) {
    const part = (at - start) / (end - start);
    if (service === 'billing' && part > 0.45 && part < 0.6) continue;
    const value =
      (1 + index * 0.7 + Math.sin(point / (9 + index)) * 0.4 + ((point * 7919 + index * 31) % 13) / 60) * scale;
    values.push([at, String(value)]);
  }
  return { metric: { service }, values };
}
