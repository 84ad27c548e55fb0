/** Runs foreign Kafka clients against a broker: `npm run test:clients -- [--bootstrap HOST:PORT] [client[/scenario] …]`. See README.md. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startBroker } from '@headwater/broker';
import { type Client, clients, type Launcher } from './clients.ts';

const scenarioTimeoutMs = 240_000;
const tailLines = 12;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { bootstrap: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
});

if (values.help) {
  console.log('npm run test:clients -- [--bootstrap HOST:PORT] [client[/scenario] …]');
  console.log(clients.map(({ name, scenarios }) => `  ${name}: ${scenarios.join(', ')}`).join('\n'));
  process.exit(0);
}

const unknown = positionals.filter((wanted) => !clients.some((client) => scenariosOf(client, [wanted]).length > 0));
if (unknown.length > 0) {
  console.error(`there is no client or scenario ${unknown.join(', ')}; --help lists them`);
  process.exit(2);
}

const counts = { passed: 0, failed: 0, skipped: 0 };
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
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed > 0 ? 1 : 0;

function scenariosOf({ name, scenarios }: Client, wanted: readonly string[]): string[] {
  if (wanted.length === 0 || wanted.includes(name)) return [...scenarios];
  return scenarios.filter((scenario) => wanted.includes(`${name}/${scenario}`));
}

async function startOwn(): Promise<{ bootstrap: string; close(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'headwater-clients-'));
  const broker = await startBroker({ dataDir });
  return {
    bootstrap: broker.bootstrap,
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
    const failure = await runScenario(client.name, launcher, scenario);
    const seconds = `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
    if (failure === null) {
      counts.passed++;
      console.log(`ok   ${name} ${seconds}`);
    } else {
      counts.failed++;
      console.log(`FAIL ${name} ${seconds}\n${failure.replace(/^/gm, '     | ')}`);
    }
  }
}

/** Null when it went well, else the end of what the client said. */
function runScenario(clientName: string, { command, args, env }: Launcher, scenario: string): Promise<string | null> {
  const unique = `${Date.now().toString(36)}${Math.floor(Math.random() * 1e6).toString(36)}`;
  const prefix = `hw-${clientName}-${scenario}-${unique}`;
  const child = spawn(command, [...args, bootstrap, prefix, scenario], { env: { ...process.env, ...env } });
  let output = '';
  const collect = (data: Buffer): void => {
    output = (output + data.toString()).slice(-64 * 1024);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), scenarioTimeoutMs);
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(null);
      else resolve(`${output.trimEnd().split('\n').slice(-tailLines).join('\n')}\nended with ${code ?? signal}`);
    });
  });
}
