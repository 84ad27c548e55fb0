/** Sinks that commit offsets with the data, and figures of sinks and sources. */
export { ConnectError, type ConnectErrorCode } from './src/connect-error.ts';
export type { MetricsRegistry } from './src/metrics/connector-metrics.ts';
export { measureSource, type SourceFigures, WrittenRecords } from './src/metrics/source-metrics.ts';
export { migrate } from './src/postgres/migrate.ts';
export { openPostgresSink, type PostgresSinkOptions } from './src/postgres/postgres-sink.ts';
export type { PostgresColumn } from './src/postgres/postgres-store.ts';
export { rowIdOf } from './src/row-id.ts';
export type { RunningSink, SinkFigures, SinkState } from './src/running-sink.ts';
export { openSearchSink, type SearchDocument, type SearchSinkOptions } from './src/search/search-sink.ts';
export type { SinkOptions, SinkRecord, SinkTracer } from './src/sink-options.ts';
