import type { BrokerContext } from '../context.ts';
import type { PartitionLog } from '../storage/index.ts';
import type { PrometheusText } from './prometheus.ts';

/** Series have a bound: a broker may have 100,000 partitions, and Prometheus keeps each of them. */
export const partitionsMax = 2_000;

interface Labels extends Record<string, string> {
  topic: string;
  partition: string;
}

/**
 * Offsets and sizes by partition, under the names of the JMX exporter's Kafka rules (`kafka_log_log_*`) and of kafka_exporter
 * (`kafka_topic_partition_*`). Returns how many partitions were left out.
 */
export function partitionMetrics(text: PrometheusText, { brokerId, store }: BrokerContext): number {
  const topics = store.topics().sort((a, b) => rank(a.name) - rank(b.name));
  text.metric('kafka_topic_partitions', 'gauge', 'Partitions of the topic.');
  let left = partitionsMax;
  for (const { name, partitions } of topics) {
    if (left-- <= 0) break;
    text.sample('kafka_topic_partitions', partitions, { topic: name });
  }
  const found: { log: PartitionLog; labels: Labels }[] = [];
  let total = 0;
  for (const { name, partitions } of topics) {
    total += partitions;
    for (let index = 0; index < partitions && found.length < partitionsMax; index++) {
      const log = store.partition(name, index);
      if (log !== undefined && isReadable(log)) found.push({ log, labels: { topic: name, partition: String(index) } });
    }
  }
  const gauges: [name: string, help: string, value: (log: PartitionLog) => number][] = [
    [
      'kafka_topic_partition_current_offset',
      'Offset of the next record, as consumers see it.',
      (log) => log.highWatermark,
    ],
    ['kafka_topic_partition_oldest_offset', 'Offset of the oldest record.', (log) => log.logStartOffset],
    ['kafka_topic_partition_leader', 'Broker that leads the partition.', () => brokerId],
    ['kafka_topic_partition_leader_is_preferred', '1: it is the one that should.', () => 1],
    ['kafka_topic_partition_replicas', 'Replicas.', () => 1],
    ['kafka_topic_partition_in_sync_replica', 'Replicas that are in sync.', () => 1],
    ['kafka_topic_partition_under_replicated_partition', '1: a replica is missing.', () => 0],
    ['kafka_log_log_size', 'Bytes of the log.', (log) => log.sizeBytes],
    ['kafka_log_log_logstartoffset', 'Offset of the oldest record.', (log) => log.logStartOffset],
    ['kafka_log_log_logendoffset', 'Offset of the next record.', (log) => log.logEndOffset],
    ['kafka_log_log_numlogsegments', 'Files of records.', (log) => log.segmentCount],
  ];
  for (const [name, help, value] of gauges) {
    text.metric(name, 'gauge', help);
    for (const { labels, log } of found) text.sample(name, value(log), labels);
  }
  return Math.max(0, total - found.length);
}

/** Those of users first, when there is not room for all. */
function rank(topic: string): number {
  return topic.startsWith('__') ? 1 : 0;
}

/** A log that cannot be opened is told by the log, and must not take the others out of sight. */
function isReadable(log: PartitionLog): boolean {
  try {
    return log.logEndOffset >= 0;
  } catch {
    return false;
  }
}
