import { ProtoReader } from '../wire/proto-reader.ts';
import type {
  OtlpHistogramPoint,
  OtlpMetric,
  OtlpMetrics,
  OtlpNumberPoint,
  OtlpResourceMetrics,
  OtlpSummaryPoint,
} from './otlp-metrics.ts';
import type { OtlpKeyValue } from './otlp-trace.ts';
import { each, keyValue, messages, readResource, readScope } from './read-otlp-common.ts';

/** ExportMetricsServiceRequest in Protocol Buffers. @throws RangeError */
export function readOtlpMetrics(body: Buffer): OtlpMetrics {
  return { resourceMetrics: messages(new ProtoReader(body), 0x0a, resourceMetricsOf) };
}

function resourceMetricsOf(message: ProtoReader): OtlpResourceMetrics {
  const attributes: OtlpKeyValue[] = [];
  const scopeMetrics: { scope: { name: string; version: string }; metrics: OtlpMetric[] }[] = [];
  each(message, (reader, tag) => {
    if (tag === 0x0a) readResource(reader.message(), attributes);
    else if (tag === 0x12) scopeMetrics.push(scopeMetricsOf(reader.message()));
    else return false;
    return true;
  });
  return { resource: { attributes }, scopeMetrics };
}

function scopeMetricsOf(message: ProtoReader): { scope: { name: string; version: string }; metrics: OtlpMetric[] } {
  let scope = { name: '', version: '' };
  const metrics: OtlpMetric[] = [];
  each(message, (reader, tag) => {
    if (tag === 0x0a) scope = readScope(reader.message());
    else if (tag === 0x12) metrics.push(metricOf(reader.message()));
    else return false;
    return true;
  });
  return { scope, metrics };
}

function metricOf(message: ProtoReader): OtlpMetric {
  const metric: OtlpMetric = {};
  each(message, (reader, tag) => {
    if (tag === 0x0a) metric.name = reader.text();
    else if (tag === 0x1a) metric.unit = reader.text();
    else if (tag === 0x2a) metric.gauge = { dataPoints: messages(reader.message(), 0x0a, numberPoint) };
    else if (tag === 0x3a) metric.sum = sumOf(reader.message());
    else if (tag === 0x4a) metric.histogram = histogramOf(reader.message());
    else if (tag === 0x52) metric.exponentialHistogram = { dataPoints: messages(reader.message(), 0x0a, () => null) };
    else if (tag === 0x5a) metric.summary = { dataPoints: messages(reader.message(), 0x0a, summaryPoint) };
    else return false;
    return true;
  });
  return metric;
}

function sumOf(message: ProtoReader): NonNullable<OtlpMetric['sum']> {
  const dataPoints: OtlpNumberPoint[] = [];
  const sum = { dataPoints, aggregationTemporality: 0, isMonotonic: false };
  each(message, (reader, tag) => {
    if (tag === 0x0a) dataPoints.push(numberPoint(reader.message()));
    else if (tag === 0x10) sum.aggregationTemporality = reader.varint();
    else if (tag === 0x18) sum.isMonotonic = reader.varint() !== 0;
    else return false;
    return true;
  });
  return sum;
}

function histogramOf(message: ProtoReader): NonNullable<OtlpMetric['histogram']> {
  const dataPoints: OtlpHistogramPoint[] = [];
  const histogram = { dataPoints, aggregationTemporality: 0 };
  each(message, (reader, tag) => {
    if (tag === 0x0a) dataPoints.push(histogramPoint(reader.message()));
    else if (tag === 0x10) histogram.aggregationTemporality = reader.varint();
    else return false;
    return true;
  });
  return histogram;
}

function numberPoint(message: ProtoReader): OtlpNumberPoint {
  const attributes: OtlpKeyValue[] = [];
  const point: OtlpNumberPoint = { attributes };
  each(message, (reader, tag) => {
    if (tag === 0x3a) attributes.push(keyValue(reader.message(), 0));
    else if (tag === 0x19) point.timeUnixNano = reader.fixed64();
    else if (tag === 0x21) point.asDouble = reader.double();
    else if (tag === 0x31) point.asInt = String(BigInt.asIntN(64, reader.fixed64()));
    else if (tag === 0x40) point.flags = reader.varint();
    else return false;
    return true;
  });
  return point;
}

function histogramPoint(message: ProtoReader): OtlpHistogramPoint {
  const attributes: OtlpKeyValue[] = [];
  const bucketCounts: number[] = [];
  const explicitBounds: number[] = [];
  const point: OtlpHistogramPoint = { attributes, bucketCounts, explicitBounds };
  each(message, (reader, tag) => {
    if (tag === 0x4a) attributes.push(keyValue(reader.message(), 0));
    else if (tag === 0x19) point.timeUnixNano = reader.fixed64();
    else if (tag === 0x21) point.count = Number(reader.fixed64());
    else if (tag === 0x29) point.sum = reader.double();
    // Lists of numbers come packed, or one by one.
    else if (tag === 0x32)
      for (const packed = reader.message(); !packed.isAtEnd; ) bucketCounts.push(Number(packed.fixed64()));
    else if (tag === 0x31) bucketCounts.push(Number(reader.fixed64()));
    else if (tag === 0x3a)
      for (const packed = reader.message(); !packed.isAtEnd; ) explicitBounds.push(packed.double());
    else if (tag === 0x39) explicitBounds.push(reader.double());
    else if (tag === 0x50) point.flags = reader.varint();
    else return false;
    return true;
  });
  return point;
}

function summaryPoint(message: ProtoReader): OtlpSummaryPoint {
  const attributes: OtlpKeyValue[] = [];
  const quantileValues: { quantile: number; value: number }[] = [];
  const point: OtlpSummaryPoint = { attributes, quantileValues };
  each(message, (reader, tag) => {
    if (tag === 0x3a) attributes.push(keyValue(reader.message(), 0));
    else if (tag === 0x19) point.timeUnixNano = reader.fixed64();
    else if (tag === 0x21) point.count = Number(reader.fixed64());
    else if (tag === 0x29) point.sum = reader.double();
    else if (tag === 0x32) quantileValues.push(quantileOf(reader.message()));
    else if (tag === 0x40) point.flags = reader.varint();
    else return false;
    return true;
  });
  return point;
}

function quantileOf(message: ProtoReader): { quantile: number; value: number } {
  const found = { quantile: 0, value: 0 };
  each(message, (reader, tag) => {
    if (tag === 0x09) found.quantile = reader.double();
    else if (tag === 0x11) found.value = reader.double();
    else return false;
    return true;
  });
  return found;
}
