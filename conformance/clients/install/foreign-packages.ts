import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir, canRun, run } from './cache.ts';
import { onceFor } from './schemas.ts';

const installTimeoutMs = 600_000;

/** Packages of npm in a folder of the cache, installed once; why not, when they cannot be had. */
export async function npmPackages(folder: string, packages: readonly string[]): Promise<{ dir: string } | string> {
  const dir = join(cacheDir, folder);
  const failure = await onceFor(dir, packages.join('\n'), async () => {
    await writeFile(join(dir, 'package.json'), '{"private":true}');
    const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...packages];
    await run('npm', args, { cwd: dir, timeout: installTimeoutMs });
  });
  return failure ?? { dir };
}

/** The same with packages of PyPI: the Python that has them. */
export async function pypiPackages(
  folder: string,
  packages: readonly string[],
): Promise<{ interpreter: string } | string> {
  if (!(await canRun('python3', ['--version']))) return 'python3 is not installed';
  const dir = join(cacheDir, folder);
  const interpreter = join(dir, 'bin/python');
  const failure = await onceFor(dir, packages.join('\n'), async () => {
    await run('python3', ['-m', 'venv', dir]);
    await run(interpreter, ['-m', 'pip', 'install', '--quiet', ...packages], { timeout: installTimeoutMs });
  });
  return failure ?? { interpreter };
}
