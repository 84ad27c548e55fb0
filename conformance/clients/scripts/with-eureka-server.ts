/**
 * A foreign client of Eureka. Called as: script.ts BOOTSTRAP PREFIX SCENARIO; EUREKA_CLIENT is the client's command, which is given the
 * server's address (…/eureka), a name and the scenario. HEADWATER_CLIENTS_EUREKA is the server; without it our own is started on the broker.
 */
import { spawn } from 'node:child_process';
import { startDiscovery } from '@headwater/discovery';

const [bootstrap, prefix, scenario] = process.argv.slice(2) as [string, string, string];
const [command, ...args] = JSON.parse(process.env['EUREKA_CLIENT']!) as [string, ...string[]];
const given = process.env['HEADWATER_CLIENTS_EUREKA'] ?? '';
const own = given === '' ? await startDiscovery({ bootstrap, port: 0, topic: `_${prefix}` }) : null;
const url = own === null ? given.replace(/\/$/, '') : `${own.url}/eureka`;
const child = spawn(command, [...args, url, prefix.toUpperCase(), scenario], { stdio: 'inherit' });
const code = await new Promise<number>((resolve) => child.once('close', (ended) => resolve(ended ?? 1)));
await own?.close();
process.exit(code);
