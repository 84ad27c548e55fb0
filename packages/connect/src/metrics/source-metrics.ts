import { byPartition, type Family, type MetricsRegistry, measure, one } from './connector-metrics.ts';

/** What a source of records has done since it was started. */
export interface SourceFigures {
  /** What was read from where it comes from, also what was then left out. */
  readonly polled: number;
  /** Why things were left out, in words of the program's own, and how many. */
  readonly skipped?: Readonly<Record<string, number>> | undefined;
  /** Failures after which it was tried again. */
  readonly retries?: number | undefined;
  /** When something was read last, in epoch milliseconds. */
  readonly lastPollMs?: number | undefined;
  readonly written: WrittenRecords;
}

/** Counts what the log has acknowledged. */
export class WrittenRecords {
  /** By topic: how many records, and the offset of the last one by partition. */
  readonly topics: Record<string, { records: number; lastOffsets: Record<number, number> }> = {};

  /** Records of a partition, and the offset of the last of them where it is known. */
  add(topic: string, partition: number, records: number, lastOffset?: number): void {
    const ofTopic = (this.topics[topic] ??= { records: 0, lastOffsets: {} });
    ofTopic.records += records;
    if (lastOffset !== undefined) ofTopic.lastOffsets[partition] = lastOffset;
  }
}

const sourceFamilies: readonly Family<SourceFigures>[] = [
  {
    name: 'kafka_connect_source_record_poll_total',
    type: 'counter',
    help: 'What was read from the source, also what was then left out.',
    samples: ({ polled }) => one(polled),
  },
  {
    name: 'kafka_connect_source_record_write_total',
    type: 'counter',
    help: 'Records that the event store has acknowledged.',
    samples: ({ written }) =>
      Object.entries(written.topics).map(([topic, { records }]) => ({ labels: { topic }, value: records })),
  },
  {
    name: 'kafka_connect_source_record_skipped_total',
    type: 'counter',
    help: 'What was read and left out, by the reason.',
    samples: ({ skipped = {} }) => Object.entries(skipped).map(([reason, value]) => ({ labels: { reason }, value })),
  },
  {
    name: 'kafka_connect_source_retries_total',
    type: 'counter',
    help: 'Failures (to read, to connect) after which it was tried again.',
    samples: ({ retries = 0 }) => one(retries),
  },
  {
    name: 'kafka_connect_source_last_poll_timestamp_seconds',
    type: 'gauge',
    help: 'When something was read from the source last.',
    samples: ({ lastPollMs }) => (lastPollMs === undefined ? [] : one(lastPollMs / 1_000)),
  },
  {
    name: 'kafka_connect_source_last_offset',
    type: 'gauge',
    help: 'The offset of the last record that was written.',
    samples: ({ written }) =>
      Object.entries(written.topics).flatMap(([topic, { lastOffsets }]) => byPartition(lastOffsets, { topic })),
  },
];

/**
 * Shows a source's figures among the metrics of its service, by the names that Kafka Connect has for source tasks; gives what takes them out again.
 *
 * @example
 * const written = new WrittenRecords();
 * measureSource(service.metrics, 'orders-source', () => ({ polled, written }));
 * // When records of a partition are acknowledged:
 * written.add('orders', partition, records.length, lastOffset);
 */
export function measureSource(registry: MetricsRegistry, connector: string, figures: () => SourceFigures): () => void {
  return measure(registry, sourceFamilies, { labels: { connector }, figures });
}
