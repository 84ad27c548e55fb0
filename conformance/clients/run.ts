/** Runs foreign Kafka clients against a broker: `npm run test:clients -- [--bootstrap HOST:PORT] [--registry URL] [--sql URL] [--eureka URL] [--postgres URL] [--restart-broker COMMAND] [--data-dir DIR] [--full] [client[/scenario] …]`. See README.md. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startBroker } from '@headwater/broker';
import { type Client, clients } from './clients.ts';
import type { Launcher } from './install/cache.ts';
import { skippedExitCode } from './scripts/skip.ts';

const defaultTimeoutMs = 240_000;
/** The full form of a scenario takes this many times as long at most. */
const fullTimeoutFactor = 5;
const tailLines = 12;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    bootstrap: { type: 'string' },
    full: { type: 'boolean' },
    registry: { type: 'string' },
    sql: { type: 'string' },
    eureka: { type: 'string' },
    postgres: { type: 'string' },
    'data-dir': { type: 'string' },
    'restart-broker': { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
});

if (values.help) {
  console.log(
    'npm run test:clients -- [--bootstrap HOST:PORT] [--registry URL] [--sql URL] [--eureka URL] [--postgres URL] [--restart-broker COMMAND] [--data-dir DIR] [--full] [client[/scenario] …]',
  );
  console.log(
    clients
      .map((client) => `  ${client.name}: ${[...client.scenarios, ...(client.fullScenarios ?? [])].join(', ')}`)
      .join('\n'),
  );
  process.exit(0);
}

const unknown = positionals.filter((wanted) => !clients.some((client) => scenariosOf(client, [wanted]).length > 0));
if (unknown.length > 0) {
  console.error(`there is no client or scenario ${unknown.join(', ')}; --help lists them`);
  process.exit(2);
}

// What runs then is stopped at exit.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const counts = { passed: 0, failed: 0, skipped: 0, again: 0 };
const own = values.bootstrap === undefined ? await startOwn() : null;
const bootstrap = values.bootstrap ?? own!.bootstrap;
console.log(`foreign clients against ${bootstrap}${own === null ? '' : ' (embedded, on disk)'}`);
try {
  for (const client of clients) {
    const scenarios = scenariosOf(client, positionals);
    if (scenarios.length > 0) await runClient(client, scenarios);
  }
} finally {
  await own?.close();
}
if (counts.again > 0) console.log(`${counts.again} ran a second time`);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed > 0 ? 1 : 0;

function scenariosOf({ name, scenarios, fullScenarios = [] }: Client, wanted: readonly string[]): string[] {
  const all = [...scenarios, ...fullScenarios];
  if (wanted.length === 0 || wanted.includes(name)) return values.full ? all : [...scenarios];
  return all.filter((scenario) => wanted.includes(`${name}/${scenario}`));
}

async function startOwn(): Promise<{ bootstrap: string; dataDir: string; close(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'headwater-clients-'));
  // ACLs are kept and listed, and nobody is held back by them: as the control is set up.
  const config = { 'authorizer.class.name': 'StandardAuthorizer', 'super.users': 'User:ANONYMOUS' };
  const broker = await startBroker({ dataDir, config });
  return {
    bootstrap: broker.bootstrap,
    dataDir,
    async close() {
      await broker.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function runClient(client: Client, scenarios: readonly string[]): Promise<void> {
  const launcher = await client.prepare();
  for (const scenario of scenarios) {
    const name = `${client.name}/${scenario}`.padEnd(28);
    if (typeof launcher === 'string') {
      counts.skipped++;
      console.log(`skip ${name} ${launcher}`);
      continue;
    }
    const startedMs = performance.now();
    let result = await runScenario(client, launcher, scenario);
    if (result.failure !== null) {
      // Clients have races of their own; what passes only now is marked, and its failure is told.
      console.log(`again ${name}\n${result.failure.replace(/^/gm, '     | ')}`);
      counts.again++;
      result = await runScenario(client, launcher, scenario);
    }
    const { failure, skipped, details } = result;
    const seconds = `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
    if (failure !== null) {
      counts.failed++;
      console.log(`FAIL ${name} ${seconds}\n${failure.replace(/^/gm, '     | ')}`);
    } else if (skipped !== null) {
      counts.skipped++;
      console.log(`skip ${name} ${skipped}`);
    } else {
      counts.passed++;
      console.log(`ok   ${name} ${seconds}`);
    }
    for (const detail of details) console.log(`       ${detail}`);
  }
}

interface Result {
  /** The end of what the client said when it went wrong. */
  failure: string | null;
  /** Why it did not run. */
  skipped: string | null;
  /** Lines that it began with `# `: what it counted. */
  details: string[];
}

function runScenario(client: Client, { command, args, env }: Launcher, scenario: string): Promise<Result> {
  const unique = `${Date.now().toString(36)}${Math.floor(Math.random() * 1e6).toString(36)}`;
  const prefix = `hw-${client.name}-${scenario}-${unique}`;
  const child = spawn(command, [...args, bootstrap, prefix, scenario], {
    env: {
      ...process.env,
      ...env,
      HEADWATER_CLIENTS_FULL: values.full ? '1' : '0',
      HEADWATER_CLIENTS_REGISTRY: values.registry ?? '',
      HEADWATER_CLIENTS_SQL: values.sql ?? '',
      HEADWATER_CLIENTS_EUREKA: values.eureka ?? '',
      HEADWATER_CLIENTS_POSTGRES: values.postgres ?? '',
      HEADWATER_CLIENTS_DATA_DIR: values['data-dir'] ?? own?.dataDir ?? '',
      HEADWATER_CLIENTS_RESTART_BROKER: values['restart-broker'] ?? '',
      HEADWATER_CLIENTS_EMBEDDED: own === null ? '0' : '1',
    },
    // A group of its own: what it started ends with it.
    detached: true,
  });
  const stop = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // All of them have ended.
    }
  };
  let output = '';
  const collect = (data: Buffer): void => {
    output = (output + data.toString()).slice(-64 * 1024);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  return new Promise((resolve) => {
    const timeoutMs = (client.timeoutMs ?? defaultTimeoutMs) * (values.full ? fullTimeoutFactor : 1);
    const timer = setTimeout(stop, timeoutMs);
    process.once('exit', stop);
    child.once('error', (error) => resolve({ failure: error.message, skipped: null, details: [] }));
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      process.off('exit', stop);
      stop();
      const lines = output.trimEnd().split('\n');
      const details = lines.filter((line) => line.startsWith('# ')).map((line) => line.slice(2));
      if (code === 0) resolve({ failure: null, skipped: null, details });
      else if (code === skippedExitCode) resolve({ failure: null, skipped: lines.at(-1)!, details });
      else
        resolve({
          failure: `${lines.slice(-tailLines).join('\n')}\nended with ${code ?? signal}`,
          skipped: null,
          details,
        });
    });
  });
}
