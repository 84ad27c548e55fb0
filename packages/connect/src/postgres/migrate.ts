import type { ClientBase } from 'pg';
import { quoted } from './quoted.ts';

/** Another number than 0 under which instances that start together wait for each other. */
const lockId = 0x68_77_6d_69;

/**
 * Does numbered changes of a schema that were not done yet, each in a transaction with its number in `headwater_migrations` of the schema (which is made,
 * too). Never change one that was published: add another. Returns how many were done.
 */
export async function migrate(client: ClientBase, schema: string, migrations: readonly string[]): Promise<number> {
  const table = `${quoted(schema)}.headwater_migrations`;
  let done = 0;
  await client.query('BEGIN');
  try {
    await client.query(`SELECT pg_advisory_xact_lock(${lockId})`);
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${quoted(schema)}`);
    await client.query(
      `CREATE TABLE IF NOT EXISTS ${table} (number integer PRIMARY KEY, done_at timestamptz NOT NULL DEFAULT now())`,
    );
    const { rows } = await client.query<{ number: number }>(`SELECT number FROM ${table}`);
    const known = new Set(rows.map(({ number }) => number));
    for (const [at, sql] of migrations.entries()) {
      if (known.has(at + 1)) continue;
      await client.query(sql);
      await client.query(`INSERT INTO ${table} (number) VALUES ($1)`, [at + 1]);
      done += 1;
    }
    await client.query('COMMIT');
    return done;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}
