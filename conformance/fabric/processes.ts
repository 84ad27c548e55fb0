import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { until } from './until.ts';

/** On two busy cores a Spring application can take this long. */
const startTimeoutMs = 240_000;
const stopTimeoutMs = 30_000;
const tailLines = 15;
/** A program that complains without end fills no disk. */
const maxLogBytes = 16 * 1024 * 1024;

export interface Running {
  readonly name: string;
  readonly url: string;
  readonly port: number;
  readonly startMs: number;
  /** Asks it to end (SIGTERM) and waits; kills it when it does not. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

export interface ProcessOptions {
  name: string;
  command: string;
  args: readonly string[];
  env: Record<string, string>;
  port: number;
  /** Answers below 500 once it is up; the port alone when null. */
  readyPath: string | null;
  logDir: string;
}

const running = new Set<ChildProcess>();
// What still runs when the runner ends, ends with it.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a program and waits until it answers. */
export async function startProcess(options: ProcessOptions): Promise<Running> {
  const { name, port, readyPath, logDir } = options;
  const startedMs = performance.now();
  const logFile = join(logDir, `${name}-${port}.log`);
  const child = launch(options, logFile);
  const url = `http://127.0.0.1:${port}`;
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
    await ended;
    clearTimeout(timer);
  };
  try {
    await until(
      `${name} to answer`,
      async () => {
        if (child.exitCode !== null) return true;
        return (await fetch(`${url}${readyPath ?? '/'}`, { signal: AbortSignal.timeout(2000) })).status < 500;
      },
      startTimeoutMs,
    );
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
  } catch (error) {
    await end('SIGKILL');
    throw new Error(`${(error as Error).message}\n${await tailOf(logFile)}`);
  }
  return {
    name,
    url,
    port,
    startMs: Math.round(performance.now() - startedMs),
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

/** Runs a program that is expected to end by itself: its exit code, null when it has to be stopped. */
export async function runToEnd(options: ProcessOptions, timeoutMs: number): Promise<number | null> {
  const child = launch(options, join(options.logDir, `${options.name}-${options.port}.log`));
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  return code;
}

/** What a program says until its end, which must come in time. */
export function outputOf(
  command: string,
  args: readonly string[],
  env: Record<string, string>,
  timeoutMs: number,
): Promise<string> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      output = (output + data.toString()).slice(-64 * 1024);
    });
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      running.delete(child);
      clearTimeout(timer);
      resolve(output);
    });
  });
}

function launch({ command, args, env }: ProcessOptions, logFile: string): ChildProcess {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const log = createWriteStream(logFile, { flags: 'a' });
  let room = maxLogBytes;
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (data: Buffer) => {
      if (room > 0) log.write(data);
      room -= data.length;
    });
  }
  child.once('error', (error) => log.write(`${error.message}\n`));
  child.once('close', () => {
    running.delete(child);
    log.end();
  });
  return child;
}

async function tailOf(file: string): Promise<string> {
  const lines = (await readFile(file, 'utf8').catch(() => '')).trimEnd().split('\n');
  return lines.slice(-tailLines).join('\n');
}

/** Ports that nothing listens on now: several are asked for at once, so that they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ports.push((server.address() as { port: number }).port);
  }
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
