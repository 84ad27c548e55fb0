import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { type AnalyticsServer, startAnalytics } from '../index.ts';
import { extensions } from '../src/engine/extensions.ts';

const directory = mkdtempSync(join(tmpdir(), 'headwater-analytics-'));
const dataDir = join(directory, 'data');
let store: AnalyticsServer;

before(async () => {
  store = await startAnalytics({ dataDir });
});
after(async () => {
  await store.close();
  rmSync(directory, { recursive: true, force: true });
});

async function client(database?: string): Promise<pg.Client> {
  const url = new URL(store.url);
  if (database !== undefined) url.pathname = `/${database}`;
  const made = new pg.Client({ connectionString: url.href });
  await made.connect();
  return made;
}

test('rows and extensions are found again after a restart', { timeout: 120_000 }, async () => {
  const first = await client();
  await first.query('CREATE TABLE words (word text PRIMARY KEY, count bigint)');
  await first.query('INSERT INTO words VALUES ($1, $2)', ['stream', 3]);
  const { rows } = await first.query('SELECT current_user, current_database() AS database');
  assert.deepEqual(rows, [{ current_user: 'headwater', database: 'headwater' }]);
  await first.query('CREATE EXTENSION "uuid-ossp"; CREATE EXTENSION pgcrypto; CREATE EXTENSION pg_trgm');
  await first.query('CREATE INDEX words_trgm ON words USING gin (word gin_trgm_ops)');
  await first.end();
  await store.close();
  store = await startAnalytics({ dataDir });
  const second = await client();
  assert.deepEqual((await second.query('SELECT * FROM words')).rows, [{ word: 'stream', count: '3' }]);
  const ask = `SELECT uuid_generate_v4()::text AS id, encode(digest('a', 'sha256'), 'hex') AS digest, 'stream' % 'steam' AS alike`;
  const [row] = (await second.query(ask)).rows;
  assert.match(row.id, /^[0-9a-f-]{14}4/);
  assert.deepEqual([row.digest.slice(0, 8), row.alike], ['ca978112', true]);
  const available = (await second.query('SELECT name FROM pg_available_extensions')).rows.map(({ name }) => name);
  assert.deepEqual(available.sort(), [...extensions, 'plpgsql'].sort());
  await second.end();
});

test('a transaction of one connection is not seen by another, and is taken back when it goes', async () => {
  const [a, b] = [await client(), await client()];
  await a.query('CREATE TABLE notes (id int)');
  await a.query('BEGIN');
  await a.query('INSERT INTO notes VALUES (1)');
  const counted = b.query('SELECT count(*)::int AS n FROM notes');
  await a.end();
  assert.deepEqual((await counted).rows, [{ n: 0 }]);
  await b.end();
});

test('settings and statements of one connection are not the other one’s', async () => {
  const [a, b] = [await client(), await client()];
  await a.query("SET search_path TO pg_catalog; SET TIME ZONE 'Asia/Tokyo'; SET app.tenant = 'a'");
  await a.query({ name: 'one', text: 'SELECT 1 AS x' });
  assert.deepEqual((await b.query({ name: 'one', text: 'SELECT 2 AS x' })).rows, [{ x: 2 }]);
  assert.equal((await b.query('SHOW search_path')).rows[0].search_path, '"$user", public');
  assert.equal((await b.query("SELECT current_setting('app.tenant', true) AS t")).rows[0].t || null, null);
  assert.equal((await a.query('SHOW search_path')).rows[0].search_path, 'pg_catalog');
  assert.equal((await a.query('SHOW timezone')).rows[0].TimeZone, 'Asia/Tokyo');
  assert.equal((await a.query("SELECT current_setting('app.tenant') AS t")).rows[0].t, 'a');
  assert.deepEqual((await a.query({ name: 'one', text: 'SELECT 1 AS x' })).rows, [{ x: 1 }]);
  await Promise.all([a.end(), b.end()]);
});

test('the unnamed statement of a connection is its newest, also when another was between', async () => {
  const [a, b] = [await client(), await client()];
  await a.query('CREATE TABLE kept (id int)');
  assert.deepEqual((await a.query('SELECT $1::int AS old', [1])).rows, [{ old: 1 }]);
  assert.deepEqual((await b.query('SELECT $1::text AS x, $2::text AS y', ['x', 'y'])).rows, [{ x: 'x', y: 'y' }]);
  assert.equal((await a.query('INSERT INTO kept VALUES ($1::int)', [7])).command, 'INSERT');
  assert.deepEqual((await b.query('SELECT id FROM kept WHERE id > $1', [0])).rows, [{ id: 7 }]);
  await Promise.all([a.end(), b.end()]);
});

test('a notification reaches other connections', async () => {
  const [a, b] = [await client(), await client()];
  const heard = new Promise((resolve) => a.once('notification', ({ channel, payload }) => resolve([channel, payload])));
  await a.query('LISTEN news');
  await b.query("NOTIFY news, 'rain'");
  assert.deepEqual(await heard, ['news', 'rain']);
  await Promise.all([a.end(), b.end()]);
});

async function refused(query: Promise<unknown>): Promise<string | undefined> {
  try {
    await query;
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

test('a query that runs is cancelled; its transaction has failed, and what others have goes on', {
  timeout: 60_000,
}, async () => {
  const [a, b] = [await client(), await client()];
  await b.query({ name: 'kept', text: 'SELECT 7 AS x' });
  await b.query("SET application_name = 'kept'");
  await a.query('CREATE TABLE cancelled (id int)');
  await a.query('BEGIN');
  await a.query('INSERT INTO cancelled VALUES (1)');
  const long = refused(a.query('SELECT count(*) FROM generate_series(1, 1000000000)'));
  const canceller = new pg.Client({ connectionString: store.url }) as pg.Client & { cancel(...args: unknown[]): void };
  const { activeQuery } = a as unknown as { activeQuery: unknown };
  canceller.cancel(a, activeQuery);
  assert.equal(await long, '57014');
  assert.equal(await refused(a.query('SELECT 1')), '25P02');
  await a.query('ROLLBACK');
  assert.deepEqual((await a.query('SELECT count(*)::int AS n FROM cancelled')).rows, [{ n: 0 }]);
  assert.deepEqual((await b.query({ name: 'kept', text: 'SELECT 7 AS x' })).rows, [{ x: 7 }]);
  assert.equal((await b.query('SHOW application_name')).rows[0].application_name, 'kept');
  await Promise.all([a.end(), b.end()]);
});

test('an advisory lock keeps others out until it is given back', async () => {
  const [a, b] = [await client(), await client()];
  const order: string[] = [];
  await a.query('SELECT pg_advisory_lock(1)');
  const second = b.query('SELECT pg_advisory_lock(1)').then(() => order.push('b'));
  await a.query('SELECT 1');
  order.push('a');
  await a.query('SELECT pg_advisory_unlock(1)');
  await second;
  assert.deepEqual(order, ['a', 'b']);
  await Promise.all([a.end(), b.end()]);
});

test('CREATE and DROP DATABASE make and remove a database of its own', { timeout: 120_000 }, async () => {
  const a = await client();
  await a.query('CREATE DATABASE other');
  assert.equal(await refused(a.query('CREATE DATABASE other')), '42P04');
  const b = await client('other');
  assert.equal((await b.query('SELECT current_database() AS name')).rows[0].name, 'other');
  assert.equal(await refused(b.query('SELECT * FROM words')), '42P01');
  assert.equal(await refused(a.query('DROP DATABASE other')), '55006');
  await b.end();
  const dropped = await a.query('DROP DATABASE other WITH (FORCE)');
  assert.equal(dropped.command, 'DROP');
  assert.equal(await refused(a.query('DROP DATABASE other')), '3D000');
  await a.query('DROP DATABASE IF EXISTS other');
  await a.query('BEGIN');
  assert.equal(await refused(a.query('CREATE DATABASE third')), '25001');
  await a.query('ROLLBACK');
  await a.end();
});

test('an error in a pipeline skips what follows it up to Sync', async () => {
  const a = await client();
  const results = await Promise.all([
    a.query('SELECT 1 AS x').then(({ rows }) => rows[0].x),
    refused(a.query('SELECT $1::int / 0', [1])),
    a.query('SELECT $1::int AS x', [3]).then(({ rows }) => rows[0].x),
  ]);
  assert.deepEqual(results, [1, '22012', 3]);
  await a.end();
});

test('a large result comes whole to a client that reads slowly', async () => {
  const a = await client();
  const { rows } = await a.query("SELECT repeat('x', 1000) AS t FROM generate_series(1, 20000)");
  assert.equal(rows.length, 20_000);
  assert.equal(rows[19_999].t.length, 1000);
  await a.end();
});

test('a message of the extended protocol without Sync, and then a Query, as asyncpg sends COPY', async () => {
  const a = await client();
  // Its socket is taken from it, and ended.
  a.on('error', () => {});
  const { connection } = a as unknown as { connection: { stream: import('node:net').Socket } };
  const { copyDone, copyData, flush, parse, query } = await import('./frontend-messages.ts');
  const [b, ended] = [await client(), Promise.withResolvers<void>()];
  await a.query('CREATE TABLE copied (n int)');
  connection.stream.removeAllListeners('data');
  let answer = '';
  connection.stream.on('data', (chunk) => {
    answer += chunk.toString('latin1');
    if (answer.endsWith('Z\0\0\0\x05I')) ended.resolve();
  });
  // The data comes before PostgreSQL asks for it.
  const messages = [parse('', 'SELECT 1'), flush, query('COPY copied FROM STDIN'), copyData('1\n2\n'), copyDone];
  connection.stream.write(Buffer.concat(messages));
  await ended.promise;
  assert.match(answer, /COPY 2/);
  assert.deepEqual((await b.query('SELECT count(*)::int AS n FROM copied')).rows, [{ n: 2 }]);
  connection.stream.destroy();
  await b.end();
});

test('one connection more than may be is told so', { timeout: 60_000 }, async () => {
  await using small = await startAnalytics({ dataDir: join(directory, 'small'), connectionsMax: 1 });
  const first = new pg.Client({ connectionString: small.url });
  await first.connect();
  assert.equal(await refused(new pg.Client({ connectionString: small.url }).connect()), '53300');
  assert.equal((await first.query('SELECT 1 AS x')).rows[0].x, 1);
  await first.end();
});

test('with fsync a commit is there after a restart', { timeout: 60_000 }, async () => {
  const synced = { dataDir: join(directory, 'synced'), fsync: true };
  for (const round of [1, 2]) {
    await using safe = await startAnalytics(synced);
    const a = new pg.Client({ connectionString: safe.url });
    await a.connect();
    if (round === 1) await a.query('CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)');
    assert.equal((await a.query('SHOW fsync')).rows[0].fsync, 'on');
    assert.deepEqual((await a.query('SELECT n FROM kept')).rows, [{ n: 7 }]);
    await a.end();
  }
});
