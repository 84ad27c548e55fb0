/**
 * A foreign client of PostgreSQL. Called as: script.ts BOOTSTRAP PREFIX SCENARIO; POSTGRES_CLIENT is the client's command, which is given the
 * database's URL, a name for a schema of its own and the scenario. HEADWATER_CLIENTS_POSTGRES is the database; without it our own is started.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAnalytics } from '@headwater/analytics';

const [, prefix, scenario] = process.argv.slice(2) as [string, string, string];
const [command, ...args] = JSON.parse(process.env['POSTGRES_CLIENT']!) as [string, ...string[]];
const given = process.env['HEADWATER_CLIENTS_POSTGRES'] ?? '';
const dataDir = given === '' ? mkdtempSync(join(tmpdir(), 'headwater-clients-postgres-')) : null;
const own = dataDir === null ? null : await startAnalytics({ dataDir });
const name = prefix.replaceAll('-', '_');
const child = spawn(command, [...args, own?.url ?? given, name, scenario], { stdio: 'inherit' });
const code = await new Promise<number>((resolve) => child.once('close', (ended) => resolve(ended ?? 1)));
await own?.close();
if (dataDir !== null) rmSync(dataDir, { recursive: true, force: true });
process.exit(code);
