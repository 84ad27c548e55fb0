import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Runs a program to its end: `{stdout, stderr}`, or an error when it ended badly. */
export const run = promisify(execFile);

/** Where clients are installed and compiled: nothing of them lies in the repository. */
export const cacheDir =
  process.env['HEADWATER_CLIENTS_CACHE'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'headwater-clients');

/** How a client's scenarios are started: command and arguments before bootstrap, prefix and scenario. */
export interface Launcher {
  command: string;
  args: string[];
  env?: Record<string, string>;
}

export async function canRun(command: string, args: string[]): Promise<boolean> {
  try {
    await run(command, args);
    return true;
  } catch {
    return false;
  }
}

/** The first of these programs that is here: a name is looked for on the path, anything else is a file. */
export async function findProgram(candidates: readonly string[], args: string[]): Promise<string | null> {
  for (const candidate of candidates) {
    if (candidate.includes('/') && !existsSync(candidate)) continue;
    if (await canRun(candidate, args)) return candidate;
  }
  return null;
}

/** The last line of what went wrong, for the reason of a skip. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split('\n').at(-1) ?? text;
}

const scripts = join(import.meta.dirname, '../scripts');

export const scriptPath = (script: string): string => join(scripts, script);

export function node(script: string, env?: Record<string, string>): Launcher {
  // kafkajs computes negative timeouts; Node 24 warns of each.
  const args = ['--disable-warning=TimeoutNegativeWarning', scriptPath(script)];
  return { command: process.execPath, args, ...(env && { env }) };
}

/** What of the tools that build a Java program is not here, as a reason to skip it; null when all are. */
export async function missingJavaTool(): Promise<string | null> {
  for (const [command, arg] of [
    ['java', '-version'],
    ['javac', '-version'],
    ['mvn', '--version'],
  ] as const) {
    if (!(await canRun(command, [arg]))) return `${command} is not installed`;
  }
  return null;
}
