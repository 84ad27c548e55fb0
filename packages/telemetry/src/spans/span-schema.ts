const text = { type: 'string' };
const micros = { type: 'integer', description: 'microseconds' };
const endpoint = {
  type: 'object',
  properties: { serviceName: text, ipv4: text, ipv6: text, port: { type: 'integer' } },
};

/** JSON Schema of the values of `headwater-spans`: a span as Zipkin's API v2 has it. */
export const spanSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Span',
  type: 'object',
  properties: {
    traceId: { type: 'string', description: '16 or 32 hexadecimal digits' },
    id: { type: 'string', description: '16 hexadecimal digits' },
    parentId: text,
    kind: { type: 'string', enum: ['CLIENT', 'SERVER', 'PRODUCER', 'CONSUMER'] },
    name: text,
    timestamp: { ...micros, description: 'microseconds since 1970' },
    duration: micros,
    debug: { type: 'boolean' },
    shared: { type: 'boolean' },
    localEndpoint: endpoint,
    remoteEndpoint: endpoint,
    annotations: { type: 'array', items: { type: 'object', properties: { timestamp: micros, value: text } } },
    tags: { type: 'object', additionalProperties: text },
  },
  required: ['traceId', 'id'],
} as const;
