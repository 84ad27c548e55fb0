/** What docs/reference/sql-beyond-ksqldb.md promises, on a broker and with several partitions. */
import { deepEqual } from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createSqlClient, type SqlClient } from '../client/sql-client.ts';
import { type SqlServer, startSql } from './start-sql.ts';

let broker: Awaited<ReturnType<typeof startBroker>>;
let sql: SqlServer;
let client: SqlClient;

before(async () => {
  broker = await startBroker();
  sql = await startSql({
    bootstrap: broker.bootstrap,
    port: 0,
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
