import pg from 'pg';
import { quoted } from './quoted.ts';

/** Another instance was first: 42P04 when it had ended, 23505 when both were at it. */
const madeByAnother = new Set<unknown>(['42P04', '23505']);

/** Makes the database that `connectionString` names, on a connection to `postgres`, which every server has. Rejects with 42501 when the user may not. */
export async function createDatabase(options: pg.ClientConfig & { connectionString: string }): Promise<void> {
  const url = new URL(options.connectionString);
  const name = decodeURIComponent(url.pathname.slice(1));
  url.pathname = '/postgres';
  const client = new pg.Client({ ...options, connectionString: url.href });
  client.on('error', () => {}); // its query tells
  try {
    await client.connect();
    await client.query(`CREATE DATABASE ${quoted(name)}`);
  } catch (error) {
    if (!madeByAnother.has((error as { code?: unknown }).code)) throw error;
  } finally {
    await client.end().catch(() => {});
  }
}
