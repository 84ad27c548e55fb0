import type { sampleSources, sampleTypes } from '@headwater/events';

/** One value of a series at one time, as it is kept on the topic `headwater-metrics`: a sample as Prometheus has it. */
export interface Sample {
  /** Milliseconds since 1970. */
  timestampMs: number;
  service: string;
  instance?: string;
  /** By Prometheus' rules; of a histogram one of `_bucket` (label `le`), `_sum`, `_count`. */
  name: string;
  type: SampleType;
  /** null: what JSON has no number for stands in `special`. */
  value: number | null;
  special?: 'NaN' | '+Inf' | '-Inf';
  labels: Record<string, string>;
  source: (typeof sampleSources)[number];
}

export type SampleType = (typeof sampleTypes)[number];

/** A number as JSON can hold it. */
export function numberFields(value: number): Pick<Sample, 'value' | 'special'> {
  if (Number.isFinite(value)) return { value };
  return { value: null, special: Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf' };
}
