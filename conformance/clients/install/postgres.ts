import { join } from 'node:path';
import { javaProgram } from '../../java-program.ts';
import { canRun, type Launcher, node, scriptPath } from './cache.ts';
import { npmPackages, pypiPackages } from './foreign-packages.ts';

const nodePackages = ['pg@8.23.1', 'pg-cursor@2.22.0', 'postgres@3.4.9'];
const ormPackages = [
  ...['pg@8.23.1', 'pg-cursor@2.22.0', 'pg-query-stream@4.17.0'],
  ...[
    'drizzle-orm@0.45.4',
    'knex@3.3.0',
    'kysely@0.28.18',
    'sequelize@6.37.8',
    'typeorm@1.1.1',
    'reflect-metadata@0.2.2',
  ],
];
const prismaPackages = ['prisma@7.10.1', '@prisma/client@7.10.0', '@prisma/adapter-pg@7.10.1', 'pg@8.23.1'];
const pythonPackages = ['psycopg[binary]==3.3.9', 'asyncpg==0.32.0'];

const pythonOrmPackages = ['psycopg[binary]==3.3.9', 'sqlalchemy==2.1.9', 'alembic==1.20.1', 'django==5.2.19'];

/** Clients of PostgreSQL from npm, beside a server. */
export async function nodePostgresClient(): Promise<Launcher | string> {
  return await nodeScript('postgres-client.ts', 'node-postgres', nodePackages);
}

/** Query builders and object mappers from npm. */
export async function nodeOrms(): Promise<Launcher | string> {
  return await nodeScript('postgres-orms.ts', 'node-postgres-orms', ormPackages);
}

/** Prisma: its client is made from a schema. */
export async function nodePrisma(): Promise<Launcher | string> {
  return await nodeScript('postgres-prisma.ts', 'node-postgres-prisma', prismaPackages);
}

/** Clients from PyPI. */
export async function pythonPostgresClient(): Promise<Launcher | string> {
  return await pythonScript('postgres_client.py', 'python-postgres', pythonPackages);
}

export async function pythonOrms(): Promise<Launcher | string> {
  return await pythonScript('postgres_orms.py', 'python-postgres-orms', pythonOrmPackages);
}

/** PostgreSQL's JDBC driver. */
export async function javaPostgresClient(): Promise<Launcher | string> {
  const program = await javaProgram(join(import.meta.dirname, '../java-postgres'), 'java-postgres');
  return typeof program === 'string'
    ? program
    : withServer(['java', '-XX:TieredStopAtLevel=1', '-cp', program.classPath, 'Jdbc']);
}

/** PostgreSQL's own psql. */
export async function psqlClient(): Promise<Launcher | string> {
  if (!(await canRun('psql', ['--version']))) return 'psql is not installed';
  return withServer([process.execPath, scriptPath('psql-client.ts')]);
}

async function nodeScript(script: string, name: string, packages: readonly string[]): Promise<Launcher | string> {
  const installed = await npmPackages(name, packages);
  if (typeof installed === 'string') return installed;
  return withServer([process.execPath, '--no-warnings', scriptPath(script), installed.dir]);
}

async function pythonScript(script: string, name: string, packages: readonly string[]): Promise<Launcher | string> {
  const installed = await pypiPackages(name, packages);
  return typeof installed === 'string' ? installed : withServer([installed.interpreter, scriptPath(script)]);
}

function withServer(command: readonly string[]): Launcher {
  return node('with-postgres-server.ts', { POSTGRES_CLIENT: JSON.stringify(command) });
}
