export const logLevels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;

export type LogLevel = (typeof logLevels)[number];

export const logSources = ['otlp', 'tcp', 'beats', 'http', 'syslog', 'file', 'container'] as const;

/** By which way a line came in. */
export type LogSource = (typeof logSources)[number];

/** A log line as it is kept on the topic `headwater-logs`, whatever it came as; what it did not say is left out. */
export interface LogRecord {
  /** When it was logged, as its sender says; without a word of it, when it came. Milliseconds since 1970. */
  timestampMs: number;
  /** When it came. */
  receivedMs: number;
  service: string;
  instance?: string;
  level?: LogLevel;
  message: string;
  logger?: string;
  thread?: string;
  traceId?: string;
  spanId?: string;
  correlationId?: string;
  stack?: string;
  source: LogSource;
  host?: string;
  file?: string;
  attributes?: Record<string, string>;
}
