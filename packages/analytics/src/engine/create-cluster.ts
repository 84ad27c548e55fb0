import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { AnalyticsError } from '../analytics-error.ts';
import { clusterTemplate } from './cluster-template.ts';
import { runClusterProcess } from './run-cluster-process.ts';
import { sync, syncTree } from './sync-tree.ts';

/** True when `directory` holds a whole database. */
export function isCluster(directory: string): boolean {
  return existsSync(join(directory, 'PG_VERSION'));
}

export interface CreateClusterOptions {
  /** True: its files are on the disk when it is there. */
  isSynced: boolean;
  signal?: AbortSignal;
  /** Where templates are kept. Default: beside the installed packages. */
  templates?: string;
}

/**
 * Makes a database in `directory`, which must not exist: beside it first, and moved when whole, so that a crash leaves none that is half made.
 *
 * @throws AnalyticsError HW_ANALYTICS_CREATE
 */
export async function createCluster(directory: string, database: string, options: CreateClusterOptions): Promise<void> {
  const { isSynced, signal, templates } = options;
  const half = join(dirname(directory), `.new-${basename(directory)}`);
  rmSync(half, { recursive: true, force: true });
  try {
    await runClusterProcess(half, database, signal, await templateIn(templates, signal));
    signal?.throwIfAborted();
    if (isSynced) await syncTree(half);
    renameSync(half, directory);
    if (isSynced) await sync(dirname(directory));
  } catch (error) {
    rmSync(half, { recursive: true, force: true });
    throw new AnalyticsError(
      'HW_ANALYTICS_CREATE',
      `the database "${database}" could not be made in ${directory}: ${(error as Error).message}`,
      error,
    );
  }
}

/** Undefined when there is no template and none can be kept, as where packages are read-only. */
async function templateIn(directory?: string, signal?: AbortSignal): Promise<string | undefined> {
  try {
    return await clusterTemplate(signal, directory);
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

/** Takes away what a killed process left half made. */
export function removeHalfMade(dataDir: string): void {
  for (const name of readdirSync(dataDir)) {
    if (name.startsWith('.new-') || name.startsWith('.old-'))
      rmSync(join(dataDir, name), { recursive: true, force: true });
  }
}
