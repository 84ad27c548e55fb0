/** npm's pg with pg-cursor, and postgres. Called as: script.ts DIR URL SCHEMA CLIENT, where DIR holds the packages. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [dir, url, schema, client] = process.argv.slice(2) as [string, string, string, string];
const load = createRequire(join(dir, 'package.json'));

async function checkPg(): Promise<string> {
  const { Pool } = load('pg');
  const Cursor = load('pg-cursor');
  const pool = new Pool({ connectionString: url, max: 4, options: `-c search_path=${schema}` });
  await pool.query(`CREATE SCHEMA ${schema}`);
  await pool.query(
    'CREATE TABLE words (id serial PRIMARY KEY, word text UNIQUE, n bigint, at timestamptz, tags text[], j jsonb)',
  );
  const client = await pool.connect();
  await client.query('BEGIN');
  for (let i = 0; i < 500; i++) {
    const values = [`w${i}`, i, new Date(i), ['a', 'b'], { k: i }];
    await client.query({
      name: 'insert',
      text: 'INSERT INTO words (word, n, at, tags, j) VALUES ($1, $2, $3, $4, $5)',
      values,
    });
  }
  await client.query('COMMIT');
  // A portal with a row limit: others want their turn in between.
  const cursor = client.query(new Cursor('SELECT n FROM words ORDER BY id'));
  const looks = Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      const { rows } = await pool.query({ name: 'look', text: 'SELECT * FROM words WHERE n = $1', values: [i] });
      assert.deepEqual(rows[0].tags, ['a', 'b']);
      assert.deepEqual(rows[0].j, { k: i });
      assert.equal(rows[0].at.getTime(), i);
    }),
  );
  let count = 0;
  for (;;) {
    const rows = await cursor.read(70);
    if (rows.length === 0) break;
    for (const row of rows) assert.equal(row.n, String(count++));
  }
  await cursor.close();
  assert.equal(count, 500);
  await looks;
  await assert.rejects(client.query("INSERT INTO words (word) VALUES ('w1')"), {
    code: '23505',
    constraint: 'words_word_key',
  });
  client.release();
  await pool.query(`DROP SCHEMA ${schema} CASCADE`);
  await pool.end();
  return `${count} rows by a cursor`;
}

async function checkPostgres(): Promise<string> {
  const postgres = load('postgres');
  const sql = postgres(url, { max: 4, connection: { search_path: schema }, onnotice: () => {} });
  await sql`CREATE SCHEMA ${sql(schema)}`;
  await sql`CREATE TABLE words (id serial PRIMARY KEY, word text, n bigint, j jsonb)`;
  const rows = Array.from({ length: 300 }, (_, n) => ({ word: `w${n}`, n, j: sql.json({ k: n }) }));
  await sql`INSERT INTO words ${sql(rows, 'word', 'n', 'j')}`;
  const found = await Promise.all(rows.slice(0, 40).map(({ n }) => sql`SELECT * FROM words WHERE n = ${n}`));
  for (const [n, [row]] of found.entries()) assert.deepEqual([row.word, row.j], [`w${n}`, { k: n }]);
  const failed = sql.begin(async (own: typeof sql) => {
    await own`INSERT INTO words (word) VALUES ('gone')`;
    await own`SELECT 1 / 0`;
  });
  await assert.rejects(failed, { code: '22012' });
  let count = 0;
  await sql`SELECT n FROM words`.cursor(70, (some: unknown[]) => {
    count += some.length;
  });
  assert.equal(count, 300);
  const heard = Promise.withResolvers<string>();
  await sql.listen(schema, heard.resolve);
  await sql.notify(schema, 'rain');
  assert.equal(await heard.promise, 'rain');
  await sql`DROP SCHEMA ${sql(schema)} CASCADE`;
  await sql.end();
  return `${count} rows by a cursor`;
}

console.log(`# ${await (client === 'pg' ? checkPg() : checkPostgres())}`);
