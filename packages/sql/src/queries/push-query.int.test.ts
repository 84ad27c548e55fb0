import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { builtInFunctions } from '../functions/built-in.ts';
import { defineFunction } from '../functions/user/define-function.ts';

import { SqlUnderTest } from '../testing/sql-under-test.ts';

const waitMs = 60_000;
let sql: SqlUnderTest;
let seenCount = 0;

before(async () => {
  const functions = builtInFunctions();
  // Tells how many rows a query has come to.
  functions.add(
    defineFunction({
      name: 'SEEN',
      description: 'Counts.',
      parameters: [{ name: 'text', type: 'STRING' }],
      returns: 'STRING',
      evaluate: (text) => {
        seenCount++;
        return text;
      },
    }),
  );
  sql = await SqlUnderTest.start({
    functions,
    settings: [
      ['ksql.streams.auto.offset.reset', 'earliest'],
      ['cache.max.bytes.buffering', '0'],
      ['ksql.max.push.queries', '3'],
    ],
  });
  await sql.run(`CREATE STREAM texts (id STRING KEY, body STRING) WITH (kafka_topic='texts', value_format='JSON', partitions=2);
    CREATE TABLE notes (id STRING PRIMARY KEY, body STRING) WITH (kafka_topic='notes', value_format='JSON', partitions=1);
    CREATE TABLE kept AS SELECT * FROM notes;`);
});

after(async () => {
  await sql?.close();
});

/** A caller of `/query-stream` that reads when it is told to. */
async function caller(text: string, properties: Record<string, string> = {}): Promise<Socket> {
  const { hostname, port } = new URL(sql.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.setEncoding('utf8');
  socket.pause();
  const body = JSON.stringify({ sql: text, properties });
  const head = `POST /query-stream HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  socket.write(head + body);
  return socket;
}

async function textUntil(socket: Socket, isEnough: (text: string) => boolean): Promise<string> {
  let text = '';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error(`only ${text.slice(-500)}`)), waitMs);
  const onData = (chunk: string) => {
    // Of much the end is enough.
    text = (text + chunk).slice(-10_000);
    if (isEnough(text)) resolve();
  };
  socket.on('data', onData);
  socket.resume();
  await promise.finally(() => clearTimeout(timer));
  socket.off('data', onData);
  socket.pause();
  return text;
}

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + waitMs;
  while (!(await isTrue())) {
    if (performance.now() > endMs) throw new Error('it did not come about');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const live = () => sql.server.engine.pushQueries.all;

test('a reader that stops holds up its query, which goes on where it was', async () => {
  const count = 30_000;
  const filler = 'x'.repeat(1_000);
  const producer = sql.client.producer({ lingerMs: 5 });
  for (let first = 0; first < count; first += 1_000) {
    const records = Array.from({ length: 1_000 }, (_, at) => ({
      key: 'k',
      value: `{"BODY":"${first + at} ${filler}"}`,
    }));
    await producer.send({ topic: 'texts', records });
  }
  await producer.close();
  seenCount = 0;
  for (const text of [
    'SELECT SEEN(body) AS body FROM texts EMIT CHANGES;',
    'SELECT id, SEEN(LATEST_BY_OFFSET(body)) AS body FROM texts GROUP BY id EMIT CHANGES;',
  ]) {
    seenCount = 0;
    const socket = await caller(text);
    await until(() => seenCount > 0);
    // 30 MB are there; what is under way are the buffers of sockets, some batches, and 10,000 rows.
    let before = -1;
    await until(async () => {
      const isQuiet = before === seenCount;
      before = seenCount;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return isQuiet && before === seenCount;
    });
    ok(seenCount < count * 0.75, `${seenCount} rows of ${count} were made for nobody`);
    await textUntil(socket, (end) => end.includes(`${count - 1} x`));
    socket.destroy();
    await until(() => live().length === 0);
  }
});

test('a query ends when its caller goes away, by /close-query, and with the server', async () => {
  for (const text of [
    'SELECT * FROM texts EMIT CHANGES;',
    'SELECT id, COUNT(*) FROM texts GROUP BY id EMIT CHANGES;',
  ]) {
    const socket = await caller(text, { 'auto.offset.reset': 'latest' });
    const head = await textUntil(socket, (all) => all.includes('queryId'));
    const id = /"queryId":"([^"]+)"/.exec(head)![1]!;
    const [line] = (await sql.run('SHOW QUERIES;'))[0].queries.filter((each: { id: string }) => each.id === id);
    equal(line.queryType, 'PUSH');
    equal(line.queryString, text);
    socket.destroy();
    await until(() => live().length === 0);
    const other = await caller(text, { 'auto.offset.reset': 'latest' });
    const otherHead = await textUntil(other, (all) => all.includes('queryId'));
    const body = JSON.stringify({ queryId: /"queryId":"([^"]+)"/.exec(otherHead)![1]! });
    equal((await fetch(`${sql.url}/close-query`, { method: 'POST', body })).status, 200);
    await textUntil(other, (all) => all.endsWith('0\r\n\r\n'));
    other.destroy();
    await until(() => live().length === 0);
  }
});

test('there are as many push queries as the server allows', async () => {
  const sockets: Socket[] = [];
  for (let each = 0; each < 3; each++) {
    const socket = await caller('SELECT * FROM texts EMIT CHANGES;', { 'auto.offset.reset': 'latest' });
    await textUntil(socket, (all) => all.includes('queryId'));
    sockets.push(socket);
  }
  match(await sql.refusal('SELECT * FROM texts EMIT CHANGES;'), /Maximum number of push queries exceeded/);
  sockets.pop()!.destroy();
  await until(() => live().length === 2);
  equal((await sql.query('SELECT id FROM texts EMIT CHANGES LIMIT 1;')).at(-1).finalMessage, 'Limit Reached');
  for (const socket of sockets) socket.destroy();
  await until(() => live().length === 0);
});

test('rows of tables that are gone are told of, with their keys', async () => {
  const rowsOf = (answer: readonly { row?: { columns: unknown[]; tombstone?: boolean } }[]) =>
    answer.flatMap(({ row }) => (row === undefined ? [] : [[...row.columns, row.tombstone === true]]));
  const put = (key: string, value: string | null) => sql.client.produce({ topic: 'notes', records: [{ key, value }] });
  await put('a', '{"BODY":"one"}');
  await put('b', '{"BODY":"two"}');
  await put('a', null);
  await put('b', '{"BODY":"else"}');
  const all = [
    ['one', 'a', false],
    ['two', 'b', false],
    [null, 'a', true],
    ['else', 'b', false],
  ];
  deepEqual(rowsOf(await sql.query('SELECT body, id FROM notes EMIT CHANGES LIMIT 4;')), all);
  deepEqual(rowsOf(await sql.query('SELECT body, id FROM kept EMIT CHANGES LIMIT 4;')), all);
  const some = rowsOf(await sql.query("SELECT body, id FROM notes WHERE body = 'two' EMIT CHANGES LIMIT 2;"));
  deepEqual(some.at(-1), [null, 'b', true]);
  const having = 'SELECT id, COUNT(*) AS n FROM texts GROUP BY id HAVING COUNT(*) < 3 EMIT CHANGES LIMIT 3;';
  deepEqual(rowsOf(await sql.query(having)), [
    ['k', 1, false],
    ['k', 2, false],
    ['k', null, true],
  ]);
});
