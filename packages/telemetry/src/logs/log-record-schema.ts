import { logLevels, logSources } from './log-record.ts';

const text = { type: 'string' };

/** JSON Schema of the values of `headwater-logs`: fields may be added, none is taken away. */
export const logRecordSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'LogRecord',
  type: 'object',
  properties: {
    timestampMs: { type: 'integer', description: 'when it was logged, milliseconds since 1970' },
    receivedMs: { type: 'integer', description: 'when it came in, milliseconds since 1970' },
    service: text,
    instance: text,
    level: { type: 'string', enum: [...logLevels] },
    message: text,
    logger: text,
    thread: text,
    traceId: text,
    spanId: text,
    correlationId: text,
    stack: text,
    source: { type: 'string', enum: [...logSources] },
    host: text,
    file: text,
    attributes: { type: 'object', additionalProperties: text },
  },
  required: ['timestampMs', 'receivedMs', 'service', 'message', 'source'],
} as const;
