import type { LogCounters, SourceCounters } from './log-counters.ts';
import type { MetricFamily } from './prometheus-text.ts';
import type { LogIndexer } from './store/log-indexer.ts';

const bySource = [
  ['received', 'Log records that came in.'],
  ['written', 'Log records that are on the log.'],
  ['truncated', 'Log records of which parts were cut.'],
  ['malformed', 'Lines that looked like JSON, or frames of their protocol, and were not.'],
  ['skewed', 'Log records whose time is more than ten minutes ahead or longer ago than the log keeps.'],
] as const satisfies readonly (readonly [keyof SourceCounters, string])[];

/** What the receivers count, in Prometheus' names. */
export function intakeMetrics(
  counters: LogCounters,
  now: { queuedBytes: number; connections: number; refusedConnections: number },
): MetricFamily[] {
  const entries = [...counters.entries()];
  const families: MetricFamily[] = bySource.map(([name, help]) => ({
    name: `headwater_logs_${name}_total`,
    type: 'counter',
    help,
    samples: entries.map(([source, of]) => ({ labels: { source }, value: of[name] })),
  }));
  families.push(
    {
      name: 'headwater_logs_dropped_total',
      type: 'counter',
      help: 'Log records that were not kept, with the reason.',
      samples: entries.flatMap(([source, { dropped }]) =>
        [...dropped].map(([reason, value]) => ({ labels: { source, reason }, value })),
      ),
    },
    gauge('headwater_logs_queued_bytes', 'Taken and not on the log yet.', now.queuedBytes),
    gauge('headwater_logs_connections', 'Open connections.', now.connections),
    {
      name: 'headwater_logs_refused_connections_total',
      type: 'counter',
      help: 'Connections that were closed at once: too many, TLS on a listener without, or nobody who may write.',
      samples: [{ value: now.refusedConnections }],
    },
  );
  return families;
}

export function gauge(name: string, help: string, value: number): MetricFamily {
  return { name, type: 'gauge', help, samples: [{ value }] };
}

/** How far the query store is behind the log. */
export function indexerMetrics(indexer: LogIndexer): MetricFamily[] {
  const counter = (name: string, help: string, value: number): MetricFamily => ({
    ...gauge(name, help, value),
    type: 'counter',
  });
  return [
    counter('headwater_logs_indexed_total', 'Log records that the query store has taken.', indexer.documents),
    {
      name: 'headwater_logs_index_failed_total',
      type: 'counter',
      help: 'Log records that the query store refused, by its reason.',
      samples: [...indexer.failed].map(([reason, value]) => ({ labels: { reason }, value })),
    },
    counter(
      'headwater_logs_index_left_out_total',
      'Records that the pipeline dropped, or that are no log records.',
      indexer.leftOut,
    ),
    counter(
      'headwater_logs_pipeline_failed_total',
      'Records that the pipeline failed on: indexed as they were.',
      indexer.pipelineFailed,
    ),
    counter(
      'headwater_logs_index_own_skipped_total',
      'Lines that indexing itself causes, beyond their rate.',
      indexer.skipped,
    ),
    gauge('headwater_logs_index_lag_records', 'Log records that are not in the query store yet.', indexer.lagRecords),
    gauge(
      'headwater_logs_index_lag_seconds',
      'Age of the last indexed record while others wait.',
      indexer.lagMs / 1_000,
    ),
    gauge('headwater_logs_index_up', 'Whether the query store takes log records.', indexer.error === undefined ? 1 : 0),
  ];
}
