import type { ConfigTree, TreeNaming } from './config-tree.ts';
import { maxFiles } from './folder.ts';
import type { CommitInfo, GitObjects, TreeEntry } from './git-objects.ts';
import { matchingDirectories } from './match-directories.ts';

/** The files of one commit. Symbolic links are followed while they stay inside of it. */
export class GitTree implements ConfigTree {
  readonly version: string;
  readonly id: string;
  readonly naming: TreeNaming;
  readonly commit: CommitInfo;
  readonly #objects: GitObjects;

  constructor(objects: GitObjects, commit: CommitInfo, naming: TreeNaming) {
    this.#objects = objects;
    this.commit = commit;
    this.version = commit.oid;
    this.id = `git:${commit.oid}`;
    this.naming = naming;
  }

  fingerprint(): string {
    return '';
  }

  async stamp(path: string): Promise<string | undefined> {
    const entry = await this.#find(path);
    return entry?.kind === 'file' ? entry.oid : undefined;
  }

  async read(path: string): Promise<Buffer | undefined> {
    const entry = await this.#find(path);
    return entry?.kind === 'file' ? this.#objects.file(entry.oid, path) : undefined;
  }

  async directories(pattern: string): Promise<string[]> {
    return matchingDirectories(pattern, async (path) => {
      const entry = await this.#find(path);
      if (entry?.kind !== 'directory') return [];
      const entries = await this.#objects.directory(entry.oid);
      return entries.filter(({ kind }) => kind === 'directory').map(({ name }) => name);
    });
  }

  async modifiedAtMs(): Promise<number> {
    return this.commit.timestampMs;
  }

  async files(): Promise<string[]> {
    const found: string[] = [];
    const walk = async (treeOid: string, directory: string): Promise<void> => {
      for (const { name, oid, kind } of await this.#objects.directory(treeOid)) {
        if (found.length >= maxFiles) return;
        if (kind === 'directory') await walk(oid, `${directory}${name}/`);
        else if (kind === 'file') found.push(directory + name);
      }
    };
    await walk(this.commit.treeOid, '');
    return found;
  }

  async #find(path: string, links = 0): Promise<TreeEntry | undefined> {
    const parts = path.split('/').filter((part) => part !== '' && part !== '.');
    let entry: TreeEntry = { name: '', oid: this.commit.treeOid, kind: 'directory' };
    for (const [i, part] of parts.entries()) {
      if (part === '..' || entry.kind !== 'directory') return undefined;
      const next = (await this.#objects.directory(entry.oid)).find(({ name }) => name === part);
      if (next === undefined) return undefined;
      if (next.kind === 'link') {
        if (links >= 10) return undefined;
        const target = (await this.#objects.file(next.oid, path)).toString('utf8');
        const resolved = inside([...parts.slice(0, i), ...target.split('/'), ...parts.slice(i + 1)]);
        return target.startsWith('/') || resolved === undefined ? undefined : this.#find(resolved, links + 1);
      }
      entry = next;
    }
    return entry;
  }
}

/** The path with its `..` undone, or undefined when it leads out. */
function inside(parts: readonly string[]): string | undefined {
  const result: string[] = [];
  for (const part of parts) {
    if (part === '' || part === '.') continue;
    if (part !== '..') result.push(part);
    else if (result.pop() === undefined) return undefined;
  }
  return result.join('/');
}
