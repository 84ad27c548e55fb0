/**
 * What docs/reference/sql-beyond-ksqldb.md promises, on a broker and with several partitions. On a Kafka that is there and has none of its topics:
 * HEADWATER_TEST_KAFKA=127.0.0.1:29092
 */
import { deepEqual, match, rejects } from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createSqlClient, type SqlClient } from '../client/sql-client.ts';
import { createMemoryRegistry } from '../testing/memory-registry.ts';
import { type SqlServer, startSql } from './start-sql.ts';

let broker: Awaited<ReturnType<typeof startBroker>> | undefined;
let sql: SqlServer;
let client: SqlClient;

before(async () => {
  const kafka = process.env['HEADWATER_TEST_KAFKA'];
  if (kafka === undefined) broker = await startBroker();
  sql = await startSql({
    bootstrap: kafka ?? broker!.bootstrap,
    port: 0,
    registry: createMemoryRegistry().client,
    settings: [
      ['ksql.streams.auto.offset.reset', 'earliest'],
      ['commit.interval.ms', '100'],
    ],
  });
  client = createSqlClient({ url: sql.url });
});

after(async () => {
  client?.close();
  await sql?.close();
  await broker?.close();
});

/** Asks a pull query until it says what is expected, or for ever: the test has its own limit. */
async function until(query: string, expected: readonly unknown[]): Promise<void> {
  let rows = await rowsOf(query);
  while (JSON.stringify(rows) !== JSON.stringify(expected)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    rows = await rowsOf(query);
  }
  deepEqual(rows, expected);
}

async function rowsOf(query: string): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const row of (await client.query(query)).arrays()) rows.push(row);
  return rows.sort((a, b) => String(a).localeCompare(String(b)));
}

const limits = { timeout: 60_000 };

test('a table is joined with itself twice by foreign keys', limits, async () => {
  await client.execute(`
    CREATE TABLE staff (id INT PRIMARY KEY, name STRING, boss INT) WITH (KAFKA_TOPIC='staff', VALUE_FORMAT='JSON', PARTITIONS=3);
    CREATE TABLE chain AS SELECT s.id AS id, s.name AS name, b.name AS boss, c.name AS above
      FROM staff s JOIN staff b ON s.boss = b.id LEFT JOIN staff c ON b.boss = c.id;`);
  await client.execute(`INSERT INTO staff VALUES (1, 'ann', NULL); INSERT INTO staff VALUES (2, 'bob', 1);
    INSERT INTO staff VALUES (3, 'cid', 2); INSERT INTO staff VALUES (4, 'dan', 2);`);
  await until('SELECT * FROM chain;', [
    [2, 'bob', 'ann', null],
    [3, 'cid', 'bob', 'ann'],
    [4, 'dan', 'bob', 'ann'],
  ]);
});

test('a stream is joined with itself', limits, async () => {
  await client.execute(`
    CREATE STREAM visits (who STRING KEY, page STRING) WITH (KAFKA_TOPIC='visits', VALUE_FORMAT='JSON', PARTITIONS=3);
    CREATE STREAM pairs AS SELECT a.who AS who, a.page AS one, b.page AS other
      FROM visits a JOIN visits b WITHIN 1 HOUR ON a.who = b.who WHERE a.page < b.page;`);
  await client.insert('visits', [
    { who: 'ann', page: 'x' },
    { who: 'bob', page: 'x' },
    { who: 'ann', page: 'y' },
    { who: 'ann', page: 'z' },
  ]);
  await until('SELECT * FROM pairs;', [
    ['ann', 'x', 'y'],
    ['ann', 'x', 'z'],
    ['ann', 'y', 'z'],
  ]);
});

test('a stream is joined with a global table of other partitions, and its schema is asked for', limits, async () => {
  await client.execute(`
    CREATE TABLE areas (code STRING PRIMARY KEY, cents INT) WITH (KAFKA_TOPIC='areas', VALUE_FORMAT='AVRO', PARTITIONS=2);
    INSERT INTO areas VALUES ('NO', 3); INSERT INTO areas VALUES ('SE', 4); INSERT INTO areas VALUES ('DK', 5);
    CREATE STREAM calls (id INT KEY, area STRING) WITH (KAFKA_TOPIC='calls', VALUE_FORMAT='JSON', PARTITIONS=3);
    CREATE STREAM costs AS SELECT c.id AS id, cents FROM calls c LEFT GLOBAL JOIN areas a ON UCASE(c.area) = a.code;`);
  await client.insert('calls', [
    { id: 1, area: 'no' },
    { id: 2, area: 'dk' },
    { id: 3, area: 'xx' },
    { id: 4, area: 'se' },
  ]);
  await until('SELECT * FROM costs;', [
    [1, 3],
    [2, 5],
    [3, null],
    [4, 4],
  ]);
});

test('a stream of other partitions than the table goes through a topic', limits, async () => {
  await client.execute(`
    CREATE STREAM clicks (page STRING KEY, who STRING) WITH (KAFKA_TOPIC='clicks', VALUE_FORMAT='JSON', PARTITIONS=3);
    CREATE TABLE pages (page STRING PRIMARY KEY, title STRING) WITH (KAFKA_TOPIC='pages', VALUE_FORMAT='JSON', PARTITIONS=2);
    CREATE TABLE others (page STRING PRIMARY KEY, title STRING) WITH (KAFKA_TOPIC='others', VALUE_FORMAT='JSON', PARTITIONS=5);
    INSERT INTO pages VALUES ('a', 'A'); INSERT INTO pages VALUES ('b', 'B'); INSERT INTO pages VALUES ('c', 'C');
    CREATE STREAM read_pages AS SELECT c.page AS page, who, title FROM clicks c JOIN pages p ON c.page = p.page;`);
  await rejects(
    client.execute('CREATE TABLE both AS SELECT * FROM pages p JOIN others o ON p.page = o.page;'),
    /CREATE TABLE … WITH \(PARTITIONS=2\) AS SELECT \* FROM OTHERS/,
  );
  await client.insert('clicks', [
    { page: 'a', who: 'ann' },
    { page: 'b', who: 'bob' },
    { page: 'c', who: 'cid' },
  ]);
  await until('SELECT * FROM read_pages;', [
    ['a', 'ann', 'A'],
    ['b', 'bob', 'B'],
    ['c', 'cid', 'C'],
  ]);
});

test('rows go by themselves, and who keeps them for ever is told', limits, async () => {
  const [, kept] = await client.execute(`
    CREATE STREAM seen (who STRING KEY) WITH (KAFKA_TOPIC='seen', VALUE_FORMAT='JSON', KEY_FORMAT='KAFKA', PARTITIONS=1);
    CREATE TABLE kept AS SELECT who, COUNT(*) AS n FROM seen GROUP BY who;`);
  match(JSON.stringify(kept!['warnings']), /KEPT keeps a row for each value of WHO for ever.*ROW_TTL='7 DAYS'/);
  const [timed] = await client.execute(
    "CREATE TABLE timed WITH (ROW_TTL='10 SECONDS') AS SELECT who, COUNT(*) AS n FROM seen GROUP BY who;",
  );
  deepEqual(timed!['warnings'], []);
  await client.execute(
    "INSERT INTO seen (ROWTIME, who) VALUES (1000, 'ann'); INSERT INTO seen (ROWTIME, who) VALUES (12000, 'bob');",
  );
  await until('SELECT * FROM kept;', [
    ['ann', 1],
    ['bob', 1],
  ]);
  await until('SELECT * FROM timed;', [['bob', 1]]);
});

test('rows are deleted in the partitions that they are in', limits, async () => {
  await client.execute(`
    CREATE TABLE users (id STRING PRIMARY KEY, country STRING) WITH (KAFKA_TOPIC='users', VALUE_FORMAT='AVRO', PARTITIONS=3);
    CREATE TABLE present AS SELECT * FROM users;
    INSERT INTO users VALUES ('ann', 'NO'); INSERT INTO users VALUES ('bob', 'SE'); INSERT INTO users VALUES ('cid', 'NO');
    INSERT INTO users VALUES ('dan', 'DK');`);
  const [deleted] = await client.execute("DELETE FROM users WHERE country = 'NO';");
  match(JSON.stringify(deleted), /Deleted 2 rows of USERS: tombstones were written to users/);
  await client.execute("DELETE FROM users WHERE id = 'dan';");
  await until('SELECT * FROM present;', [['bob', 'SE']]);
});

test('headers are written, and read again', limits, async () => {
  await client.execute(`
    CREATE STREAM orders (id INT KEY, trace STRING, total INT) WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='JSON', PARTITIONS=2);
    CREATE STREAM paid AS SELECT id, total, trace AS trace HEADER('trace-id') FROM orders;`);
  await client.insert('orders', [
    { id: 1, trace: 'a', total: 5 },
    { id: 2, total: 6 },
  ]);
  await until("SELECT id, total, FROM_BYTES(trace, 'utf8') AS t FROM paid;", [
    [1, 5, 'a'],
    [2, 6, null],
  ]);
});

test('records that cannot be read are dead letters, and counted', limits, async () => {
  await client.execute(`
    CREATE STREAM sales (id INT KEY, total INT) WITH (KAFKA_TOPIC='sales', VALUE_FORMAT='JSON', PARTITIONS=1);
    CREATE STREAM raw (id INT KEY, text STRING) WITH (KAFKA_TOPIC='sales', VALUE_FORMAT='KAFKA');
    CREATE STREAM sold WITH (DEAD_LETTER_TOPIC='sales-dead') AS SELECT id, total FROM sales;
    INSERT INTO sales VALUES (1, 5); INSERT INTO raw VALUES (2, 'no JSON'); INSERT INTO sales VALUES (3, 6);`);
  await until('SELECT * FROM sold;', [
    [1, 5],
    [3, 6],
  ]);
  await client.execute(`CREATE STREAM dead (id INT KEY, text STRING, q BYTES HEADER('__headwater.query'))
    WITH (KAFKA_TOPIC='sales-dead', VALUE_FORMAT='KAFKA');`);
  await until("SELECT id, text, FROM_BYTES(q, 'utf8') LIKE 'CSAS_SOLD_%' AS q FROM dead;", [[2, 'no JSON', true]]);
  const [described] = await client.execute('DESCRIBE sold EXTENDED;');
  match(JSON.stringify(described), /dead-letter-messages: +1 /);
});

test('JSON is written without nulls and as names are written', limits, async () => {
  await client.execute(`
    create stream bills (id int key, billTotal int, paidBy string) with (kafka_topic='bills', value_format='JSON', partitions=1);
    create stream short with (json_omit_nulls=true, json_keep_case=true) as select * from bills;
    create stream texts (id int key, text string) with (kafka_topic='SHORT', value_format='KAFKA');`);
  await client.insert('bills', [{ id: 1, billTotal: 5 }, { id: 2, paidBy: 'ann' }, { id: 3 }]);
  await until('SELECT * FROM texts;', [
    [1, '{"billTotal":5}'],
    [2, '{"paidBy":"ann"}'],
    [3, '{}'],
  ]);
});
