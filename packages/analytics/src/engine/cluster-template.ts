/**
 * A PostgreSQL that nobody has used, kept beside the installed packages: a new database is a copy of it (0.1 s) instead of an initdb (4 s of CPU).
 * `npm ci` of a checkout makes it, or the first that needs it.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, sep } from 'node:path';
import { initdbParameters, postgresqlConf, templateDatabase } from './engine-settings.ts';
import { runClusterProcess } from './run-cluster-process.ts';
import { syncTree } from './sync-tree.ts';

/** What a killed process left half made is removed after this time. */
const abandonedAfterMs = 10 * 60_000;

/** Where templates are kept: `.cache` of the folder that PGlite is installed in. */
export function templatesDirectory(): string {
  const resolved = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  return join(
    resolved.slice(0, resolved.lastIndexOf(`${sep}node_modules${sep}`)),
    'node_modules/.cache/headwater-postgres',
  );
}

/** Its name has all that its files come from. */
export function templateName(): string {
  const main = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const { version } = JSON.parse(readFileSync(join(main, '../../package.json'), 'utf8')) as { version: string };
  const settings = JSON.stringify([initdbParameters, postgresqlConf(false), templateDatabase]);
  return `pglite-${version}-${createHash('sha256').update(settings).digest('hex').slice(0, 8)}`;
}

/**
 * Finds the template, or makes it: beside its place, written to the disk and then moved, so that one that is half made is never used.
 *
 * @returns its directory
 * @throws Error when it cannot be made or kept: a database is then made without it
 */
export async function clusterTemplate(
  signal?: AbortSignal,
  directory = templatesDirectory(),
  make: typeof runClusterProcess = runClusterProcess,
): Promise<string> {
  const template = join(directory, templateName());
  if (existsSync(template)) return template;
  await mkdir(directory, { recursive: true });
  await removeAbandoned(directory);
  const half = await mkdtemp(join(directory, '.new-'));
  try {
    const made = join(half, 'cluster');
    await make(made, templateDatabase, signal);
    await syncTree(made);
    await rename(made, template).catch((error: Error) => {
      // Another process was faster.
      if (!existsSync(template)) throw error;
    });
  } finally {
    await rm(half, { recursive: true, force: true });
  }
  return template;
}

async function removeAbandoned(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!name.startsWith('.new-')) continue;
    const path = join(directory, name);
    const found = await stat(path).catch(() => null);
    if (found !== null && Date.now() - found.mtimeMs > abandonedAfterMs)
      await rm(path, { recursive: true, force: true });
  }
}
