import type { PrometheusText } from '@headwater/http';
import type { Streams } from '@headwater/streams';

/** Queries that have series of their own. */
const queriesMax = 500;

/** What persistent queries do: records, errors, how far they are behind. */
export function sqlMetrics(text: PrometheusText, streams: Streams): void {
  const { commits, restores, tasks, topologies } = streams.metrics;
  text
    .gauge('headwater_sql_persistent_queries', 'Persistent queries on this server.', topologies.length)
    .counter('headwater_sql_commits_total', 'Commits of their work.', commits.count)
    .gauge('headwater_sql_restoring_stores', 'Tables that are being read from their changelog.', restores.length);
  const queries = new Map<string, { in: number; out: number; failed: number; lag: number; rows: number }>();
  for (const { inputs, recordsFailed, recordsIn, recordsOut, stores, topology } of tasks) {
    let query = queries.get(topology);
    if (query === undefined) {
      if (queries.size >= queriesMax) continue;
      queries.set(topology, (query = { in: 0, out: 0, failed: 0, lag: 0, rows: 0 }));
    }
    query.in += recordsIn;
    query.out += recordsOut;
    query.failed += recordsFailed;
    for (const { lagRecords } of inputs) query.lag += Math.max(0, lagRecords);
    for (const { rows } of stores) query.rows += rows;
  }
  for (const [name, kind, help, field] of [
    ['headwater_sql_records_in_total', 'counter', 'Records that a query has read.', 'in'],
    ['headwater_sql_records_out_total', 'counter', 'Records that a query has written.', 'out'],
    ['headwater_sql_records_failed_total', 'counter', 'Records that a query could not work on.', 'failed'],
    ['headwater_sql_lag_records', 'gauge', 'Records that a query has not read yet.', 'lag'],
    ['headwater_sql_table_rows', 'gauge', 'Rows of its tables, about.', 'rows'],
  ] as const) {
    text.metric(name, kind, help);
    for (const [query, counts] of queries) text.sample(name, { query }, counts[field]);
  }
}
