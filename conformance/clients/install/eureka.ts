import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir, canRun, findProgram, type Launcher, node, reasonOf, run, scriptPath } from './cache.ts';
import { onceFor } from './schemas.ts';

const installTimeoutMs = 600_000;
const nodePackages = ['eureka-js-client@4.5.0'];
const pythonPackages = ['py_eureka_client==0.13.3'];
const goModule = 'github.com/hudl/fargo@v1.4.0';

/** npm's client of Eureka, with a script of ours. */
export async function nodeEurekaClient(): Promise<Launcher | string> {
  const dir = join(cacheDir, 'node-eureka');
  const failure = await onceFor(dir, nodePackages.join('\n'), async () => {
    await writeFile(join(dir, 'package.json'), '{"private":true}');
    const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...nodePackages];
    await run('npm', args, { cwd: dir, timeout: installTimeoutMs });
  });
  return failure ?? withServer([process.execPath, '--no-deprecation', scriptPath('eureka-js-client.ts'), dir]);
}

/** The same with PyPI's. */
export async function pythonEurekaClient(): Promise<Launcher | string> {
  if (!(await canRun('python3', ['--version']))) return 'python3 is not installed';
  const dir = join(cacheDir, 'python-eureka');
  const interpreter = join(dir, 'bin/python');
  const failure = await onceFor(dir, pythonPackages.join('\n'), async () => {
    await run('python3', ['-m', 'venv', dir]);
    await run(interpreter, ['-m', 'pip', 'install', '--quiet', ...pythonPackages], { timeout: installTimeoutMs });
  });
  return failure ?? withServer([interpreter, scriptPath('eureka_python_client.py')]);
}

/** The same with a Go module's, compiled once. */
export async function goEurekaClient(): Promise<Launcher | string> {
  const go = await findProgram(['go', '/usr/local/go/bin/go', '/usr/lib/go/bin/go'], ['version']);
  if (go === null) return 'go is not installed';
  const source = join(import.meta.dirname, '../go-eureka/main.go');
  const dir = join(cacheDir, 'go-eureka');
  const binary = join(dir, 'fargo-client');
  try {
    await mkdir(dir, { recursive: true });
    await cp(source, join(dir, 'main.go'));
    await writeFile(join(dir, 'go.mod'), 'module headwater/fargo-client\n\ngo 1.21\n');
    const options = { cwd: dir, timeout: installTimeoutMs };
    await run(go, ['get', goModule], options);
    await run(go, ['build', '-o', binary, '.'], options);
  } catch (error) {
    return `the Go client cannot be had: ${reasonOf(error)}`;
  }
  return withServer([binary]);
}

function withServer(command: readonly string[]): Launcher {
  return node('with-eureka-server.ts', { EUREKA_CLIENT: JSON.stringify(command) });
}
