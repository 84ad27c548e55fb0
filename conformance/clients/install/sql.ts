import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir, canRun, type Launcher, node, run, scriptPath } from './cache.ts';
import { onceFor } from './schemas.ts';

const installTimeoutMs = 600_000;
const nodePackages = ['ksqldb-client@1.0.5', 'ksqldb-client-node@1.1.1', 'ksqldb-js@1.1.2'];
const pythonPackages = ['ksqldb==1.0.1', 'httpx[http2]==0.27.2', 'requests'];

/** A script of ours with a client of ksqlDB from npm, beside a server. */
export async function nodeSqlClient(script: string): Promise<Launcher | string> {
  const dir = join(cacheDir, 'node-sql');
  const failure = await onceFor(dir, nodePackages.join('\n'), async () => {
    await writeFile(join(dir, 'package.json'), '{"private":true}');
    const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...nodePackages];
    await run('npm', args, { cwd: dir, timeout: installTimeoutMs });
  });
  return failure ?? withServer([process.execPath, scriptPath(script), dir]);
}

/** The same with one from PyPI. */
export async function pythonSqlClient(script: string): Promise<Launcher | string> {
  if (!(await canRun('python3', ['--version']))) return 'python3 is not installed';
  const dir = join(cacheDir, 'python-sql');
  const interpreter = join(dir, 'bin/python');
  const failure = await onceFor(dir, pythonPackages.join('\n'), async () => {
    await run('python3', ['-m', 'venv', dir]);
    await run(interpreter, ['-m', 'pip', 'install', '--quiet', ...pythonPackages], { timeout: installTimeoutMs });
  });
  return failure ?? withServer([interpreter, scriptPath(script)]);
}

function withServer(command: readonly string[]): Launcher {
  return node('with-sql-server.ts', { SQL_CLIENT: JSON.stringify(command) });
}
