import { type FSWatcher, watch } from 'node:fs';
import type { Logger } from '@headwater/logger';
import { ConfigError } from '../config-error.ts';
import type { ConfigRepository, ConfigTree } from '../repository/config-tree.ts';
import { type FolderRepository, FolderTree } from '../repository/folder.ts';
import type { GitRepository } from '../repository/git.ts';
import type { ParsedFiles } from '../resolve/parsed-files.ts';
import { digestsOf, type FileChange, fileChange } from './file-changes.ts';
import { treeChanges } from './git-changes.ts';
import type { KeyDigests } from './key-changes.ts';
import { scanFolder } from './scan-folder.ts';

/** A change of the repository: a commit, or files that were saved. */
export interface RepositoryChange {
  timestampMs: number;
  /** The label that changed; null in a folder, whose labels are subfolders. */
  label: string | null;
  /** The commit, or null for saved files. */
  version: string | null;
  previousVersion: string | null;
  author: string | null;
  message: string | null;
  files: FileChange[];
}

export interface RepositoryWatchOptions {
  repository: ConfigRepository;
  files: ParsedFiles;
  logger: Logger;
  /** Labels of git that somebody watches, besides the default one. */
  labels: () => Iterable<string | null>;
  onChange: (change: RepositoryChange) => void;
  /** Told when a label is looked at for the first time: what watchers know of it may be older. */
  onFirstLook: () => void;
  /** Told when a file breaks, and when none is broken any more. */
  onBroken: (errors: readonly ConfigError[]) => void;
}

/** How often refs are read, ms: a few small files. */
const refsEveryMs = 300;
/**
 * How often a folder is looked through besides what the system tells, ms, and how much rarer for each of its files: by their number, not by
 * the time that a look took, which on a busy machine is long for three files too.
 */
const scanEveryMs = 1_000;
const scanRarerByMs = 2.5;
/** Editors write in several steps: what they save within this time is one change. */
const settleMs = 60;

/**
 * Notices what changes in a repository, within a second: by the system's notices and by looking, since notices get lost on some file
 * systems. `check()` looks at once.
 */
export class RepositoryWatch {
  readonly #options: RepositoryWatchOptions;
  readonly #commits = new Map<string, string>();
  #scanned: Map<string, string> | undefined;
  readonly #digests = new Map<string, KeyDigests>();
  #broken = new Map<string, ConfigError>();
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #checking: Promise<void> | undefined;
  #isCheckWanted = false;
  #isForced = false;
  #isClosed = false;
  #lastScanAtMs = 0;
  #settling: NodeJS.Timeout | undefined;

  constructor(options: RepositoryWatchOptions) {
    this.#options = options;
  }

  /** Files that cannot be read now. */
  get broken(): readonly ConfigError[] {
    return [...this.#broken.values()];
  }

  /** Begins with how things are now; what is there already is no change. */
  async start(): Promise<void> {
    await this.check(true);
    this.#watchFolder();
    this.#schedule();
  }

  /** Looks now; calls while it looks are one look afterwards. `isForced` asks a remote too, whether or not it is time. */
  check(isForced = false): Promise<void> {
    this.#isCheckWanted = true;
    this.#isForced ||= isForced;
    this.#checking ??= (async () => {
      while (this.#isCheckWanted && !this.#isClosed) {
        this.#isCheckWanted = false;
        try {
          await this.#look();
        } catch (error) {
          this.#options.logger.warn({ error: (error as Error).message }, 'the configuration repository cannot be read');
        }
      }
    })().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#settling);
    this.#watcher?.close();
    await this.#checking;
  }

  get #folder(): string | undefined {
    const { repository } = this.#options;
    return repository.kind === 'folder'
      ? (repository as FolderRepository).address
      : (repository as GitRepository).servedWorkTree;
  }

  get #scanEveryMs(): number {
    return scanEveryMs + (this.#scanned?.size ?? 0) * scanRarerByMs;
  }

  #schedule(): void {
    if (this.#isClosed) return;
    const isGit = this.#options.repository.kind === 'git';
    const everyMs = isGit ? refsEveryMs : this.#scanEveryMs;
    this.#timer = setTimeout(() => {
      void this.check().then(() => this.#schedule());
    }, everyMs).unref();
  }

  #watchFolder(): void {
    const folder = this.#folder;
    if (folder === undefined) return;
    try {
      this.#watcher = watch(folder, { recursive: true, persistent: false }, (_, name) => {
        if (name !== null && /(?:^|\/)\.git\//.test(String(name))) return;
        this.#settling ??= setTimeout(() => {
          this.#settling = undefined;
          this.#lastScanAtMs = 0;
          void this.check();
        }, settleMs).unref();
      });
      this.#watcher.on('error', () => {});
    } catch {
      // Looking every second is enough.
    }
  }

  async #look(): Promise<void> {
    const { repository } = this.#options;
    if (repository.kind === 'git') {
      const isForced = this.#isForced;
      this.#isForced = false;
      await (repository as GitRepository).refresh(isForced);
      await this.#lookAtRefs(repository as GitRepository);
    }
    const folder = this.#folder;
    if (folder === undefined) {
      this.#scanned = undefined;
      return;
    }
    const now = performance.now();
    if (repository.kind === 'git' && now - this.#lastScanAtMs < this.#scanEveryMs) return;
    this.#lastScanAtMs = now;
    await this.#lookAtFolder(folder);
  }

  async #lookAtRefs(repository: GitRepository): Promise<void> {
    const labels = new Set([...this.#options.labels()].map((label) => label ?? repository.defaultLabel));
    labels.add(repository.defaultLabel);
    for (const label of labels) {
      if (label.includes(',')) continue;
      const oid = await repository.commitOfLabel(label);
      const before = this.#commits.get(label);
      if (oid === undefined || oid === before) continue;
      this.#commits.set(label, oid);
      const tree = await repository.treeOfCommit(oid);
      if (tree === undefined) continue;
      if (label === repository.defaultLabel && this.#folder === undefined) await this.#findBroken(tree);
      if (before === undefined) {
        this.#options.onFirstLook();
        continue;
      }
      const { author, message } = tree.commit;
      this.#options.onChange({
        timestampMs: Date.now(),
        label,
        version: oid,
        previousVersion: before,
        author: author.email === '' ? author.name : `${author.name} <${author.email}>`,
        message: message.trim().slice(0, 2_000),
        files: await treeChanges(repository.objects, this.#options.files, await repository.treeOfCommit(before), tree),
      });
    }
    for (const label of this.#commits.keys()) if (!labels.has(label)) this.#commits.delete(label);
  }

  async #lookAtFolder(folder: string): Promise<void> {
    const { files, repository } = this.#options;
    const scanned = await scanFolder(folder);
    const before = this.#scanned;
    this.#scanned = scanned;
    const tree = new FolderTree(folder, { file: (path) => path, document: (path) => path });
    const changes: FileChange[] = [];
    for (const [path, stamp] of scanned) {
      if (before?.get(path) === stamp) continue;
      const old = this.#digests.get(path);
      const now = await digestsOf(tree, files, path);
      this.#remember(path, now);
      if (before === undefined) continue;
      const change = fileChange(path, before.has(path) ? old : undefined, now, before.has(path) ? 'changed' : 'added');
      if (change.keys === undefined || change.keys.length > 0) changes.push(change);
    }
    for (const path of before?.keys() ?? []) {
      if (scanned.has(path)) continue;
      changes.push(fileChange(path, this.#digests.get(path), undefined, 'removed'));
      this.#digests.delete(path);
      this.#setBroken(path, undefined);
    }
    if (changes.length === 0) return;
    const label = repository.kind === 'git' ? ((repository as GitRepository).refs.headBranch() ?? null) : null;
    this.#options.onChange({
      timestampMs: Date.now(),
      label,
      version: null,
      previousVersion: null,
      author: null,
      message: null,
      files: changes,
    });
  }

  #remember(path: string, now: KeyDigests | ConfigError | undefined): void {
    this.#setBroken(path, now instanceof ConfigError ? now : undefined);
    // The keys of a broken file stay what they were: when it is mended, what differs is told.
    if (now !== undefined && !(now instanceof ConfigError)) this.#digests.set(path, now);
  }

  async #findBroken(tree: ConfigTree): Promise<void> {
    const { files } = this.#options;
    const broken = new Map<string, ConfigError>();
    for (const path of (await tree.files()).slice(0, 2_000)) {
      const now = await digestsOf(tree, files, path);
      if (now instanceof ConfigError) broken.set(path, now);
    }
    const isChanged = [...broken.keys(), ...this.#broken.keys()].some(
      (path) => broken.has(path) !== this.#broken.has(path),
    );
    this.#broken = broken;
    if (isChanged) this.#options.onBroken(this.broken);
  }

  #setBroken(path: string, error: ConfigError | undefined): void {
    if (error === undefined ? this.#broken.delete(path) : this.#broken.get(path)?.message !== error.message) {
      if (error !== undefined) this.#broken.set(path, error);
      this.#options.onBroken(this.broken);
    }
  }
}
