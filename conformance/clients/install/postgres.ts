import { type Launcher, node, scriptPath } from './cache.ts';
import { npmPackages, pypiPackages } from './foreign-packages.ts';

const nodePackages = ['pg@8.23.1', 'pg-cursor@2.22.0', 'postgres@3.4.9'];
const pythonPackages = ['psycopg[binary]==3.3.9', 'asyncpg==0.32.0'];

/** A script of ours with a client of PostgreSQL from npm, beside a server. */
export async function nodePostgresClient(script: string): Promise<Launcher | string> {
  const installed = await npmPackages('node-postgres', nodePackages);
  return typeof installed === 'string'
    ? installed
    : withServer([process.execPath, '--no-warnings', scriptPath(script), installed.dir]);
}

/** The same with one from PyPI. */
export async function pythonPostgresClient(script: string): Promise<Launcher | string> {
  const installed = await pypiPackages('python-postgres', pythonPackages);
  return typeof installed === 'string' ? installed : withServer([installed.interpreter, scriptPath(script)]);
}

function withServer(command: readonly string[]): Launcher {
  return node('with-postgres-server.ts', { POSTGRES_CLIENT: JSON.stringify(command) });
}
