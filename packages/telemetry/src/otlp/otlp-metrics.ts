import type { OtlpKeyValue, OtlpNanos } from './otlp-trace.ts';

/** OpenTelemetry's metrics as OTLP's JSON has them (opentelemetry-proto 1.x, metrics/v1): what the decoder of Protocol Buffers makes too. */
export interface OtlpMetrics {
  resourceMetrics?: readonly OtlpResourceMetrics[];
}

export interface OtlpResourceMetrics {
  resource?: { attributes?: readonly OtlpKeyValue[] };
  scopeMetrics?: readonly { scope?: { name?: string; version?: string }; metrics?: readonly OtlpMetric[] }[];
}

export interface OtlpMetric {
  name?: string;
  unit?: string;
  gauge?: { dataPoints?: readonly OtlpNumberPoint[] };
  sum?: { dataPoints?: readonly OtlpNumberPoint[]; aggregationTemporality?: number | string; isMonotonic?: boolean };
  histogram?: { dataPoints?: readonly OtlpHistogramPoint[]; aggregationTemporality?: number | string };
  exponentialHistogram?: { dataPoints?: readonly unknown[] };
  summary?: { dataPoints?: readonly OtlpSummaryPoint[] };
}

export interface OtlpPoint {
  attributes?: readonly OtlpKeyValue[];
  timeUnixNano?: OtlpNanos;
  /** Bit 1: no value was recorded. */
  flags?: number;
}

export interface OtlpNumberPoint extends OtlpPoint {
  asDouble?: number | string;
  asInt?: number | string;
}

export interface OtlpHistogramPoint extends OtlpPoint {
  count?: number | string;
  sum?: number | string;
  bucketCounts?: readonly (number | string)[];
  explicitBounds?: readonly (number | string)[];
}

export interface OtlpSummaryPoint extends OtlpPoint {
  count?: number | string;
  sum?: number | string;
  quantileValues?: readonly { quantile?: number | string; value?: number | string }[];
}
