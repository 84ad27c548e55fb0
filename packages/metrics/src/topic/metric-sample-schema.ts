/** JSON Schema of a record of `headwater-metrics`: one sample. */
export const metricSampleSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'MetricSample',
  type: 'object',
  required: ['timestampMs', 'service', 'name', 'type', 'value', 'labels', 'source'],
  properties: {
    timestampMs: { type: 'integer', description: 'Milliseconds since 1970' },
    service: { type: 'string' },
    instance: { type: 'string' },
    name: { type: 'string' },
    type: { enum: ['counter', 'gauge', 'histogram', 'summary', 'untyped'] },
    value: { type: ['number', 'null'], description: 'null where JSON has no such number: see special' },
    special: { enum: ['NaN', '+Inf', '-Inf'] },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    source: { enum: ['scrape', 'otlp', 'remote-write', 'rule'] },
  },
} as const;
