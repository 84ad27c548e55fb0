import { createHash } from 'node:crypto';
import fs, { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@headwater/logger';
import { ConfigError } from '../config-error.ts';
import type { ConfigTree } from './config-tree.ts';
import { GitRepository } from './git.ts';
import { gitHttp } from './git-http.ts';

export interface RemoteOptions {
  url: string;
  /** Where copies are kept over restarts; without it the copy goes with the server. */
  cacheDir?: string;
  username?: string;
  password?: string;
  /** How often the remote is asked, ms. */
  refreshEveryMs: number;
  searchPaths: readonly string[];
  defaultLabel?: string;
  logger: Logger;
}

/** How long the first request waits for the first copy, ms. */
const firstCopyMs = 20_000;

/** Makes ready to copy a repository over http(s); copying goes on in the background, and again when the remote was away. */
export async function openRemote(options: RemoteOptions): Promise<RemoteGitRepository> {
  const url = new URL(options.url);
  const credentials = {
    username: options.username ?? decodeURIComponent(url.username),
    password: options.password ?? decodeURIComponent(url.password),
  };
  url.username = '';
  url.password = '';
  const name = `git-${createHash('sha256').update(url.href).digest('hex').slice(0, 16)}`;
  const isTemporary = options.cacheDir === undefined;
  const gitDir = isTemporary ? mkdtempSync(join(tmpdir(), 'headwater-config-')) : join(options.cacheDir!, name);
  const { default: git } = await import('isomorphic-git');
  if (!existsSync(join(gitDir, 'HEAD'))) {
    mkdirSync(gitDir, { recursive: true });
    await git.init({ fs, dir: gitDir, gitdir: gitDir, bare: true, defaultBranch: 'main' });
  }
  await git.addRemote({ fs, gitdir: gitDir, remote: 'origin', url: url.href, force: true });
  return new RemoteGitRepository(url.href.replace(/\/$/, ''), gitDir, isTemporary, credentials, options);
}

/** A git repository behind http(s), copied whole; a branch that was rewritten there is rewritten here. */
export class RemoteGitRepository extends GitRepository {
  readonly #gitDir: string;
  readonly #isTemporary: boolean;
  readonly #credentials: { username: string; password: string };
  readonly #options: RemoteOptions;
  readonly #stop = new AbortController();
  readonly #http = gitHttp(this.#stop.signal);
  #fetching: Promise<void> | undefined;
  #lastMs = -Infinity;
  #hasCopy: boolean;
  #problem: string | undefined;
  #isClosed = false;

  constructor(
    uri: string,
    gitDir: string,
    isTemporary: boolean,
    credentials: { username: string; password: string },
    options: RemoteOptions,
  ) {
    super({
      uri,
      places: { gitDir, commonDir: gitDir, workTree: undefined },
      searchPaths: options.searchPaths,
      ...(options.defaultLabel === undefined ? {} : { defaultLabel: options.defaultLabel }),
      isRemote: true,
    });
    this.#gitDir = gitDir;
    this.#isTemporary = isTemporary;
    this.#credentials = credentials;
    this.#options = options;
    this.#hasCopy = this.refs.labels().length > 0;
  }

  /** Why the remote could not be asked the last time, if so. */
  override get problem(): string | undefined {
    return this.#problem;
  }

  override async tree(label: string | null): Promise<ConfigTree> {
    if (!this.#hasCopy) await this.#firstCopy();
    return super.tree(label);
  }

  /** Asks the remote when it is time, or at once. An error is kept for health; what was copied is served on. */
  override async refresh(isForced: boolean): Promise<void> {
    if (this.#isClosed) return;
    if (!isForced && performance.now() - this.#lastMs < this.#options.refreshEveryMs) return;
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
      this.#lastMs = performance.now();
    });
    // Who looks at refs regularly need not wait for a slow host.
    if (isForced) await this.#fetching;
  }

  override async close(): Promise<void> {
    this.#isClosed = true;
    this.#stop.abort(new Error('the configuration server is closing'));
    await super.close();
    if (!this.#isTemporary) return;
    await Promise.race([this.#fetching, new Promise((resolve) => setTimeout(resolve, 1_000).unref())]);
    rmSync(this.#gitDir, { recursive: true, force: true });
  }

  async #fetch(): Promise<void> {
    const { username, password } = this.#credentials;
    try {
      const { default: git } = await import('isomorphic-git');
      await git.fetch({
        fs,
        http: this.#http,
        gitdir: this.#gitDir,
        remote: 'origin',
        tags: true,
        prune: true,
        pruneTags: true,
        ...(username === '' && password === ''
          ? {}
          : { onAuth: () => ({ username, password }), onAuthFailure: () => ({ cancel: true }) }),
      });
      this.#hasCopy = true;
      if (this.#problem !== undefined)
        this.#options.logger.info({ repository: this.address }, 'the git remote is back');
      this.#problem = undefined;
    } catch (error) {
      if (this.#isClosed) return;
      const problem = (error as Error).message;
      if (problem !== this.#problem) {
        this.#options.logger.warn({ repository: this.address, error: problem }, 'the git remote cannot be asked');
      }
      this.#problem = problem;
    }
  }

  async #firstCopy(): Promise<void> {
    const given = new Promise<void>((resolve) => setTimeout(resolve, firstCopyMs).unref());
    // Failed lately: not every request asks again.
    if (this.#fetching !== undefined || performance.now() - this.#lastMs > 1_000) {
      await Promise.race([this.refresh(true), given]);
    }
    if (this.#hasCopy) return;
    throw new ConfigError(
      'HW_CONFIG_NO_REPOSITORY',
      `${this.address} could not be copied yet: ${this.#problem ?? 'it is slow'}; it is tried again`,
    );
  }
}
