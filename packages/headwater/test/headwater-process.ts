import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const bin = resolve(import.meta.dirname, '../bin/headwater.ts');

/** A `headwater up` in a process of its own, as a user starts it. */
export interface HeadwaterProcess {
  child: ChildProcess;
  /** The ready file's addresses. */
  addresses: Record<string, string>;
  /** Everything it printed so far. */
  output(): string;
  /** From spawn to the ready file, in ms. */
  readyAfterMs: number;
  /** Resident memory in MiB; undefined where the system does not tell. */
  residentMiB(): number | undefined;
  /** SIGTERM, and the exit code with how long it took. */
  stop(): Promise<{ code: number | null; tookMs: number }>;
  /** SIGKILL: no chance to write anything. */
  kill(): Promise<void>;
}

/** Starts `headwater up` with the flags and waits for its ready file. Rejects with its output when it ends before that. */
export async function startHeadwater(
  flags: readonly string[],
  env: Record<string, string> = {},
  command = 'up',
): Promise<HeadwaterProcess> {
  const dir = mkdtempSync(join(tmpdir(), 'headwater-ready-'));
  const readyFile = join(dir, 'ready.json');
  const startedAt = performance.now();
  const child = spawn(
    process.execPath,
    ['--max-semi-space-size=8', bin, ...command.split(' '), ...flags, '--ready-file', readyFile],
    {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  await waitFor(() => {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`headwater ended with ${child.exitCode ?? child.signalCode} before it was ready:\n${output}`);
    }
    return existsSync(readyFile);
  }, 120_000);
  const readyAfterMs = performance.now() - startedAt;
  const addresses = JSON.parse(readFileSync(readyFile, 'utf8')) as Record<string, string>;
  const end = async (signal: NodeJS.Signals) => {
    const at = performance.now();
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    }
    rmSync(dir, { recursive: true, force: true });
    return { code: child.exitCode, tookMs: performance.now() - at };
  };
  return {
    child,
    addresses,
    readyAfterMs,
    output: () => output,
    residentMiB() {
      const status = `/proc/${child.pid}/status`;
      if (!existsSync(status)) return undefined;
      return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1]) / 1024;
    },
    stop: () => end('SIGTERM'),
    async kill() {
      await end('SIGKILL');
    },
  };
}

/** Runs `headwater` to its end. */
export async function runHeadwater(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [bin, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const limit = setTimeout(() => child.kill('SIGKILL'), 120_000);
  await once(child, 'close');
  clearTimeout(limit);
  return { code: child.exitCode, output };
}

/** Waits until the condition holds, looking every few milliseconds; rejects after `timeoutMs`. */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  timeoutMs = 120_000,
  what = 'the condition',
): Promise<NonNullable<T>> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value) return value as NonNullable<T>;
    if (performance.now() > until) throw new Error(`${what} did not come true within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
