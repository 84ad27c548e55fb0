import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir, canRun, type Launcher, reasonOf, run, scriptPath } from './cache.ts';

let venv: Promise<string> | null = null;

/** A script of the Python clients with the interpreter that has them, or why there is none. */
export async function python(script: string): Promise<Launcher | string> {
  venv ??= install();
  const found = await venv;
  return found.startsWith('/') ? { command: found, args: [scriptPath(script)] } : found;
}

async function install(): Promise<string> {
  if (!(await canRun('python3', ['--version']))) return 'python3 is not installed';
  const requirements = scriptPath('requirements.txt');
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
    return `the Python clients cannot be installed: ${reasonOf(error)}`;
  }
}
