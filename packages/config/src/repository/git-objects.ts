import fs from 'node:fs';
import { ConfigError } from '../config-error.ts';
import { maxFileBytes, tooLarge } from './folder.ts';

type Git = typeof import('isomorphic-git');

export interface TreeEntry {
  name: string;
  oid: string;
  kind: 'file' | 'directory' | 'link';
}

export interface CommitInfo {
  oid: string;
  treeOid: string;
  parents: readonly string[];
  message: string;
  author: { name: string; email: string };
  /** When it was committed. */
  timestampMs: number;
}

const maxTrees = 2_000;
const maxCommits = 1_000;
/** The library keeps packs in memory while it reads; they are let go after this time without a read. */
const packsIdleMs = 30_000;

/** Commits, directories and files of a repository by their ids, with bounded caches. */
export class GitObjects {
  readonly #gitdir: string;
  readonly #trees = new Map<string, readonly TreeEntry[]>();
  readonly #commits = new Map<string, CommitInfo>();
  #git: Promise<Git> | undefined;
  #packs: object = {};
  #idle: NodeJS.Timeout | undefined;

  constructor(gitdir: string) {
    this.#gitdir = gitdir;
  }

  /** The commit that an object is, or that an annotated tag of it names; undefined when it is neither. */
  async commit(oid: string): Promise<CommitInfo | undefined> {
    const known = this.#commits.get(oid);
    if (known !== undefined) return known;
    const git = await this.#use();
    const read = await git.readCommit({ fs, gitdir: this.#gitdir, oid, cache: this.#packs }).catch(() => undefined);
    if (read === undefined) return undefined;
    const { commit } = read;
    const info: CommitInfo = {
      oid: read.oid,
      treeOid: commit.tree,
      parents: commit.parent,
      message: commit.message,
      author: { name: commit.author.name, email: commit.author.email },
      timestampMs: commit.committer.timestamp * 1000,
    };
    keep(this.#commits, oid, info, maxCommits);
    return info;
  }

  /** The full id of an abbreviated one, if it is of one object only. */
  async expand(prefix: string): Promise<string | undefined> {
    const git = await this.#use();
    return git.expandOid({ fs, gitdir: this.#gitdir, oid: prefix, cache: this.#packs }).catch(() => undefined);
  }

  async directory(treeOid: string): Promise<readonly TreeEntry[]> {
    const known = this.#trees.get(treeOid);
    if (known !== undefined) return known;
    const git = await this.#use();
    const { tree } = await git.readTree({ fs, gitdir: this.#gitdir, oid: treeOid, cache: this.#packs });
    const entries = tree.flatMap(({ path, oid, type, mode }): TreeEntry[] => {
      if (type === 'tree') return [{ name: path, oid, kind: 'directory' }];
      if (type !== 'blob') return [];
      return [{ name: path, oid, kind: mode === '120000' ? 'link' : 'file' }];
    });
    keep(this.#trees, treeOid, entries, maxTrees);
    return entries;
  }

  /** Throws HW_CONFIG_TOO_LARGE. */
  async file(oid: string, path: string): Promise<Buffer> {
    const git = await this.#use();
    const { blob } = await git.readBlob({ fs, gitdir: this.#gitdir, oid, cache: this.#packs });
    if (blob.length > maxFileBytes) throw tooLarge(path, blob.length);
    return Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  }

  close(): void {
    clearTimeout(this.#idle);
    this.#packs = {};
  }

  async #use(): Promise<Git> {
    this.#git ??= import('isomorphic-git').then((module) => module.default as unknown as Git);
    this.#idle ??= setTimeout(() => {
      this.#idle = undefined;
      this.#packs = {};
    }, packsIdleMs).unref();
    try {
      return await this.#git;
    } catch (error) {
      throw new ConfigError('HW_CONFIG_OPTION', 'the git library could not be loaded', {}, error);
    }
  }
}

function keep<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value!);
}
