import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const scripts = resolve(import.meta.dirname, 'scripts');
const cacheDir =
  process.env['HEADWATER_CLIENTS_CACHE'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'headwater-clients');

/** How a client's scenarios are started: command and arguments before bootstrap, prefix and scenario. */
export interface Launcher {
  command: string;
  args: string[];
  env?: Record<string, string>;
}

export interface Client {
  name: string;
  scenarios: readonly string[];
  /** Installs what is missing; a text instead of a launcher says why the client cannot run here. */
  prepare(): Promise<Launcher | string>;
}

const common = ['roundtrip', 'group', 'idempotent', 'admin'] as const;

export const clients: readonly Client[] = [
  {
    name: 'kcat',
    scenarios: common,
    prepare: async () => ((await canRun('kcat', ['-V'])) ? node('kcat-client.ts') : 'kcat is not installed'),
  },
  {
    name: 'confluent-kafka',
    scenarios: [...common, 'static', 'cooperative'],
    prepare: () => python('confluent_kafka_client.py'),
  },
  { name: 'kafka-python', scenarios: common, prepare: () => python('kafka_python_client.py') },
  { name: 'aiokafka', scenarios: common, prepare: () => python('aiokafka_client.py') },
  { name: 'kafkajs', scenarios: common, prepare: async () => node('kafkajs-client.ts') },
  { name: 'platformatic', scenarios: common, prepare: async () => node('platformatic-client.ts') },
  {
    name: 'java',
    scenarios: common,
    prepare: async () => {
      const launcher = kafkaTool();
      if (launcher === null)
        return "Apache Kafka's tools are not here (KAFKA_TOOL, or peers/kafka-tool in HEADWATER_SHARED)";
      if (!(await canRun('java', ['-version']))) return 'java is not installed';
      // Tools live for seconds: the second compiler costs more than it gives.
      return { ...node('java-client.ts'), env: { KAFKA_TOOL: launcher, KAFKA_TOOL_TIER: '1' } };
    },
  },
];

function node(script: string): Launcher {
  // kafkajs computes negative timeouts; Node 24 warns of each.
  return { command: process.execPath, args: ['--disable-warning=TimeoutNegativeWarning', join(scripts, script)] };
}

export function kafkaTool(): string | null {
  const root = resolve(import.meta.dirname, '../..');
  const shared = process.env['HEADWATER_SHARED'] ?? resolve(root, '../shared');
  const launcher = process.env['KAFKA_TOOL'] ?? join(shared, 'peers/kafka-tool');
  return existsSync(launcher) ? launcher : null;
}

let venv: Promise<string> | null = null;

async function python(script: string): Promise<Launcher | string> {
  venv ??= installPython();
  const found = await venv;
  return found.startsWith('/') ? { command: found, args: [join(scripts, script)] } : found;
}

/** The interpreter of a virtual environment with the clients in it, or why there is none. */
async function installPython(): Promise<string> {
  if (!(await canRun('python3', ['--version']))) return 'python3 is not installed';
  const requirements = join(scripts, 'requirements.txt');
  const wanted = await readFile(requirements, 'utf8');
  const dir = join(cacheDir, 'python');
  const interpreter = join(dir, 'bin/python');
  const installed = join(dir, 'installed.txt');
  if (existsSync(installed) && (await readFile(installed, 'utf8')) === wanted) return interpreter;
  try {
    await mkdir(cacheDir, { recursive: true });
    await run('python3', ['-m', 'venv', dir]);
    await run(interpreter, ['-m', 'pip', 'install', '--quiet', '-r', requirements], { timeout: 600_000 });
    await writeFile(installed, wanted);
    return interpreter;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return `the Python clients cannot be installed: ${text.trim().split('\n').at(-1)}`;
  }
}

async function canRun(command: string, args: string[]): Promise<boolean> {
  try {
    await run(command, args);
    return true;
  } catch {
    return false;
  }
}
