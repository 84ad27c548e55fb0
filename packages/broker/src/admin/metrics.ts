import type { BrokerContext } from '../context.ts';
import type { KafkaServer } from '../network/kafka-server.ts';
import type { RequestMetrics } from '../request-metrics.ts';
import { accessMetrics } from './access-metrics.ts';
import { nodeMetrics, topicMetrics } from './broker-metrics.ts';
import { groupMetrics } from './group-metrics.ts';
import { partitionMetrics } from './partition-metrics.ts';
import { ProcessMetrics } from './process-metrics.ts';
import { PrometheusText } from './prometheus.ts';
import { RequestMetricsText } from './request-metrics-text.ts';

export interface MetricSources {
  context: BrokerContext;
  server: KafkaServer;
  requests: RequestMetrics;
}

/**
 * `/metrics`, under the names that dashboards know: those of the JMX exporter's rules for Kafka, of kafka_exporter, of prom-client for
 * the process, and `headwater_` before what is our own. docs/metrics.md lists them.
 */
export class Metrics {
  readonly #process = new ProcessMetrics();
  readonly #requests = new RequestMetricsText(() => performance.now());

  async text({ context, server, requests }: MetricSources): Promise<string> {
    const text = new PrometheusText();
    const dropped = {
      topics: topicMetrics(text, context),
      partitions: partitionMetrics(text, context),
      groups: groupMetrics(text, context),
    };
    this.#requests.write(text, requests);
    nodeMetrics(text, context, server.stats(), this.#process.idleShare());
    fetchSessionMetrics(text, context);
    storageMetrics(text, context);
    accessMetrics(text, context);
    await this.#process.write(text);
    text.metric(
      'headwater_metrics_left_out',
      'gauge',
      'Topics, partitions and offsets of groups beyond the bounds of this page.',
    );
    for (const [kind, count] of Object.entries(dropped)) text.sample('headwater_metrics_left_out', count, { kind });
    return text.toString();
  }

  close(): void {
    this.#process.close();
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
