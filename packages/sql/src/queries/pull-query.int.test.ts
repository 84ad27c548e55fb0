import { deepEqual, equal, match } from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SqlUnderTest } from '../testing/sql-under-test.ts';

let sql: SqlUnderTest;

before(async () => {
  sql = await SqlUnderTest.start();
  await sql.run(`CREATE STREAM rides (rider STRING KEY, km INT, fee DOUBLE) WITH (kafka_topic='rides', value_format='JSON', partitions=3);
    CREATE TABLE totals AS SELECT rider, SUM(km) AS km, COUNT(*) AS n FROM rides GROUP BY rider;
    CREATE TABLE per_km AS SELECT km, COUNT(*) AS n, LATEST_BY_OFFSET(rider) AS rider FROM rides GROUP BY km;
    CREATE TABLE daily AS SELECT rider, COUNT(*) AS n FROM rides WINDOW TUMBLING (SIZE 1 SECONDS) GROUP BY rider;`);
  await sql.run(
    ['ann', 'bob', "o'k", 'ann', 'dan', 'ann']
      .map(
        (rider, at) =>
          `INSERT INTO rides (rowtime, rider, km, fee) VALUES (${at * 500}, '${rider.replace("'", "''")}', ${at}, 0.5);`,
      )
      .join('\n'),
  );
  await sql.rowsWhen('SELECT * FROM totals;', 4, (rows) => rows.some(([rider, km]) => rider === 'ann' && km === 8));
  await sql.rowsWhen('SELECT * FROM daily;', 6);
  await sql.rowsWhen('SELECT * FROM per_km;', 6);
});

after(async () => {
  await sql?.close();
});

test('a statement that was asked before gives the rows of its own values', async () => {
  for (let round = 0; round < 3; round++) {
    for (const [rider, km, n] of [
      ['ann', 8, 3],
      ['bob', 1, 1],
      ["o'k", 2, 1],
      ['dan', 4, 1],
    ] as const) {
      const name = rider.replaceAll("'", "''");
      deepEqual(await sql.rows(`SELECT km, n FROM totals WHERE rider = '${name}';`), [[km, n]]);
      deepEqual(await sql.rows(`SELECT km + ${round} FROM totals WHERE '${name}' = rider AND km > ${km - 1};`), [
        [km + round],
      ]);
      deepEqual(await sql.rows(`SELECT km FROM totals WHERE rider = '${name}' AND NOT (km BETWEEN 0 AND ${km});`), []);
      const several = await sql.rows(`SELECT rider FROM totals WHERE rider IN ('${name}', 'x', 'ann') AND n >= ${n};`);
      deepEqual(several.flat().sort(), [...new Set([rider, 'ann'])].sort());
    }
    deepEqual(await sql.rows("SELECT km FROM totals WHERE rider = 'nobody';"), []);
  }
});

test('keys that are numbers, also such as no key of the type can be', async () => {
  for (const km of [0, 1, 5, 0]) deepEqual(await sql.rows(`SELECT km FROM per_km WHERE km = ${km};`), [[km]]);
  deepEqual(await sql.rows('SELECT km FROM per_km WHERE km = -1;'), []);
  match(await sql.refusal('SELECT km FROM per_km WHERE km = 5000000000;'), /can not be converted to the type/);
  deepEqual(await sql.rows('SELECT km FROM per_km WHERE km = 1;'), [[1]]);
});

test('windows by values that differ', async () => {
  for (const [from, starts] of [
    [0, [0, 1000, 2000]],
    [1000, [1000, 2000]],
    [1001, [2000]],
  ] as const) {
    const rows = await sql.rows(`SELECT windowstart FROM daily WHERE rider = 'ann' AND windowstart >= ${from};`);
    deepEqual(rows.flat().sort(), starts);
  }
  deepEqual(
    await sql.rows("SELECT windowend FROM daily WHERE rider = 'ann' AND windowstart > '1970-01-01T00:00:01';"),
    [[3000]],
  );
});

test('settings of a request are its own', async () => {
  const text = 'SELECT rider FROM totals WHERE km = 4;';
  deepEqual(await sql.rows(text), [['dan']]);
  const noScan = { 'ksql.query.pull.table.scan.enabled': 'false' };
  match(await sql.refusal(text, noScan), /table scan/);
  deepEqual(await sql.rows(text), [['dan']]);
});

test('a table that was dropped and made anew is asked as it is now', async () => {
  const text = "SELECT * FROM short_lived WHERE rider = 'bob';";
  await sql.run('CREATE TABLE short_lived AS SELECT rider, COUNT(*) AS n FROM rides GROUP BY rider;');
  deepEqual(await sql.rowsWhen(text, 1), [['bob', 1]]);
  await sql.run('DROP TABLE short_lived DELETE TOPIC;');
  match(await sql.refusal(text), /does not exist/);
  await sql.run('CREATE TABLE short_lived AS SELECT rider, MAX(km) AS most, COUNT(*) AS n FROM rides GROUP BY rider;');
  deepEqual(await sql.rowsWhen(text, 1), [['bob', 1, 1]]);
});

test('all forms of answers, over HTTP/1.1 and HTTP/2, have the same rows', async () => {
  const body = JSON.stringify({ sql: "SELECT rider, km FROM totals WHERE rider = 'bob';" });
  const lines = await (await fetch(`${sql.url}/query-stream`, { method: 'POST', body })).text();
  const [head, row] = lines.trim().split('\n');
  deepEqual(JSON.parse(head!).columnNames, ['RIDER', 'KM']);
  equal(row, '["bob",1]');
  const array = await fetch(`${sql.url}/query-stream`, {
    method: 'POST',
    body,
    headers: { accept: 'application/json' },
  });
  deepEqual(((await array.json()) as unknown[])[1], ['bob', 1]);
  equal((await sql.overHttp2('/query-stream', body)).split('\n')[1], '["bob",1]');
});
