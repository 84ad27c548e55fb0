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
  source: 'scrape' | 'otlp' | 'remote-write' | 'rule';
}

export const sampleTypes = ['counter', 'gauge', 'histogram', 'summary', 'untyped'] as const;

export type SampleType = (typeof sampleTypes)[number];

const text = { type: 'string' };

/** JSON Schema of the values of `headwater-metrics`. */
export const sampleSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Sample',
  type: 'object',
  properties: {
    timestampMs: { type: 'integer', description: 'milliseconds since 1970' },
    service: text,
    instance: text,
    name: text,
    type: { type: 'string', enum: [...sampleTypes] },
    value: { type: ['number', 'null'] },
    special: { type: 'string', enum: ['NaN', '+Inf', '-Inf'], description: 'where value is null' },
    labels: { type: 'object', additionalProperties: text },
    source: { type: 'string', enum: ['scrape', 'otlp', 'remote-write', 'rule'] },
  },
  required: ['timestampMs', 'service', 'name', 'type', 'value', 'labels', 'source'],
} as const;

/** A number as JSON can hold it. */
export function numberFields(value: number): Pick<Sample, 'value' | 'special'> {
  if (Number.isFinite(value)) return { value };
  return { value: null, special: Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf' };
}
