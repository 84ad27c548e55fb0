/**
 * How long PostgreSQL takes to start, and what it adds to the memory of a process that has run for a while:
 *
 *     node --max-semi-space-size=8 packages/analytics/bench/start-and-memory.ts
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { AnalyticsServer } from '../index.ts';

// As `headwater` does it.
enableCompileCache();
const { startAnalytics } = await import('../index.ts');

const directory = mkdtempSync(join(tmpdir(), 'headwater-analytics-bench-'));
const dataDir = join(directory, 'data');

/** Resident, and of that what is this process's own, in MB. */
function memory(): { rss: number; own: number } {
  const status = readFileSync('/proc/self/status', 'utf8');
  const of = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024;
  return { rss: of('VmRSS'), own: of('RssAnon') };
}

let before = memory();
function report(what: string, sinceMs: number): void {
  const now = memory();
  const line = [what.padEnd(44), `${(performance.now() - sinceMs).toFixed(0).padStart(6)} ms`];
  line.push(
    `${now.rss.toFixed(0).padStart(5)} MB`,
    `+${(now.rss - before.rss).toFixed(0)} (own +${(now.own - before.own).toFixed(0)})`,
  );
  console.log(line.join('  '));
}

async function connected(store: AnalyticsServer): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: store.url });
  await client.connect();
  return client;
}

for (const what of ['a new database', 'an existing database']) {
  const store = await startAnalytics({ dataDir, idleMs: 1_000 });
  // The client library's own memory is not counted.
  await new pg.Client({ connectionString: 'postgres://127.0.0.1:1/x' }).connect().catch(() => {});
  before = memory();
  let t = performance.now();
  const client = await connected(store);
  report(`${what}: first connection`, t);
  await client.query(
    'CREATE TABLE IF NOT EXISTS words (id serial PRIMARY KEY, word text, count bigint, at timestamptz DEFAULT now())',
  );
  await client.query('CREATE INDEX IF NOT EXISTS words_word ON words (word, at DESC)');
  t = performance.now();
  for (let i = 0; i < 200; i++) {
    const words = Array.from({ length: 50 }, (_, j) => `word${(i * 50 + j) % 997}`);
    await client.query('INSERT INTO words (word, count) SELECT word, 1 FROM unnest($1::text[]) AS word', [words]);
  }
  report('10,000 rows in 200 transactions', t);
  t = performance.now();
  for (let i = 0; i < 500; i++)
    await client.query('SELECT * FROM words WHERE word = $1 ORDER BY at DESC LIMIT 1', [`word${i}`]);
  report('500 look-ups by index', t);
  const pool = new pg.Pool({ connectionString: store.url, max: 5 });
  await Promise.all(Array.from({ length: 5 }, () => pool.query('SELECT 1')));
  t = performance.now();
  await Promise.all(
    Array.from({ length: 500 }, (_, i) =>
      pool.query('SELECT * FROM words WHERE word = $1 ORDER BY at DESC LIMIT 1', [`word${i}`]),
    ),
  );
  report('the same by 5 connections in turns', t);
  await pool.end();
  await client.end();
  t = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  report('nobody asks: ended', t);
  await store.close();
}
rmSync(directory, { recursive: true, force: true });
