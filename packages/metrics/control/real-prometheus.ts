import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where a tool is; undefined: this machine has none. */
export function toolPath(name: 'prometheus' | 'promtool'): string | undefined {
  try {
    return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

export interface RealPrometheus {
  url: string;
  directory: string;
  close(): Promise<void>;
}

/** Starts the real one on a free port. @param openMetrics samples that it has from the beginning */
export async function startRealPrometheus(
  options: { openMetrics?: string; config?: string } = {},
): Promise<RealPrometheus> {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-prometheus-'));
  const data = join(directory, 'data');
  if (options.openMetrics !== undefined) {
    const file = join(directory, 'samples.om');
    writeFileSync(file, options.openMetrics);
    execFileSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', file, data], { stdio: 'ignore' });
  }
  const config = join(directory, 'prometheus.yml');
  writeFileSync(config, options.config ?? 'global: { evaluation_interval: 1m }\n');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${data}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--storage.tsdb.retention.time=20y',
  ];
  const child = spawn('prometheus', args, { stdio: 'ignore' });
  for (;;) {
    if (child.exitCode !== null) throw new Error(`prometheus ended with ${child.exitCode}`);
    const isReady = await fetch(`${url}/-/ready`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (isReady) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { url, directory, close: () => closed(child, directory) };
}

async function closed(child: ChildProcess, directory: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
  rmSync(directory, { recursive: true, force: true });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
