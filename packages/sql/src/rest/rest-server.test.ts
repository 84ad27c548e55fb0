import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { request } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { after, before, beforeEach, test } from 'node:test';
import { type RestServer, startRestServer } from './rest-server.ts';
import { ScriptedService } from './testing/scripted-service.ts';

let service = new ScriptedService();
let server: RestServer;

before(async () => {
  const current = new Proxy({} as ScriptedService, {
    get: (_target, name) => {
      const value = Reflect.get(service, name);
      return typeof value === 'function' ? value.bind(service) : value;
    },
  });
  server = await startRestServer({ service: current, maxBodyBytes: 64 * 1024, drainTimeoutMs: 100 });
});
beforeEach(() => {
  service = new ScriptedService();
});
after(async () => {
  await server.close();
  await server.close();
});

const row = (k: string | null, v: unknown, isTombstone = false) => ({ values: [k, v], isTombstone });

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(server.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.ksql.v1+json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}
const get = async (path: string) => {
  const response = await fetch(server.url + path, { redirect: 'manual' });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text), headers: response.headers };
};

test('/ksql answers with an entity for each statement that has one', async () => {
  const { status, text } = await post('/ksql', { ksql: "SET 'a'='b'; CREATE STREAM s (a INT);" });
  equal(status, 200);
  const entities = JSON.parse(text);
  equal(entities.length, 1);
  equal(entities[0]['@type'], 'currentStatus');
  equal(entities[0].statementText, 'CREATE STREAM s (a INT);');
  deepEqual(service.executed, ["SET 'a'='b';", 'CREATE STREAM s (a INT);']);
});

test('a script that is wrong somewhere does nothing', async () => {
  const syntax = await post('/ksql', { ksql: 'DROP STREAM a; DRP STREAM b;' });
  equal(syntax.status, 400);
  const error = JSON.parse(syntax.text);
  equal(error['@type'], 'statement_error');
  equal(error.error_code, 40001);
  match(
    error.message,
    /^line 1:16: Syntax Error\n\nStatement: DRP STREAM b;\nUnknown statement 'DRP'\nDid you mean 'DROP'\?/,
  );
  equal(error.statementText, 'DRP STREAM b;');
  const meaning = await post('/ksql', { ksql: 'DROP STREAM a; DROP STREAM BAD;' });
  deepEqual(JSON.parse(meaning.text), {
    '@type': 'statement_error',
    error_code: 40001,
    message: 'BAD is not good.',
    statementText: 'DROP STREAM BAD;',
    entities: [],
  });
  deepEqual(service.executed, []);
});

test('what was done before a late failure is told', async () => {
  const { text } = await post('/ksql', { ksql: 'DROP STREAM a; DROP STREAM LATE; DROP STREAM c;' });
  equal(JSON.parse(text).entities.length, 1);
  deepEqual(service.executed, ['DROP STREAM a;']);
});

test('queries and statements go to their own endpoints', async () => {
  const query = JSON.parse((await post('/ksql', { ksql: 'SELECT * FROM s;' })).text);
  equal(query.error_code, 40002);
  match(query.message, /\* PRINT\n\t\* SELECT/);
  equal(JSON.parse((await post('/query', { ksql: 'DROP STREAM s;' })).text).error_code, 40002);
  equal(JSON.parse((await post('/query', { ksql: '' })).text).message, '"ksql" field must be populated');
  match(
    JSON.parse((await post('/query-stream', { sql: 'SELECT 1 FROM a; SELECT 2 FROM b;' })).text).message,
    /Expected exactly one KSQL statement; found 2 instead/,
  );
});

test('bodies that are none of ours are refused in the shape of the API', async () => {
  for (const [body, status, code] of [
    ['', 400, 40000],
    ['{"ksql":', 400, 40000],
    ['[]', 400, 40000],
    ['{"ksql": 1}', 400, 40000],
    ['{"ksql":"SHOW STREAMS;","streamsProperties":[]}', 400, 40000],
    ['{"ksql":"SHOW STREAMS;","streamsProperties":{"ssl.key":"x"}}', 400, 40000],
    ['{"ksql":"SHOW STREAMS;","commandSequenceNumber":9}', 503, 50301],
    [`{"ksql":"${'x'.repeat(100_000)}"}`, 413, 41300],
    ['['.repeat(50_000), 400, 40000],
  ] as const) {
    const answer = await post('/ksql', body);
    equal(answer.status, status, body.slice(0, 40));
    deepEqual([JSON.parse(answer.text)['@type'], JSON.parse(answer.text).error_code], ['generic_error', code]);
  }
  equal((await post('/ksql', '{}', { 'content-type': 'image/png' })).status, 415);
  equal((await post('/ksql', '{}', { accept: 'image/png' })).status, 406);
});

test('/query sends the older form, with tombstones and the final message', async () => {
  service.batches = [[row('a', 9007199254740993n)], [row('a', null, true), row('"', 2)]];
  const { status, type, text } = await post('/query', { ksql: 'SELECT * FROM s EMIT CHANGES LIMIT 3;' });
  equal(status, 200);
  equal(type, 'application/vnd.ksql.v1+json');
  equal(
    text,
    '[{"header":{"queryId":"q0","schema":"`K` STRING KEY, `V` BIGINT"}},\n{"row":{"columns":["a",9007199254740993]}},\n{"row":{"columns":["a",null],"tombstone":true}},\n{"row":{"columns":["\\"",2]}},\n{"finalMessage":"Limit Reached"}]',
  );
});

test('/query-stream sends a line a row, or one array', async () => {
  service.batches = [[row('a', 1), row('b', 2)]];
  const body = { sql: 'SELECT * FROM s;' };
  const head = '{"queryId":"q0","columnNames":["K","V"],"columnTypes":["STRING","BIGINT"]}';
  const lines = await post('/query-stream', body);
  equal(lines.type, 'application/vnd.ksqlapi.delimited.v1');
  equal(lines.text, `${head}\n["a",1]\n["b",2]\n`);
  const array = await post('/query-stream', body, { accept: 'application/json' });
  equal(array.text, `[${head.replace('q0', 'q1')},\n["a",1],\n["b",2]]`);
  const older = await post('/query-stream', body, { accept: 'application/vnd.ksql.v1+json' });
  match(older.text, /^\[\{"header":/);
});

test('/query-stream sends rows as Protobuf messages', async () => {
  service.batches = [[row('a', 1), row('b', null), row('c', null, true)]];
  const headers = { accept: 'application/vnd.ksql.v1+protobuf' };
  const { text, type } = await post('/query-stream', { sql: 'SELECT * FROM s;' }, headers);
  equal(type, 'application/vnd.ksql.v1+protobuf');
  const [{ header }, ...lines] = JSON.parse(text);
  equal(header.schema, '`K` STRING KEY, `V` BIGINT');
  equal(header.protoSchema, 'syntax = "proto3";\n\nmessage ConnectDefault1 {\n  string K = 1;\n  int64 V = 2;\n}\n');
  deepEqual(lines, [
    { row: { protobufBytes: Buffer.from('0a01611001', 'hex').toString('base64') } },
    { row: { protobufBytes: Buffer.from('0a0162', 'hex').toString('base64') } },
    { row: { columns: ['c', null], tombstone: true } },
    { finalMessage: 'Limit Reached' },
  ]);
});

test('an error among the rows is told behind them', async () => {
  service.batches = [[row('a', 1)]];
  service.failure = new Error('secret');
  const { text } = await post('/query', { ksql: 'SELECT * FROM s;' });
  const answer = JSON.parse(text);
  equal(answer[2].errorMessage.error_code, 50000);
  ok(!text.includes('secret'));
  equal(JSON.parse((await post('/query-stream', { sql: 'SELECT * FROM s;' })).text.split('\n')[2]!).error_code, 50000);
});

test('a query is closed when its caller goes away, and by /close-query', async () => {
  service.isEndless = true;
  service.batches = [[row('a', 1)]];
  const abort = new AbortController();
  const body = JSON.stringify({ sql: 'SELECT * FROM s EMIT CHANGES;' });
  const first = await fetch(`${server.url}/query-stream`, { method: 'POST', body, signal: abort.signal });
  const reader = first.body!.getReader();
  await reader.read();
  abort.abort();
  await service.queries[0]!.closed;
  const second = await fetch(`${server.url}/query-stream`, { method: 'POST', body });
  equal((await post('/close-query', { queryId: 'q1' })).status, 200);
  equal((await second.text()).split('\n').length, 3);
  equal((await post('/close-query', { queryId: 'q1' })).status, 400);
});

test('PRINT sends lines', async () => {
  equal((await post('/query', { ksql: 'PRINT t;' })).text, 'Key format: KAFKA\nrowtime: 1, key: a, value: b\n');
});

test('/inserts-stream answers each row in its order, and ends at a line that is no JSON', async () => {
  const lines = ['{"target":"s"}', '{"k":"a","`v`":1}', '{"wrong":1}', '{"k":"b"}', '{"k":', '{"k":"c"}'];
  const { text } = await post('/inserts-stream', lines.join('\n'));
  deepEqual(
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [
      { status: 'ok', seq: 0 },
      { status: 'error', seq: 1, error_code: 40001, message: 'There is no column WRONG' },
      { status: 'ok', seq: 2 },
      { status: 'error', seq: 3, error_code: 40000, message: 'Invalid JSON in inserts stream' },
    ],
  );
  deepEqual(
    service.inserted.map((inserted) => [...inserted.keys()]),
    [['K', 'v'], ['K']],
  );
  const array = await post('/inserts-stream', '{"target":"S"}\n{"k":1}\n', { accept: 'application/json' });
  deepEqual(JSON.parse(array.text), [{ status: 'ok', seq: 0 }]);
  equal((await post('/inserts-stream', '{"target":"other"}\n')).status, 400);
});

test('what is told of the server', async () => {
  equal((await get('/')).headers.get('location'), '/info');
  deepEqual((await get('/info')).body, {
    KsqlServerInfo: { version: '1.2.3', kafkaClusterId: 'kafka-1', ksqlServiceId: 'default_', serverStatus: 'RUNNING' },
  });
  equal((await get('/healthcheck')).body.isHealthy, true);
  deepEqual((await get('/status')).body, { commandStatuses: { 'stream/S/create': 'SUCCESS' } });
  deepEqual((await get('/status/stream/S/create')).body.message, 'Stream created');
  equal((await get('/status/stream/T/create')).body.error_code, 40400);
  equal((await get('/is_valid_property/auto.offset.reset')).body, true);
  equal((await get('/is_valid_property/ssl.key')).status, 400);
  equal((await get('/v1/metadata/id')).body.scope.clusters['ksql-cluster'], 'default_');
  equal(Object.keys((await get('/clusterStatus')).body.clusterStatus)[0], `${server.host}:${server.port}`);
  equal((await get('/chc/ready')).status, 200);
  equal((await get('/nowhere')).body.error_code, 40400);
  equal((await get('/ksql')).status, 405);
});

test('over HTTP/2 each row of a push query is a frame', async () => {
  service.batches = [[row('a', 1), row('b', 2), row('c', 3)]];
  const session = connectHttp2(server.url);
  const stream = session.request({ ':path': '/query-stream', ':method': 'POST' });
  stream.end(JSON.stringify({ sql: 'SELECT * FROM s EMIT CHANGES;' }));
  const frames: string[] = [];
  stream.setEncoding('utf8').on('data', (frame: string) => frames.push(frame));
  await new Promise((resolve) => stream.once('end', resolve));
  session.close();
  deepEqual(frames.slice(1), ['["a",1]\n', '["b",2]\n', '["c",3]\n']);
});

test('clients that offer HTTP/2 are answered, and those that speak it at once', async () => {
  const session = connectHttp2(server.url);
  const stream = session.request({ ':path': '/query-stream', ':method': 'POST' });
  service.batches = [[row('a', 1)]];
  stream.end(JSON.stringify({ sql: 'SELECT * FROM s;' }));
  let text = '';
  for await (const chunk of stream) text += chunk;
  session.close();
  equal(text.split('\n')[1], '["a",1]');
  const headers = {
    connection: 'Upgrade, HTTP2-Settings',
    upgrade: 'h2c',
    'http2-settings': 'AAMAAABkAAQAoAAAAAIAAAAA',
  };
  const status = await new Promise((resolve, reject) => {
    request(`${server.url}/info`, { headers, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    })
      .on('error', reject)
      .end();
  });
  equal(status, 200);
});

test('a WebSocket gets the schema, then rows, and a reason when it is refused', async () => {
  service.batches = [[row('a', 1)]];
  const ask = (request: string) =>
    new Promise<{ messages: unknown[]; code: number; reason: string }>((resolve) => {
      const socket = new WebSocket(
        `${server.url.replace('http', 'ws')}/ws/query?request=${encodeURIComponent(request)}`,
      );
      const messages: unknown[] = [];
      socket.onmessage = ({ data }) => messages.push(JSON.parse(data));
      socket.onclose = ({ code, reason }) => resolve({ messages, code, reason });
    });
  const { messages, code } = await ask(JSON.stringify({ ksql: 'SELECT * FROM s EMIT CHANGES;' }));
  equal(code, 1000);
  deepEqual(messages, [
    [
      { name: 'K', schema: { type: 'STRING', fields: null, memberSchema: null } },
      { name: 'V', schema: { type: 'BIGINT', fields: null, memberSchema: null } },
    ],
    { row: { columns: ['a', 1] } },
    { finalMessage: 'Limit Reached' },
  ]);
  deepEqual(await ask('{'), { messages: [], code: 1003, reason: (await ask('{')).reason });
  match((await ask(JSON.stringify({ ksql: 'DROP STREAM s;' }))).reason, /not supported/);
});

test('closing ends queries whose rows are still sent', async () => {
  const own = new ScriptedService();
  own.isEndless = true;
  own.batches = [[row('a', 1)]];
  const other = await startRestServer({ service: own, drainTimeoutMs: 50 });
  const body = JSON.stringify({ sql: 'SELECT * FROM s EMIT CHANGES;' });
  const response = await fetch(`${other.url}/query-stream`, { method: 'POST', body });
  const reader = response.body!.getReader();
  await reader.read();
  const socket = new WebSocket(
    `${other.url.replace('http', 'ws')}/ws/query?request=${encodeURIComponent('{"ksql":"SELECT * FROM s EMIT CHANGES;"}')}`,
  );
  await new Promise((resolve) => {
    socket.onmessage = resolve;
  });
  await other.close();
  await Promise.all(own.queries.map(({ closed }) => closed));
  reader.cancel().catch(() => {});
});
