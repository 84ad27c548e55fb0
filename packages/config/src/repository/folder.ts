import { type Stats, statSync } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { ConfigError } from '../config-error.ts';
import type { ConfigRepository, ConfigTree, TreeNaming } from './config-tree.ts';
import { folderNaming } from './folder-naming.ts';
import { matchingDirectories } from './match-directories.ts';
import { folderLocations } from './search-locations.ts';

/** The largest file that is served, bytes. */
export const maxFileBytes = 4 * 1024 * 1024;

/** A folder of files, read as they are when asked: what the real server calls the native backend. */
export class FolderRepository implements ConfigRepository {
  readonly kind = 'folder';
  readonly address: string;
  readonly defaultLabel: string;
  readonly #tree: FolderTree;
  readonly #searchPaths: readonly string[];

  constructor(root: string, options: { searchPaths: readonly string[]; defaultLabel?: string }) {
    this.address = root;
    this.defaultLabel = options.defaultLabel ?? 'master';
    this.#searchPaths = options.searchPaths;
    this.#tree = new FolderTree(root, folderNaming(root.endsWith('/') ? root : `${root}/`));
  }

  async tree(): Promise<ConfigTree> {
    return this.#tree;
  }

  async locations(
    _tree: ConfigTree,
    request: { application: string; profiles: string; label: string | null },
  ): Promise<string[]> {
    return folderLocations(this.#searchPaths, { ...request, label: request.label ?? this.defaultLabel });
  }

  async close(): Promise<void> {}
}

/** The files below a folder. Symbolic links are followed while they stay inside of it. */
export class FolderTree implements ConfigTree {
  readonly version: string | null;
  readonly id: string;
  readonly naming: TreeNaming;
  readonly #root: string;
  #realRoot: Promise<string> | undefined;

  constructor(root: string, naming: TreeNaming, version: string | null = null) {
    this.#root = root;
    this.id = `folder:${root}`;
    this.naming = naming;
    this.version = version;
  }

  fingerprint(paths: readonly string[]): string {
    let result = '';
    for (const path of paths) {
      const stats = statSync(join(this.#root, path), { throwIfNoEntry: false });
      result += stats === undefined ? '-' : stampOf(stats);
      result += '|';
    }
    return result;
  }

  async stamp(path: string): Promise<string | undefined> {
    const stats = await this.#inside(path);
    return stats === undefined ? undefined : stampOf(stats);
  }

  async read(path: string): Promise<Buffer | undefined> {
    if ((await this.#inside(path)) === undefined) return undefined;
    const file = await open(join(this.#root, path), 'r').catch(() => undefined);
    if (file === undefined) return undefined;
    try {
      const { size } = await file.stat();
      if (size > maxFileBytes) throw tooLarge(path, size);
      return await file.readFile();
    } finally {
      await file.close();
    }
  }

  async directories(pattern: string): Promise<string[]> {
    return matchingDirectories(pattern, async (path) => {
      const entries = await readdir(join(this.#root, path), { withFileTypes: true }).catch(() => []);
      return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    });
  }

  async modifiedAtMs(path: string): Promise<number | undefined> {
    return (await this.#inside(path))?.mtimeMs;
  }

  async files(): Promise<string[]> {
    const found: string[] = [];
    const walk = async (directory: string): Promise<void> => {
      const entries = await readdir(join(this.#root, directory), { withFileTypes: true }).catch(() => []);
      for (const entry of entries) {
        if (entry.name === '.git' || found.length >= maxFiles) continue;
        const path = directory + entry.name;
        if (entry.isDirectory()) await walk(`${path}/`);
        else if (entry.isFile()) found.push(path);
      }
    };
    await walk('');
    return found;
  }

  /** The file's state, if it is a file and, links followed, inside of the folder. */
  async #inside(path: string): Promise<Stats | undefined> {
    const parts = path.split('/');
    if (path.includes('\0') || parts.includes('..') || parts.includes('.git')) return undefined;
    this.#realRoot ??= realpath(this.#root);
    try {
      const full = join(this.#root, path);
      const stats = await stat(full);
      if (!stats.isFile()) return undefined;
      const [real, realRoot] = await Promise.all([realpath(full), this.#realRoot]);
      return real.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep) ? stats : undefined;
    } catch {
      this.#realRoot = undefined;
      return undefined;
    }
  }
}

/** What a listing tells at most. */
export const maxFiles = 20_000;

export function tooLarge(path: string, sizeBytes: number): ConfigError {
  return new ConfigError(
    'HW_CONFIG_TOO_LARGE',
    `${path} has ${sizeBytes} bytes; files of more than ${maxFileBytes} are not served`,
    { file: path },
  );
}

function stampOf(stats: Stats): string {
  return `${stats.mtimeMs}:${stats.size}:${stats.ino}`;
}
