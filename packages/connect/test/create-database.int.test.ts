import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import pg from 'pg';
import { createDatabase } from '../src/postgres/create-database.ts';

const given = process.env['HEADWATER_TEST_POSTGRES_URL'];
const skip =
  given === undefined &&
  'HEADWATER_TEST_POSTGRES_URL names no PostgreSQL; the embedded store makes databases by itself';

test('a missing database is made once by two who come at once, and may be there already', { skip }, async () => {
  const url = new URL(given!);
  const name = `made "${randomUUID()}`;
  url.pathname = `/${encodeURIComponent(name)}`;
  const options = { connectionString: url.href };
  await Promise.all([createDatabase(options), createDatabase(options)]);
  await createDatabase(options);
  const admin = new pg.Client({ connectionString: given! });
  await admin.connect();
  try {
    const { rows } = await admin.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    assert.equal(rows.length, 1);
    await admin.query(`DROP DATABASE ${pg.escapeIdentifier(name)}`);
  } finally {
    await admin.end();
  }
});
