import { type Launcher, node, scriptPath } from './cache.ts';
import { npmPackages, pypiPackages } from './foreign-packages.ts';

const nodePackages = ['ksqldb-client@1.0.5', 'ksqldb-client-node@1.1.1', 'ksqldb-js@1.1.2'];
const pythonPackages = ['ksqldb==1.0.1', 'httpx[http2]==0.27.2', 'requests'];

/** A script of ours with a client of ksqlDB from npm, beside a server. */
export async function nodeSqlClient(script: string): Promise<Launcher | string> {
  const installed = await npmPackages('node-sql', nodePackages);
  return typeof installed === 'string' ? installed : withServer([process.execPath, scriptPath(script), installed.dir]);
}

/** The same with one from PyPI. */
export async function pythonSqlClient(script: string): Promise<Launcher | string> {
  const installed = await pypiPackages('python-sql', pythonPackages);
  return typeof installed === 'string' ? installed : withServer([installed.interpreter, scriptPath(script)]);
}

function withServer(command: readonly string[]): Launcher {
  return node('with-sql-server.ts', { SQL_CLIENT: JSON.stringify(command) });
}
