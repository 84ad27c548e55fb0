import type { ServerResponse } from 'node:http';

/** A made-up SQL server: a stream, a table, the query between them, and one that is being rewound. */
const streams = [
  { type: 'STREAM', name: 'RIDES', topic: 'events', keyFormat: 'KAFKA', valueFormat: 'JSON', isWindowed: false },
];
const tables = [
  {
    type: 'TABLE',
    name: 'KM_BY_RIDER',
    topic: 'KM_BY_RIDER',
    keyFormat: 'KAFKA',
    valueFormat: 'JSON',
    isWindowed: true,
  },
];
const queryString =
  'CREATE TABLE KM_BY_RIDER AS SELECT RIDER, SUM(KM) KM FROM RIDES WINDOW TUMBLING (SIZE 1 HOURS) GROUP BY RIDER;';
const query = {
  queryString,
  sinks: ['KM_BY_RIDER'],
  sinkKafkaTopics: ['KM_BY_RIDER'],
  id: 'CTAS_KM_BY_RIDER_1',
  statusCount: { RUNNING: 1 },
  queryType: 'PERSISTENT',
  state: 'RUNNING',
};
const rewound = {
  ...query,
  id: 'CTAS_KM_BY_RIDER_1_G2',
  state: 'REWINDING',
  rewind: {
    of: query.id,
    state: 'rewinding',
    percent: 42,
    recordsTotal: 1000,
    recordsLeft: 580,
    etaMs: 1200,
    error: null,
  },
};

/** The answer of `/ksql`. */
export function ksqlAnswer(body: string, hasSources: boolean): { status: number; answer: unknown } {
  const { ksql } = JSON.parse(body) as { ksql: string };
  const entities = ksql
    .split(';')
    .map((text) => text.trim())
    .filter(Boolean)
    .map((text) => entityOf(text, hasSources));
  if (entities.includes(null)) {
    const message = `line 1:1: Syntax Error\nUnknown statement '${ksql.split(' ')[0]}'`;
    return {
      status: 400,
      answer: { '@type': 'statement_error', error_code: 40001, message, statementText: ksql, entities: [] },
    };
  }
  return { status: 200, answer: entities };
}

function entityOf(statementText: string, hasSources: boolean): unknown {
  const head = { statementText, warnings: [] };
  const of = <Line>(lines: Line[]): Line[] => (hasSources ? lines : []);
  const [verb, what] = statementText.toUpperCase().split(/\s+/);
  switch (verb) {
    case 'SHOW':
      if (what === 'STREAMS') return { '@type': 'streams', ...head, streams: of(streams) };
      if (what === 'TABLES') return { '@type': 'tables', ...head, tables: of(tables) };
      return { '@type': 'queries', ...head, queries: of([query, rewound]) };
    case 'DESCRIBE': {
      const fields = ['RIDER', 'KM', 'PAID'].map((name) => ({ name, schema: { type: 'STRING' } }));
      return { '@type': 'sourceDescription', ...head, sourceDescription: { name: 'RIDES', fields } };
    }
    case 'EXPLAIN': {
      const queryDescription = {
        id: query.id,
        statementText: queryString,
        sources: ['RIDES'],
        sinks: ['KM_BY_RIDER'],
        executionPlan:
          ' > [ SINK ] | Schema: RIDER STRING KEY, KM INTEGER\n     > [ AGGREGATE ] | Schema: RIDER STRING KEY, KM INTEGER',
        topology: 'Topologies:\n   Sub-topology: 0\n    Source: KSTREAM-SOURCE-0000000000 (topics: [events])',
        state: 'RUNNING',
      };
      return { '@type': 'queryDescription', ...head, queryDescription };
    }
    case 'CREATE': {
      const commandStatus = { status: 'SUCCESS', message: 'Stream created', queryId: null };
      return {
        '@type': 'currentStatus',
        ...head,
        commandId: 'stream/X/create',
        commandStatus,
        commandSequenceNumber: 1,
      };
    }
    default:
      return null;
  }
}

/** Rows of `/query-stream`: three at once, and then one with each call of the function that it gives. */
export function streamRides(body: string, response: ServerResponse): () => void {
  const { sql } = JSON.parse(body) as { sql: string };
  response.writeHead(200, { 'content-type': 'application/vnd.ksqlapi.delimited.v1' });
  response.write(
    '{"queryId":"q1","columnNames":["RIDER","KM","PAID"],"columnTypes":["STRING","BIGINT","DECIMAL(6, 2)"]}\n',
  );
  let count = 0;
  const next = (): void => {
    response.write(`["rider-${count % 3}",${9007199254740993n + BigInt(count)},${count}.50]\n`);
    count += 1;
  };
  for (let first = 0; first < 3; first += 1) next();
  if (!/EMIT CHANGES/i.test(sql)) response.end();
  return next;
}
