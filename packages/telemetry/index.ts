export type { TailedFiles } from './src/logs/files/file-tailer.ts';
export type { LogLevel, LogRecord, LogSource } from './src/logs/log-record.ts';
export { logRecordSchema } from './src/logs/log-record-schema.ts';
export { type Logs, type LogsOptions, startLogs } from './src/logs/logs.ts';
export { type Otlp, type OtlpOptions, startOtlp } from './src/otlp/otlp.ts';
export type { Annotation, Endpoint, Span, SpanKind } from './src/spans/span.ts';
export { startZipkin, type Zipkin, type ZipkinOptions } from './src/zipkin/zipkin.ts';
