import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { encryptKey, type ServerOptions, type Servers } from './servers.ts';
import { until } from './until.ts';

const program = resolve(import.meta.dirname, '../../packages/headwater/bin/headwater.ts');
const maxOutputChars = 1024 * 1024;
/** The parts that Spring's services speak to. */
const wanted = ['kafka', 'discovery', 'config', 'identity', 'gateway', 'zipkin'];

/** Headwater as anybody starts it: one command, its addresses from the ready file. */
export async function startHeadwater({ configDir, logDir }: ServerOptions): Promise<Servers> {
  const startedMs = performance.now();
  const dir = await mkdtemp(join(tmpdir(), 'headwater-fabric-'));
  const readyFile = join(dir, 'ready.json');
  const configFile = join(dir, 'headwater.yaml');
  // Its routes come from the config server, as those of Spring Cloud Gateway do.
  await writeFile(configFile, stringify({ config: { repo: configDir, encryptKey } }));
  const args = ['--example', 'none', '--ports', 'auto', '--data', join(dir, 'data'), '--config', configFile];
  const { output, ended, kill } = launch([...args, '--ready-file', readyFile, '--only', (await known()).join(',')]);
  const close = async (): Promise<void> => {
    kill('SIGTERM');
    const timer = setTimeout(() => kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(timer);
    await writeFile(join(logDir, 'headwater.log'), output());
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const isOver = ended.then(() => 'ended' as const);
    const isReady = until('Headwater to be ready', async () => JSON.parse(await readFile(readyFile, 'utf8')), 90_000);
    const ready = (await Promise.race([isOver, isReady])) as 'ended' | Record<string, string>;
    if (ready === 'ended') throw new Error(`headwater up ended: ${output().slice(-2000)}`);
    return {
      kafka: ready['kafka']!,
      discoveryUrl: ready['discovery'] ?? null,
      configUrl: ready['config'] ?? null,
      issuer: ready['identity'] ?? null,
      gatewayUrl: ready['gateway'] ?? null,
      zipkinUrl: ready['zipkin'] ?? null,
      startTimes: { headwater: Math.round(performance.now() - startedMs) },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Those of the wanted parts that this version has: it names the one that it refuses. */
async function known(): Promise<string[]> {
  let keys = [...wanted];
  for (;;) {
    const { output, ended } = launch(['--only', keys.join(','), '--config', '/nowhere/headwater.yaml']);
    await ended;
    const missing = /the part "(\w+)" is not built yet/.exec(output())?.[1];
    if (missing === undefined) return keys;
    keys = keys.filter((key) => key !== missing);
  }
}

function launch(args: readonly string[]) {
  const child = spawn(process.execPath, [program, 'up', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      output = (output + data.toString()).slice(-maxOutputChars);
    });
  }
  const kill = (signal: 'SIGTERM' | 'SIGKILL'): void => void child.kill(signal);
  const atExit = (): void => kill('SIGKILL');
  process.once('exit', atExit);
  const ended = new Promise<void>((done) => {
    child.once('close', () => {
      process.off('exit', atExit);
      done();
    });
  });
  return { output: () => output, ended, kill };
}
