const text = { type: 'string' };

export const sampleTypes = ['counter', 'gauge', 'histogram', 'summary', 'untyped'] as const;

export const sampleSources = ['scrape', 'otlp', 'remote-write', 'rule'] as const;

/** The topic of metric samples, one a record, keyed by service: whoever writes first makes it, and all make it alike. */
export const metricSamplesTopic = {
  name: 'headwater-metrics',
  partitions: 3,
  retentionMs: 7 * 86_400_000,
  /** Bytes of a partition: samples are many, and the metrics store has them in a twentieth of the room. */
  retentionBytes: 256 * 1024 * 1024,
} as const;

/** JSON Schema of its values. */
export const metricSampleSchema = {
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
    source: { type: 'string', enum: [...sampleSources] },
  },
  required: ['timestampMs', 'service', 'name', 'type', 'value', 'labels', 'source'],
} as const;
