import type { OtlpKeyValue, OtlpNanos, OtlpValue } from './otlp-trace.ts';

/** OpenTelemetry's logs as OTLP's JSON has them (opentelemetry-proto 1.x, logs/v1): what the decoder of Protocol Buffers makes too. */
export interface OtlpLogs {
  resourceLogs?: readonly OtlpResourceLogs[];
}

export interface OtlpResourceLogs {
  resource?: { attributes?: readonly OtlpKeyValue[] };
  scopeLogs?: readonly { scope?: { name?: string; version?: string }; logRecords?: readonly OtlpLogRecord[] }[];
}

export interface OtlpLogRecord {
  timeUnixNano?: OtlpNanos;
  observedTimeUnixNano?: OtlpNanos;
  /** 1 to 24, by fours: trace, debug, info, warn, error, fatal. */
  severityNumber?: number | string;
  severityText?: string;
  body?: OtlpValue;
  attributes?: readonly OtlpKeyValue[];
  droppedAttributesCount?: number;
  /** Hexadecimal. */
  traceId?: string;
  spanId?: string;
  eventName?: string;
}
