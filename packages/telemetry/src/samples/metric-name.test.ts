import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prometheusLabel, prometheusName } from './metric-name.ts';

test('names are those that Prometheus gives them', () => {
  for (const [name, unit, type, expected] of [
    ['http.server.request.duration', 's', 'histogram', 'http_server_request_duration_seconds'],
    ['jvm.memory.used', 'By', 'gauge', 'jvm_memory_used_bytes'],
    ['jobs.done', '{job}', 'counter', 'jobs_done_total'],
    ['jobs_total', '', 'counter', 'jobs_total'],
    ['system.cpu.utilization', '1', 'gauge', 'system_cpu_utilization_ratio'],
    ['speed', 'm/s', 'gauge', 'speed_meters_per_second'],
    ['disk.io', 'By', 'counter', 'disk_io_bytes_total'],
    ['latency_ms', 'ms', 'gauge', 'latency_ms_milliseconds'],
    ['2xx', '', 'counter', '_2xx_total'],
    ['a-b/c', '', 'gauge', 'a_b_c'],
    ['ns:sub', '', 'gauge', 'ns:sub'],
  ] as const)
    assert.equal(prometheusName(name, unit, type), expected);
  assert.equal(prometheusLabel('http.route'), 'http_route');
  assert.equal(prometheusLabel('0day'), 'key_0day');
});
