import type { BrokerContext } from '../context.ts';
import type { KafkaServer } from '../network/kafka-server.ts';
import { latencyBucketsMs, type RequestMetrics } from '../request-metrics.ts';
import { accessMetrics } from './access-metrics.ts';
import { PrometheusText } from './prometheus.ts';

const topicsMax = 1_000;

export interface MetricSources {
  context: BrokerContext;
  server: KafkaServer;
  requests: RequestMetrics;
  /** p99 since the last time it was asked for, seconds. */
  loopDelaySeconds(): number;
}

/** The names that Kafka's JMX exporters have made usual, where there is one; `headwater_` before what is our own. */
export function metricsText({ context, server, requests, loopDelaySeconds }: MetricSources): string {
  const text = new PrometheusText();
  topicMetrics(text, context);
  requestMetrics(text, requests);
  const network = server.stats();
  text.metric('kafka_server_socket_server_metrics_connection_count', 'gauge', 'Connections that are open.');
  text.sample('kafka_server_socket_server_metrics_connection_count', network.connections);
  text.metric('headwater_kafka_connections_total', 'counter', 'Connections by how they went.');
  text.sample('headwater_kafka_connections_total', network.acceptedConnections, { outcome: 'accepted' });
  text.sample('headwater_kafka_connections_total', network.refusedConnections, { outcome: 'refused' });
  text.sample('headwater_kafka_connections_total', network.failedConnections, { outcome: 'failed' });
  text.sample('headwater_kafka_connections_total', network.idleClosedConnections, { outcome: 'idle_closed' });
  text.metric('headwater_kafka_socket_bytes_total', 'counter', 'Bytes over sockets.');
  text.sample('headwater_kafka_socket_bytes_total', network.receivedBytes, { direction: 'received' });
  text.sample('headwater_kafka_socket_bytes_total', network.sentBytes, { direction: 'sent' });
  fetchSessionMetrics(text, context);
  groupMetrics(text, context);
  storageMetrics(text, context);
  accessMetrics(text, context);
  text.metric(
    'headwater_event_loop_delay_seconds',
    'gauge',
    '99th percentile of the event loop delay since the last scrape.',
  );
  text.sample('headwater_event_loop_delay_seconds', loopDelaySeconds());
  text.metric('process_resident_memory_bytes', 'gauge', 'Resident memory of the process.');
  text.sample('process_resident_memory_bytes', process.memoryUsage.rss());
  return text.toString();
}

function topicMetrics(text: PrometheusText, { flow, store }: BrokerContext): void {
  const topics = [...flow.topics()].slice(0, topicsMax);
  const counters = [
    ['kafka_server_brokertopicmetrics_messagesin_total', 'Records that were produced.', 'recordsIn'],
    ['kafka_server_brokertopicmetrics_bytesin_total', 'Bytes that were produced.', 'bytesIn'],
    ['headwater_kafka_messagesout_total', 'Records that were fetched.', 'recordsOut'],
    ['kafka_server_brokertopicmetrics_bytesout_total', 'Bytes that were fetched.', 'bytesOut'],
  ] as const;
  for (const [name, help, field] of counters) {
    text.metric(name, 'counter', help);
    for (const [topic, counter] of topics) text.sample(name, counter[field], { topic });
  }
  const all = store.topics();
  text.metric('kafka_controller_kafkacontroller_globaltopiccount', 'gauge', 'Topics.');
  text.sample('kafka_controller_kafkacontroller_globaltopiccount', all.length);
  text.metric('kafka_server_replicamanager_partitioncount', 'gauge', 'Partitions.');
  text.sample(
    'kafka_server_replicamanager_partitioncount',
    all.reduce((sum, { partitions }) => sum + partitions, 0),
  );
}

function requestMetrics(text: PrometheusText, requests: RequestMetrics): void {
  const apis = requests.apis();
  text.metric('kafka_network_requestmetrics_requests_total', 'counter', 'Requests that were answered.');
  for (const { name, count } of apis) {
    text.sample('kafka_network_requestmetrics_requests_total', count, { request: name });
  }
  const latency = 'kafka_network_requestmetrics_totaltime_milliseconds';
  text.metric(latency, 'histogram', 'From the whole request to its answer; the wait of long polls is in it.');
  for (const { name, buckets, totalMs } of apis) {
    text.histogram(latency, latencyBucketsMs, buckets, totalMs, { request: name });
  }
}

function fetchSessionMetrics(text: PrometheusText, { fetchSessions }: BrokerContext): void {
  const { evictions, partitions, sessions } = fetchSessions.stats();
  const name = 'kafka_server_fetchsessioncache';
  text.metric(`${name}_numincrementalfetchsessions`, 'gauge', 'Fetch sessions.');
  text.sample(`${name}_numincrementalfetchsessions`, sessions);
  text.metric(`${name}_numincrementalfetchpartitionscached`, 'gauge', 'Partitions of all fetch sessions.');
  text.sample(`${name}_numincrementalfetchpartitionscached`, partitions);
  text.metric(`${name}_incrementalfetchsessionevictions_total`, 'counter', 'Fetch sessions that made room for others.');
  text.sample(`${name}_incrementalfetchsessionevictions_total`, evictions);
}

function groupMetrics(text: PrometheusText, { groups }: BrokerContext): void {
  const states = new Map<string, number>();
  let members = 0;
  for (const [, { group }] of groups.entries()) {
    states.set(group.state, (states.get(group.state) ?? 0) + 1);
    members += group.memberCount;
  }
  text.metric('kafka_coordinator_group_groupmetadatamanager_numgroups', 'gauge', 'Groups by state.');
  for (const [state, count] of states) {
    text.sample('kafka_coordinator_group_groupmetadatamanager_numgroups', count, { state });
  }
  text.metric('headwater_kafka_group_members', 'gauge', 'Members of all groups.');
  text.sample('headwater_kafka_group_members', members);
  text.metric('headwater_kafka_group_rebalances_total', 'counter', 'Generations that were made.');
  text.sample('headwater_kafka_group_rebalances_total', groups.rebalances);
}

function storageMetrics(text: PrometheusText, { store }: BrokerContext): void {
  const stats = store.stats();
  const gauges = [
    ['headwater_kafka_storage_open_files', 'Files that are open.', stats.openFiles],
    ['headwater_kafka_storage_cache_bytes', 'Bytes of the newest records in memory.', stats.cacheBytes],
  ] as const;
  for (const [name, help, value] of gauges) text.metric(name, 'gauge', help).sample(name, value);
  const counters = [
    ['headwater_kafka_storage_cache_hits_total', 'Reads from memory.', stats.cacheHits],
    ['headwater_kafka_storage_cache_misses_total', 'Reads from files.', stats.cacheMisses],
    ['headwater_kafka_storage_flushes_total', 'Syncs to the disk.', stats.flushes],
    ['headwater_kafka_storage_failed_appends_total', 'Appends that the disk refused.', stats.failedAppends],
  ] as const;
  for (const [name, help, value] of counters) text.metric(name, 'counter', help).sample(name, value);
}
