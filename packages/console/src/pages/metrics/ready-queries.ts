export interface ReadyQuery {
  name: string;
  query: string;
}

/** What one asks first; each works on what services and parts tell without being configured. */
export const readyQueries: readonly ReadyQuery[] = [
  {
    name: 'Requests by service',
    query: 'sum by (service) (rate(http_server_requests_seconds_count{service!=""}[1m]))',
  },
  {
    name: 'Part of requests that fail',
    query:
      // What has not failed yet fails in no part: a line at zero, and not none.
      'sum by (service) (rate(http_server_requests_seconds_count{service!="", status=~"5.."}[1m]) or 0 * rate(http_server_requests_seconds_count{service!=""}[1m])) / sum by (service) (rate(http_server_requests_seconds_count{service!=""}[1m]))',
  },
  {
    name: 'p95 of latency',
    query:
      'histogram_quantile(0.95, sum by (service, le) (rate(http_server_requests_seconds_bucket{service!=""}[1m])))',
  },
  { name: 'Requests by part', query: 'sum by (part) (rate(headwater_http_requests_total[1m]))' },
  // Instances of one process all tell what the process takes: a sum would count it again for each.
  { name: 'CPU', query: 'max by (service, part) (rate(process_cpu_seconds_total[1m]))' },
  { name: 'Memory', query: 'max by (service, part) (process_resident_memory_bytes)' },
  { name: 'Event-loop delay', query: 'max by (service, part) (nodejs_eventloop_lag_p99_seconds)' },
  {
    name: 'Lag of groups',
    query:
      'topk(10, sum by (consumergroup) (kafka_consumergroup_lag{consumergroup!~"_.*|headwater-.*|schema-registry"}))',
  },
  { name: 'Log lines indexed', query: 'sum by (part) (rate(headwater_logs_indexed_total[1m]))' },
];
