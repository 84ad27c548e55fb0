import type { EventTopic } from '@headwater/events';
import { PrometheusText } from '@headwater/http';
import type { Calls } from '../calls/calls-module.ts';
import type { GatewayModule } from '../stages/module.ts';
import { durationBounds, type Metrics } from './route-metrics.ts';
import type { ZipkinReporter } from './zipkin-reporter.ts';

export interface MetricsSources {
  metrics: Metrics;
  calls: Calls;
  accessLog: EventTopic | undefined;
  reporter: ZipkinReporter | undefined;
  /** Those with metrics of their own. */
  modules: readonly GatewayModule[];
}

const breakerStates = ['CLOSED', 'OPEN', 'HALF_OPEN', 'DISABLED', 'FORCED_OPEN', 'METRICS_ONLY'];

/** All metrics of the gateway for Prometheus: requests as OpenTelemetry names them, breakers as Resilience4j does. */
export function gatewayMetrics(sources: MetricsSources): string {
  const out = new PrometheusText();
  requests(out, sources.metrics);
  breakers(out, sources.calls);
  instances(out, sources.calls);
  background(out, sources);
  for (const module of sources.modules) module.metrics?.(out);
  const { user, system } = process.cpuUsage();
  out
    .metric('process_cpu_seconds_total', 'counter', 'CPU time of the process that the gateway runs in.')
    .sample('process_cpu_seconds_total', {}, (user + system) / 1e6)
    .metric('process_resident_memory_bytes', 'gauge', 'Resident memory of the process that the gateway runs in.')
    .sample('process_resident_memory_bytes', {}, process.memoryUsage.rss());
  return out.toString();
}

function requests(out: PrometheusText, metrics: Metrics): void {
  const all = [...metrics.all()];
  const labelsOf = ({ kind, name }: (typeof all)[number]) => ({ http_route: name, kind });
  const duration = 'http_server_request_duration_seconds';
  out.metric(duration, 'histogram', 'Duration of requests, from their first byte to the last of their answer.');
  for (const each of all)
    for (const { method, status, buckets, sumSeconds } of each.series.values()) {
      const labels = { ...labelsOf(each), http_request_method: method, http_response_status_code: status };
      out.histogram(duration, labels, durationBounds, buckets, sumSeconds);
    }
  for (const [name, type, help, value] of [
    ['http_server_active_requests', 'gauge', 'Requests under way.', 'inFlight'],
    ['headwater_gateway_retries_total', 'counter', 'Attempts beyond the first.', 'retries'],
    ['headwater_gateway_request_body_bytes_total', 'counter', 'Bytes of request bodies.', 'requestBytes'],
    ['headwater_gateway_response_body_bytes_total', 'counter', 'Bytes of bodies of answers.', 'responseBytes'],
  ] as const) {
    out.metric(name, type, help);
    for (const each of all) out.sample(name, labelsOf(each), each[value]);
  }
}

function breakers(out: PrometheusText, calls: Calls): void {
  const snapshots = calls.breakers.snapshots();
  out.metric('resilience4j_circuitbreaker_state', 'gauge', '1 for the state that the breaker is in.');
  for (const { name, state } of snapshots)
    for (const each of breakerStates)
      out.sample('resilience4j_circuitbreaker_state', { name, state: each.toLowerCase() }, each === state ? 1 : 0);
  out.metric('resilience4j_circuitbreaker_failure_rate', 'gauge', 'Percent of failed calls; -1: too few calls.');
  for (const { name, failureRate } of snapshots)
    out.sample('resilience4j_circuitbreaker_failure_rate', { name }, failureRate ?? -1);
  out.metric('resilience4j_circuitbreaker_slow_call_rate', 'gauge', 'Percent of slow calls; -1: too few calls.');
  for (const { name, slowCallRate } of snapshots)
    out.sample('resilience4j_circuitbreaker_slow_call_rate', { name }, slowCallRate ?? -1);
  out.metric('resilience4j_circuitbreaker_buffered_calls', 'gauge', 'Calls in the window.');
  for (const { name, bufferedCalls, failedCalls } of snapshots)
    out
      .sample('resilience4j_circuitbreaker_buffered_calls', { name, kind: 'failed' }, failedCalls)
      .sample('resilience4j_circuitbreaker_buffered_calls', { name, kind: 'successful' }, bufferedCalls - failedCalls);
  out.metric('resilience4j_circuitbreaker_not_permitted_calls_total', 'counter', 'Calls that the breaker refused.');
  for (const { name } of snapshots)
    out.sample(
      'resilience4j_circuitbreaker_not_permitted_calls_total',
      { name, kind: 'not_permitted' },
      calls.breakers.countsOf(name).notPermitted,
    );
  out.metric(
    'headwater_gateway_breaker_calls_total',
    'counter',
    'Calls that the breaker let through, by how they ended.',
  );
  for (const { name } of snapshots) {
    const { successful, failed, ignored } = calls.breakers.countsOf(name);
    for (const [kind, value] of Object.entries({ successful, failed, ignored }))
      out.sample('headwater_gateway_breaker_calls_total', { name, kind }, value);
  }
}

function instances(out: PrometheusText, calls: Calls): void {
  const states = calls.services.states();
  for (const [name, type, help, value] of [
    ['headwater_gateway_instance_requests_total', 'counter', 'Attempts at an instance.', 'requests'],
    ['headwater_gateway_instance_active_requests', 'gauge', 'Requests under way at an instance.', 'inFlight'],
    ['headwater_gateway_instance_ejections_total', 'counter', 'How often an instance was ejected.', 'ejections'],
  ] as const) {
    out.metric(name, type, help);
    for (const state of states) out.sample(name, { service: state.service, instance: state.id }, state[value]);
  }
  out.metric('headwater_gateway_instance_ejected', 'gauge', '1 while an instance is ejected.');
  for (const { service, id, isEjected } of states)
    out.sample('headwater_gateway_instance_ejected', { service, instance: id }, isEjected ? 1 : 0);
}

function background(out: PrometheusText, { accessLog, reporter }: MetricsSources): void {
  for (const [name, what, source] of [
    ['headwater_gateway_access_log_events', 'Events of the access log', accessLog],
    ['headwater_gateway_spans', 'Spans', reporter],
  ] as const) {
    if (source === undefined) continue;
    out
      .metric(`${name}_sent_total`, 'counter', `${what} that were sent.`)
      .sample(`${name}_sent_total`, {}, source.sent)
      .metric(`${name}_dropped_total`, 'counter', `${what} that were dropped.`)
      .sample(`${name}_dropped_total`, {}, source.dropped);
  }
}
