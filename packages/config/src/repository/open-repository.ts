import { existsSync, statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Logger, silentLogger } from '@headwater/logger';
import { ConfigError } from '../config-error.ts';
import type { ConfigRepository } from './config-tree.ts';
import { FolderRepository } from './folder.ts';
import { GitRepository } from './git.ts';
import { findGit } from './git-refs.ts';

export interface RepositoryOptions {
  /** A folder, or a git repository: a path or `file:` URL of a working copy or bare repository, or an http(s) URL. */
  repo: string;
  /** Taken as a folder though it is a git repository, or the other way. Default: by what is there. */
  kind?: 'folder' | 'git';
  /** Directories to search; may hold `{application}`, `{profile}`, `{label}`, and in git `*`. Default the root. */
  searchPaths?: readonly string[];
  /** The label when none is asked for. Default `main`, or `master` where there is no `main`. */
  defaultLabel?: string;
  /** Serves commits only, where otherwise the files of a working copy are served for the branch that is checked out. Default false. */
  isCommittedOnly?: boolean;
  /** Where copies of remote repositories are kept over restarts. Default: nowhere, the copy goes with the server. */
  cacheDir?: string;
  /** Of a remote repository; also in its URL. */
  username?: string;
  password?: string;
  /** How often a remote repository is asked, ms. Default 5,000. */
  refreshEveryMs?: number;
  logger?: Logger;
}

/** Opens what `repo` names. Throws HW_CONFIG_OPTION when there is nothing. */
export async function openRepository(options: RepositoryOptions): Promise<ConfigRepository> {
  const searchPaths = options.searchPaths ?? [];
  const defaultLabel = options.defaultLabel === undefined ? {} : { defaultLabel: options.defaultLabel };
  const path = pathOf(options.repo);
  if (path === undefined) {
    if (!/^https?:\/\//i.test(options.repo)) {
      throw new ConfigError(
        'HW_CONFIG_OPTION',
        `repo "${options.repo}" is neither a path nor an http(s) URL: of a repository behind SSH give a clone, and let "git pull" keep it`,
      );
    }
    const { openRemote } = await import('./remote-git.ts');
    const { cacheDir, username, password } = options;
    return openRemote({
      url: options.repo,
      ...(cacheDir === undefined ? {} : { cacheDir }),
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      refreshEveryMs: options.refreshEveryMs ?? 5_000,
      searchPaths,
      ...defaultLabel,
      logger: options.logger ?? silentLogger,
    });
  }
  if (!existsSync(path) || !statSync(path).isDirectory()) {
    throw new ConfigError(
      'HW_CONFIG_OPTION',
      `the configuration repository ${path} is not there: make the folder, or give another by config.repo`,
    );
  }
  const places = options.kind === 'folder' ? undefined : findGit(path);
  if (places === undefined) {
    if (options.kind !== 'git') return new FolderRepository(path, { searchPaths, ...defaultLabel });
    throw new ConfigError('HW_CONFIG_OPTION', `${path} is no git repository: make it one, or leave out config.kind`);
  }
  const uri = (options.repo.startsWith('file:') ? options.repo : pathToFileURL(path).href).replace(/\/+$/, '');
  return new GitRepository({
    uri,
    places,
    searchPaths,
    ...defaultLabel,
    isCommittedOnly: options.isCommittedOnly ?? false,
  });
}

function pathOf(repo: string): string | undefined {
  if (repo.startsWith('file:')) {
    const path = repo.startsWith('file:/') ? fileURLToPath(repo) : repo.slice('file:'.length);
    return resolve(path);
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(repo) || /^[\w.-]+@[\w.-]+:/.test(repo)) return undefined;
  return isAbsolute(repo) ? resolve(repo) : resolve(process.cwd(), repo);
}
