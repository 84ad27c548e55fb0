import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createDevelopmentCa } from '@headwater/broker/tls';
import pg from 'pg';
import { type AnalyticsServer, startAnalytics } from '../index.ts';

const directory = mkdtempSync(join(tmpdir(), 'headwater-analytics-secure-'));
const ca = createDevelopmentCa('Test authority');
let store: AnalyticsServer;

before(async () => {
  store = await startAnalytics({
    dataDir: join(directory, 'data'),
    tls: ca.issue({ commonName: 'localhost', hosts: ['localhost', '127.0.0.1'] }),
    passwordOf: (user) => (user === 'ada' ? 'correct horse' : undefined),
    adminPort: 0,
  });
});
after(async () => {
  await store.close();
  rmSync(directory, { recursive: true, force: true });
});

async function connect(user: string, password: string, isTls: boolean): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: store.port,
    user,
    password,
    database: 'headwater',
    ssl: isTls ? { ca: ca.certificate, rejectUnauthorized: true } : false,
  });
  await client.connect();
  return client;
}

test('a user comes in by TLS and password, and by nothing less', { timeout: 120_000 }, async () => {
  const client = await connect('ada', 'correct horse', true);
  assert.equal((await client.query('SELECT current_user')).rows[0].current_user, 'ada');
  await client.end();
  await assert.rejects(connect('ada', 'wrong', true), { code: '28P01' });
  await assert.rejects(connect('nobody', 'correct horse', true), { code: '28P01' });
  await assert.rejects(connect('ada', 'correct horse', false), { code: '28000' });
});

test('metrics say how much PostgreSQL is used', async () => {
  const text = await (await fetch(`${store.adminUrl}/metrics`)).text();
  assert.match(text, /headwater_postgres_starts_total\{database="headwater"\} 1/);
  assert.match(text, /headwater_postgres_running\{database="headwater"\} 1/);
});
