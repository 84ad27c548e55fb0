import { deepEqual, equal, match } from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type SqlServer, startSql } from '../server/start-sql.ts';
import { SqlUnderTest } from '../testing/sql-under-test.ts';

const settings = [
  ['ksql.streams.auto.offset.reset', 'earliest'],
  ['cache.max.bytes.buffering', '0'],
  ['ksql.streams.commit.interval.ms', '100'],
] as const;
const names = Array.from({ length: 40 }, (_, at) => `n${at}`);
let sql: SqlUnderTest;
let other: SqlServer;

before(async () => {
  sql = await SqlUnderTest.start({ settings });
  await sql.run(`CREATE STREAM visits (name STRING KEY, page STRING, took DECIMAL(6, 2), day DATE) WITH (kafka_topic='visits', value_format='JSON', partitions=6);
    CREATE TABLE people AS SELECT name, COUNT(*) AS n, MAX(took) AS most, LATEST_BY_OFFSET(day) AS day FROM visits GROUP BY name;`);
  await sql.run(
    names
      .map(
        (name, at) =>
          `INSERT INTO visits (rowtime, name, page, took, day) VALUES (${at * 1_000}, '${name}', 'p${at % 7}', ${at}.25, '2026-01-${String((at % 28) + 1).padStart(2, '0')}');`,
      )
      .join('\n'),
  );
  other = await startSql({ bootstrap: sql.broker.bootstrap, port: 0, settings });
  await placesAreKnown(1, 'shared');
  await sql.run(`CREATE TABLE pages AS SELECT page, COUNT(*) AS n FROM visits GROUP BY page;
    CREATE TABLE per_minute AS SELECT name, COUNT(*) AS n FROM visits WINDOW TUMBLING (SIZE 1 MINUTES) GROUP BY name;`);
  await placesAreKnown(3, 'anywhere');
});

after(async () => {
  await other?.close();
  await sql?.close();
});

/** Until both servers run the queries, and each knows where the other's partitions are; `shared`: each has some of each. */
async function placesAreKnown(queriesCount: number, where: 'shared' | 'anywhere'): Promise<void> {
  const until = performance.now() + 60_000;
  const servers = [sql.server, other];
  const isKnown = ({ engine, streams }: SqlServer) =>
    engine.queries.size === queriesCount &&
    [...engine.queries.values()].every(({ runId, view }) => {
      try {
        const places = streams.metadataForStore(view!.store, { topology: runId });
        const isAllKnown = places.every(({ address, isLocal }) => isLocal || address !== null);
        return isAllKnown && (where === 'anywhere' || new Set(places.map(({ isLocal }) => isLocal)).size === 2);
      } catch {
        return false;
      }
    });
  while (!servers.every(isKnown)) {
    if (performance.now() > until)
      throw new Error(`where are the partitions? ${JSON.stringify(servers.map(placesOf))}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Of each table, where its partitions are. */
function placesOf({ engine, streams }: SqlServer): unknown {
  return Array.from(engine.queries.values(), ({ runId, view }) => {
    try {
      return streams
        .metadataForStore(view!.store, { topology: runId })
        .map(({ address, isLocal }) => isLocal || address);
    } catch (error) {
      return String(error);
    }
  });
}

async function rowsOf(url: string, ksql: string): Promise<unknown[][]> {
  const response = await fetch(`${url}/query`, { method: 'POST', body: JSON.stringify({ ksql }) });
  // biome-ignore lint/suspicious/noExplicitAny: answers of any shape are looked into
  const answer = (await response.json()) as any;
  const failed = response.status === 200 ? answer.find((each: object) => 'errorMessage' in each)?.errorMessage : answer;
  if (failed !== undefined) throw new Error(failed.message);
  return answer.flatMap((each: { row?: { columns: unknown[] } }) => (each.row === undefined ? [] : [each.row.columns]));
}

/** Partitions that move are not ready for a moment. */
async function rowsSoon(url: string, ksql: string, count: number): Promise<unknown[][]> {
  const until = performance.now() + 60_000;
  for (;;) {
    const rows = await rowsOf(url, ksql).catch((error: Error) => error);
    if (Array.isArray(rows) && rows.length === count) return rows;
    if (performance.now() > until) throw new Error(`${ksql} at ${url} still gives ${JSON.stringify(String(rows))}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('each server answers for the whole table, by key and by scan', async () => {
  for (const url of [sql.url, other.url]) {
    const all = await rowsSoon(url, 'SELECT * FROM people;', names.length);
    deepEqual(all.map(([name]) => name).sort(), [...names].sort());
    equal((await rowsSoon(url, 'SELECT * FROM pages;', 7)).length, 7);
    equal((await rowsSoon(url, 'SELECT * FROM per_minute;', 40)).length, 40);
    for (const [at, name] of names.entries()) {
      const day = `2026-01-${String((at % 28) + 1).padStart(2, '0')}`;
      deepEqual(await rowsOf(url, `SELECT name, n, most, day FROM people WHERE name = '${name}';`), [
        [name, 1, at + 0.25, day],
      ]);
    }
    for (let page = 0; page < 7; page++) {
      deepEqual(await rowsOf(url, `SELECT n FROM pages WHERE page = 'p${page}';`), [[page < 5 ? 6 : 5]]);
    }
    deepEqual(await rowsOf(url, "SELECT n FROM people WHERE name = 'nobody';"), []);
    const some = await rowsOf(url, "SELECT name FROM people WHERE name IN ('n1', 'n2', 'n3', 'n4', 'x');");
    deepEqual(some.flat().sort(), ['n1', 'n2', 'n3', 'n4']);
    equal((await rowsOf(url, 'SELECT name FROM people LIMIT 17;')).length, 17);
  }
});

test('what is ordered, grouped and joined is of all servers too', async () => {
  for (const url of [sql.url, other.url]) {
    deepEqual(await rowsOf(url, 'SELECT COUNT(*), MAX(most), MIN(day) FROM people;'), [[40, 39.25, '2026-01-01']]);
    deepEqual(await rowsOf(url, 'SELECT name FROM people ORDER BY most DESC LIMIT 3;'), [['n39'], ['n38'], ['n37']]);
    deepEqual(await rowsOf(url, 'SELECT COUNT(*) FROM people a JOIN people b ON a.name = b.name;'), [[40]]);
  }
});

test('a server that is gone is told of, until the others have what it had', async () => {
  const { address } = other.engine;
  await other.close();
  const first = await rowsOf(sql.url, 'SELECT * FROM people;').catch((error: Error) => error.message);
  if (typeof first === 'string') match(first, /cannot (?:tell their rows|be read)|nobody has/, address ?? '');
  equal((await rowsSoon(sql.url, 'SELECT * FROM people;', names.length)).length, names.length);
});
