/**
 * A foreign client of ksqlDB's REST API. Called as: script.ts BOOTSTRAP PREFIX SCENARIO; SQL_CLIENT is the client's command, which is
 * given the server's URL and a prefix for names. HEADWATER_CLIENTS_SQL is the server; without it our own is started on the broker.
 */
import { spawn } from 'node:child_process';
import { startSql } from '@headwater/sql';

const [bootstrap, prefix] = process.argv.slice(2) as [string, string];
const [command, ...args] = JSON.parse(process.env['SQL_CLIENT']!) as [string, ...string[]];
const given = process.env['HEADWATER_CLIENTS_SQL'] ?? '';
const name = prefix.replaceAll('-', '_');
const settings = [['ksql.streams.commit.interval.ms', '100']] as const;
const own = given === '' ? await startSql({ bootstrap, port: 0, serviceId: `${name}_`, settings }) : null;
const child = spawn(command, [...args, own?.url ?? given, name], { stdio: 'inherit' });
const code = await new Promise<number>((resolve) => child.once('close', (ended) => resolve(ended ?? 1)));
await own?.close();
process.exit(code);
