import { deepEqual, equal, match, rejects } from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { Decimal } from '@headwater/serdes';
import { type RestServer, startRestServer } from '../rest/rest-server.ts';
import { ScriptedService } from '../rest/testing/scripted-service.ts';
import { createSqlClient, type SqlClient } from './sql-client.ts';
import type { SqlClientError } from './sql-client-error.ts';

let service = new ScriptedService();
let server: RestServer;
let client: SqlClient;

before(async () => {
  const current = new Proxy({} as ScriptedService, {
    get: (_target, name) => {
      const value = Reflect.get(service, name);
      return typeof value === 'function' ? value.bind(service) : value;
    },
  });
  server = await startRestServer({ service: current, drainTimeoutMs: 100 });
});
beforeEach(() => {
  service = new ScriptedService();
  client = createSqlClient({ url: server.url });
});
after(async () => {
  client.close();
  client.close();
  await server.close();
});

const row = (k: string | null, v: unknown) => ({ values: [k, v], isTombstone: false });
const failed = (work: Promise<unknown>): Promise<SqlClientError> =>
  work.then(
    () => Promise.reject(new Error('nothing was thrown')),
    (error) => error,
  );

test('statements are answered with entities', async () => {
  const [entity] = await client.execute('CREATE STREAM s (a INT);', {
    properties: { 'auto.offset.reset': 'earliest' },
  });
  equal(entity!['@type'] === 'currentStatus' && entity.commandSequenceNumber, 2);
  deepEqual(await client.info(), {
    version: '1.2.3',
    kafkaClusterId: 'kafka-1',
    ksqlServiceId: 'default_',
    serverStatus: 'RUNNING',
  });
});

test('errors tell the code, the statement and the place', async () => {
  const error = await failed(client.execute('DROP STREAM a;\nDRP STREAM b;'));
  deepEqual([error.code, error.errorCode, error.status], ['HW_SQL_CLIENT_SERVER', 40001, 400]);
  equal(error.statementText, 'DRP STREAM b;');
  deepEqual(error.position, { line: 2, column: 0, index: 15 });
  const late = await failed(client.execute('DROP STREAM a; DROP STREAM LATE;'));
  equal(late.entities.length, 1);
  equal((await failed(client.query('DROP STREAM a;'))).errorCode, 40002);
  equal((await failed(client.closeQuery('nobody'))).errorCode, 40000);
});

test('rows come as objects or arrays, with every digit', async () => {
  service.batches = [[row('a', 9007199254740993n)], [row('b', 2), row(null, null)]];
  const rows = await client.query<{ K: string | null; V: number | bigint | null }>('SELECT * FROM s;');
  deepEqual(
    rows.columns.map(({ name, typeText }) => [name, typeText]),
    [
      ['K', 'STRING'],
      ['V', 'BIGINT'],
    ],
  );
  deepEqual(await rows.toArray(), [
    { K: 'a', V: 9007199254740993n },
    { K: 'b', V: 2 },
    { K: null, V: null },
  ]);
  await rejects(rows.toArray(), { code: 'HW_SQL_CLIENT_CLOSED' });
  const arrays: unknown[] = [];
  for await (const values of (await client.query('SELECT * FROM s;')).arrays()) arrays.push(values);
  deepEqual(arrays[1], ['b', 2]);
});

test('a query ends with its loop, by close and by abort; the server hears of it', async () => {
  service.isEndless = true;
  service.batches = [[row('a', 1)]];
  for await (const { V } of await client.query('SELECT * FROM s EMIT CHANGES;')) {
    equal(V, 1);
    break;
  }
  await service.queries[0]!.closed;
  const rows = await client.query('SELECT * FROM s EMIT CHANGES;');
  let seen = 0;
  for await (const _ of rows) {
    seen++;
    rows.close();
    rows.close();
  }
  equal(seen, 1);
  await service.queries[1]!.closed;
  const abort = new AbortController();
  const aborted = await client.query('SELECT * FROM s EMIT CHANGES;', { signal: abort.signal });
  const reading = aborted.toArray();
  abort.abort();
  equal((await failed(reading)).code, 'HW_SQL_CLIENT_CLOSED');
  await service.queries[2]!.closed;
});

test('closing the client ends what is under way', async () => {
  service.isEndless = true;
  const reading = (await client.query('SELECT * FROM s EMIT CHANGES;')).toArray();
  client.close();
  equal((await failed(reading)).code, 'HW_SQL_CLIENT_CLOSED');
  equal((await failed(client.info())).code, 'HW_SQL_CLIENT_CLOSED');
});

test('a slow reader slows the query', async () => {
  const long = 'x'.repeat(10_000);
  service.batches = Array.from({ length: 20_000 }, () => [row(long, 1)]);
  const rows = await client.query('SELECT * FROM s EMIT CHANGES;');
  const iterator = rows[Symbol.asyncIterator]();
  await iterator.next();
  // Buffers of the system hold some megabytes: 200 MB cannot have been asked for. One reading, when the server has stopped asking.
  for (let last = -1; last !== service.queries[0]!.asked; ) {
    last = service.queries[0]!.asked;
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
  }
  equal(service.queries[0]!.asked < 20_000, true);
  await iterator.return(undefined);
});

test('a failure among the rows is thrown behind them', async () => {
  service.batches = [[row('a', 1)]];
  service.failure = new Error('inside');
  const seen: unknown[] = [];
  const error = await failed(
    (async () => {
      for await (const each of await client.query('SELECT * FROM s;')) seen.push(each);
    })(),
  );
  deepEqual([seen.length, error.errorCode], [1, 50000]);
});

test('rows are inserted in order, and a refused one says which', async () => {
  const many = Array.from({ length: 3_000 }, (_, at) => ({ k: `k${at}`, '`v`': BigInt(at) }));
  equal(await client.insert('s', many), 3_000);
  deepEqual([...service.inserted[2_999]!.keys()], ['K', 'v']);
  equal(await client.insert('s', []), 0);
  await client.insert('s', [
    { d: Decimal.parse('1.50'), b: Buffer.from('hi'), t: new Date(0), m: new Map([['a', 1n]]) },
  ]);
  const last = service.inserted.at(-1)!;
  deepEqual([last.get('B'), last.get('T')], ['aGk=', '1970-01-01T00:00:00.000']);
  equal((last.get('D') as { text: string }).text, '1.50');
  const error = await failed(client.insert('s', [{ k: 'a' }, { wrong: 1 }, { k: 'b' }]));
  deepEqual([error.code, error.rowIndex, error.acceptedRows, error.errorCode], ['HW_SQL_CLIENT_ROW', 1, 1, 40001]);
  match((await failed(client.insert('nowhere', [{ k: 1 }]))).message, /unknown stream/);
});

test('lines of PRINT', async () => {
  const lines: string[] = [];
  for await (const line of client.print('PRINT t;')) lines.push(line);
  deepEqual(lines, ['Key format: KAFKA', 'rowtime: 1, key: a, value: b']);
});

test('a server that is not there, and what is no URL', async () => {
  const away = createSqlClient({ url: 'http://127.0.0.1:1' });
  equal((await failed(away.info())).code, 'HW_SQL_CLIENT_CONNECTION');
  equal((await failed(away.insert('s', [{ a: 1 }]))).code, 'HW_SQL_CLIENT_CONNECTION');
  away.close();
  await rejects(async () => createSqlClient({ url: 'nowhere' }), { code: 'HW_SQL_CLIENT_CONNECTION' });
});
