import { prometheusLabel, prometheusName } from '../samples/metric-name.ts';
import { numberFields, type Sample, type SampleType } from '../samples/sample.ts';
import type {
  OtlpHistogramPoint,
  OtlpMetric,
  OtlpMetrics,
  OtlpNumberPoint,
  OtlpPoint,
  OtlpSummaryPoint,
} from './otlp-metrics.ts';
import { plainAttributes } from './otlp-trace.ts';
import { listOf, millisOf, OtlpError, textOf } from './otlp-values.ts';

/** What of a request could be kept. */
export interface OtlpSamples {
  samples: Sample[];
  /** Data points that they are of. */
  points: number;
  /** Data points that could not. */
  rejected: number;
  /** Why the first of them was. */
  reason: string;
}

interface Series {
  timestampMs: number;
  service: string;
  instance?: string;
  labels: Record<string, string>;
}

/** Of one data point: more are no labels of anybody. */
const labelsMax = 64;
const labelTextMax = 1_024;
const bucketsMax = 1_000;

/**
 * OpenTelemetry's metrics as Prometheus' samples (https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/): names with units,
 * histograms with cumulative buckets, the resource as `target_info`. Exponential histograms and increments (delta temporality) are
 * refused with a reason, as a Prometheus without them does.
 *
 * @param nowMs for points without a time, milliseconds since 1970
 */
export function samplesOfOtlp(metrics: OtlpMetrics, nowMs: number): OtlpSamples {
  const result: OtlpSamples = { samples: [], points: 0, rejected: 0, reason: '' };
  listOf(metrics.resourceMetrics).forEach((group) => {
    const resource = plainAttributes(listOf(group?.resource?.attributes));
    const service = textOf(resource['service.name'] ?? 'unknown_service');
    const id = resource['service.instance.id'];
    const origin = { service, ...(id !== undefined && { instance: textOf(id) }) };
    let latestMs = 0;
    for (const scoped of listOf(group?.scopeMetrics)) {
      const scope: Record<string, string> = scoped?.scope?.name ? { otel_scope_name: String(scoped.scope.name) } : {};
      for (const metric of listOf(scoped?.metrics)) {
        try {
          latestMs = Math.max(latestMs, addMetric(result.samples, metric ?? {}, origin, scope, nowMs));
          result.points += pointsOf(metric ?? {});
        } catch (error) {
          if (!(error instanceof OtlpError)) throw error;
          result.rejected += pointsOf(metric ?? {});
          result.reason ||= error.message;
        }
      }
    }
    if (latestMs > 0) result.samples.push(targetInfo(resource, origin, latestMs));
  });
  return result;
}

/** @returns the time of the newest point; 0 when there is none */
function addMetric(
  samples: Sample[],
  metric: OtlpMetric,
  origin: { service: string; instance?: string },
  scope: Record<string, string>,
  nowMs: number,
): number {
  if (!metric.name) throw new OtlpError('a metric has no name');
  const type = typeOf(metric);
  const name = prometheusName(metric.name, metric.unit ?? '', type === 'untyped' ? 'gauge' : type);
  let latestMs = 0;
  const added: Sample[] = [];
  for (const point of listOf<OtlpPoint>(pointList(metric))) {
    // Bit 1: there is no value, only word that the series still is.
    if (point === null || (Number(point.flags ?? 0) & 1) === 1) continue;
    const timestampMs = millisOf(point.timeUnixNano) || nowMs;
    latestMs = Math.max(latestMs, timestampMs);
    const series = { ...origin, timestampMs, labels: labelsOf(point, scope) };
    if (metric.histogram) addHistogram(added, name, point, series);
    else if (metric.summary) addSummary(added, name, point, series);
    else added.push(sample(name, type, numberOf(point as OtlpNumberPoint), series));
  }
  // All of a metric, or nothing: buckets without their count would be worse than none.
  for (const one of added) samples.push(one);
  return latestMs;
}

function typeOf(metric: OtlpMetric): SampleType {
  if (metric.gauge) return 'gauge';
  if (metric.sum) {
    refuseDelta(metric.name!, metric.sum.aggregationTemporality);
    return metric.sum.isMonotonic ? 'counter' : 'gauge';
  }
  if (metric.histogram) {
    refuseDelta(metric.name!, metric.histogram.aggregationTemporality);
    return 'histogram';
  }
  if (metric.summary) return 'summary';
  if (metric.exponentialHistogram)
    throw new OtlpError(
      `${metric.name} is an exponential histogram: set OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION=explicit_bucket_histogram`,
    );
  throw new OtlpError(`${metric.name} has no data`);
}

function refuseDelta(name: string, temporality: number | string | undefined): void {
  if (temporality === 1 || temporality === 'AGGREGATION_TEMPORALITY_DELTA')
    throw new OtlpError(
      `${name} comes as increments: set OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=cumulative`,
    );
}

function pointList(metric: OtlpMetric): readonly OtlpPoint[] | undefined {
  return (metric.gauge ?? metric.sum ?? metric.histogram ?? metric.summary)?.dataPoints;
}

function pointsOf(metric: OtlpMetric): number {
  const points = metric.exponentialHistogram?.dataPoints ?? pointList(metric);
  return Array.isArray(points) ? Math.max(1, points.length) : 1;
}

function labelsOf(point: OtlpPoint, scope: Record<string, string>): Record<string, string> {
  const labels: Record<string, string> = { ...scope };
  const attributes = plainAttributes(listOf(point.attributes));
  let count = 0;
  for (const key in attributes) {
    if (++count > labelsMax) throw new OtlpError(`a data point has more than ${labelsMax} attributes`);
    const text = textOf(attributes[key]);
    labels[prometheusLabel(key)] = text.length > labelTextMax ? text.slice(0, labelTextMax) : text;
  }
  return labels;
}

function sample(name: string, type: SampleType, value: number, series: Series, more?: Record<string, string>): Sample {
  const { instance, labels, service, timestampMs } = series;
  return {
    timestampMs,
    service,
    ...(instance !== undefined && { instance }),
    name,
    type,
    ...numberFields(value),
    labels: more === undefined ? labels : { ...labels, ...more },
    source: 'otlp',
  };
}

function addHistogram(samples: Sample[], name: string, point: OtlpHistogramPoint, series: Series): void {
  const bounds = listOf(point.explicitBounds).map(Number);
  const counts = listOf(point.bucketCounts).map(Number);
  if (bounds.length > bucketsMax) throw new OtlpError(`${name} has more than ${bucketsMax} buckets`);
  if (counts.length !== 0 && counts.length !== bounds.length + 1)
    throw new OtlpError(`${name} has ${counts.length} counts for ${bounds.length} bounds`);
  let sum = 0;
  bounds.forEach((bound, i) => {
    sum += counts[i] ?? 0;
    samples.push(sample(`${name}_bucket`, 'histogram', sum, series, { le: numberText(bound) }));
  });
  const count = Number(point.count ?? 0);
  samples.push(sample(`${name}_bucket`, 'histogram', count, series, { le: '+Inf' }));
  if (point.sum !== undefined) samples.push(sample(`${name}_sum`, 'histogram', Number(point.sum), series));
  samples.push(sample(`${name}_count`, 'histogram', count, series));
}

function addSummary(samples: Sample[], name: string, point: OtlpPoint, series: Series): void {
  const { count, quantileValues, sum } = point as OtlpSummaryPoint;
  for (const one of listOf(quantileValues)) {
    const quantile = { quantile: numberText(Number(one?.quantile ?? 0)) };
    samples.push(sample(name, 'summary', Number(one?.value ?? 0), series, quantile));
  }
  samples.push(sample(`${name}_sum`, 'summary', Number(sum ?? 0), series));
  samples.push(sample(`${name}_count`, 'summary', Number(count ?? 0), series));
}

/** As Prometheus writes bounds and quantiles. */
function numberText(value: number): string {
  return value === Number.POSITIVE_INFINITY ? '+Inf' : value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}

function numberOf({ asDouble, asInt }: OtlpNumberPoint): number {
  return Number(asDouble ?? asInt ?? Number.NaN);
}

/** What the resource says, as a series of its own: nothing else carries it. */
function targetInfo(
  resource: Readonly<Record<string, unknown>>,
  origin: { service: string; instance?: string },
  timestampMs: number,
): Sample {
  const labels: Record<string, string> = {};
  for (const key of Object.keys(resource).slice(0, labelsMax))
    if (key !== 'service.name' && key !== 'service.instance.id')
      labels[prometheusLabel(key)] = textOf(resource[key]).slice(0, labelTextMax);
  return sample('target_info', 'gauge', 1, { ...origin, timestampMs, labels });
}
