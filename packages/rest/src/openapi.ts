/** The API as an OpenAPI 3.1 document; a test holds it against the routes that are served. */

interface Parameter {
  name: string;
  in: 'query' | 'path';
  required?: boolean;
  description: string;
  schema: Record<string, unknown>;
}

const text = { type: 'string' };
const integer = { type: 'integer' };

const query = (name: string, description: string, schema: Record<string, unknown> = text): Parameter => ({
  name,
  in: 'query',
  description,
  schema,
});
const path = (name: string, description: string): Parameter => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: text,
});

const json = (description: string) => ({
  description,
  content: { 'application/json': { schema: { type: 'object' } } },
});
const failure = (description: string) => ({
  description,
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
});

const produceParameters = [
  query('key', "The record's key; it chooses the partition."),
  query('partition', 'The partition, whatever the key.', integer),
  query('header', 'A header of the record as name:value; may be repeated.'),
  query('timestamp', "The record's time in epoch ms (default: now).", integer),
];
const produceOperation = (parameters: Parameter[], summary: string) => ({
  summary,
  description:
    'The whole body is the value of the record and is kept byte for byte; of type application/x-ndjson each line is a record. Where the registry has the subject <topic>-value (or -key) it is checked and encoded by its newest schema. The headers traceparent and x-correlation-id go on as headers of the record.',
  parameters: [...parameters, ...produceParameters],
  requestBody: {
    required: true,
    content: { 'application/json': { schema: {} }, 'application/x-ndjson': { schema: text } },
  },
  responses: {
    200: json('Where the record is: topic, partition, offset, timestamp; or records with the place of each.'),
    400: failure('The body is not JSON (line and column are named), or the topic name is not valid.'),
    404: failure('There is no such partition.'),
    413: failure('The record is too large.'),
    422: failure(
      'A record does not fit its schema: path is a JSON pointer, record its number where there are several.',
    ),
    503: failure('The event store, or the schema registry, does not answer; Retry-After says when to try again.'),
  },
});

export const openApi = {
  openapi: '3.1.0',
  info: { title: 'Headwater: the log over HTTP', version: '0.1.0' },
  paths: {
    '/api/produce': { post: produceOperation([], 'Produces a record to the topic "events".') },
    '/api/produce/{topic}': {
      post: produceOperation(
        [path('topic', 'Made when it does not exist and the broker allows it.')],
        'Produces a record.',
      ),
    },
    '/api/consume/{topic}': {
      get: {
        summary: 'Reads a page of a topic, or follows it live. No group is joined and nothing is committed.',
        parameters: [
          path('topic', 'The topic.'),
          query('partition', 'Only this partition.', integer),
          query('offset', 'Where to begin in the partition.', integer),
          query('from', 'earliest, latest, epoch ms, an ISO time, or -100 for the last 100 of each partition.'),
          query('cursor', 'Where to go on, as an answer gave it: 0:12,1:40.'),
          query('limit', 'Most records of a page (default 100, at most 10,000).', integer),
          query('maxBytes', 'Most bytes of keys and values of a page (default 8 MiB).', integer),
          query('order', 'asc (default) or desc, the newest first.', { enum: ['asc', 'desc'] }),
          query('contains', 'Only records that hold this text in key, value or headers.'),
          query('format', 'json (default): values embedded; text: as text with sizes.', { enum: ['json', 'text'] }),
          query('live', 'true: server-sent events, as with Accept: text/event-stream.', { type: 'boolean' }),
          query('onSlow', 'Live: drop (default) records that a slow reader cannot take, and say how many; or wait.', {
            enum: ['drop', 'wait'],
          }),
        ],
        responses: {
          200: {
            description:
              'A page: topic, records, cursor, previousCursor, scannedRecords, partitions. Live: events record (id: the cursor) and, each second, status.',
            content: { 'application/json': { schema: { type: 'object' } }, 'text/event-stream': { schema: text } },
          },
          400: failure('A parameter is not understood; the message says what is.'),
          404: failure('There is no such topic or partition.'),
        },
      },
    },
    '/api/topics': {
      get: {
        summary: 'A page of the topics, with records and the lag of the groups that read them.',
        parameters: [
          query('search', 'Part of the name.'),
          query('page', 'From 1.', integer),
          query('pageSize', 'At most 500 (default 50).', integer),
          query('internal', 'true: internal topics too.', { type: 'boolean' }),
          query('platform', 'false: without topics of the platform itself, named headwater-… or _….', {
            type: 'boolean',
          }),
          query('sort', 'name, -name, partitions or -partitions.'),
        ],
        responses: { 200: json('total, page, pageSize, topics.') },
      },
      post: {
        summary: 'Creates a topic: {"name","partitions"?,"replicationFactor"?,"configs"?}.',
        requestBody: { required: true, content: { 'application/json': { schema: { type: 'object' } } } },
        responses: {
          201: json('name, topicId, partitions.'),
          400: failure('Not a valid topic.'),
          409: failure('It exists.'),
        },
      },
    },
    '/api/topics/_live': {
      get: {
        summary: 'Live: each second one event "topics" with rates of topics, and state, lag and rates of groups.',
        responses: { 200: { description: 'A stream.', content: { 'text/event-stream': { schema: text } } } },
      },
    },
    '/api/topics/{topic}': {
      get: {
        summary: 'Partitions with their ends, configuration, and the groups that read the topic.',
        parameters: [path('topic', 'The topic.')],
        responses: { 200: json('The topic.'), 404: failure('There is no such topic.') },
      },
      delete: {
        summary: 'Deletes a topic and all its records.',
        parameters: [path('topic', 'The topic.')],
        responses: { 204: { description: 'It is gone.' }, 404: failure('There is no such topic.') },
      },
    },
    '/api/groups': { get: { summary: 'The consumer groups with their lag.', responses: { 200: json('groups.') } } },
    '/api/groups/{group}': {
      get: {
        summary: 'Members with their assignments, and offsets with lag by partition.',
        parameters: [path('group', 'The group id.')],
        responses: { 200: json('The group.'), 404: failure('There is no such group.') },
      },
    },
    '/api/cluster': {
      get: { summary: 'Cluster id, controller, brokers, number of topics.', responses: { 200: json('The cluster.') } },
    },
    '/api/correlate': {
      get: {
        summary:
          'What belongs to a record, trace, correlation id, document or row: trace, logs, records before and after, documents, rows.',
        parameters: [
          query('topic', 'Of a record, with partition and offset.'),
          query('partition', 'Of the record.', integer),
          query('offset', 'Of the record.', integer),
          query('traceId', 'A trace: 32 hexadecimal digits.'),
          query('correlationId', 'A correlation id.'),
          query('index', 'Of a document, with id.'),
          query('id', 'Of the document.'),
          query('table', 'A SQL table, or a topic that holds one, with key.'),
          query('key', 'Of the row: text, or a number.'),
          query(
            'windowMs',
            'How long before and after topics are looked through (default 10,000, at most 300,000).',
            integer,
          ),
          query('aroundMs', 'Where to look when nothing says when it was; epoch ms.', integer),
        ],
        responses: {
          200: json(
            'subject, ids, record, trace, logs, upstream, downstream, related, documents, rows, searched, isComplete, tookMs.',
          ),
          400: failure('It is not said what is asked about.'),
          404: failure('There is no such topic or partition.'),
          503: failure('Too many of these are under way.'),
        },
      },
    },
    '/api/openapi.json': { get: { summary: 'This document.', responses: { 200: json('OpenAPI 3.1.') } } },
    '/health': {
      get: { summary: 'Whether the event store answers.', responses: { 200: json('UP.'), 503: failure('DOWN.') } },
    },
  },
  components: {
    schemas: {
      Error: {
        type: 'object',
        required: ['error'],
        properties: {
          error: {
            type: 'object',
            required: ['code', 'message'],
            properties: {
              code: text,
              message: text,
              topic: text,
              partition: integer,
              line: integer,
              column: integer,
              path: text,
              record: integer,
              subject: text,
              version: integer,
              schemaId: integer,
            },
          },
        },
      },
    },
  },
} as const;
