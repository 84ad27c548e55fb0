import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { ConfigError } from '../config-error.ts';

/** Where a local repository keeps its things. */
export interface GitPlaces {
  /** Has HEAD. */
  gitDir: string;
  /** Has refs and objects; another one for a linked worktree. */
  commonDir: string;
  /** The checked-out files, unless the repository is bare. */
  workTree: string | undefined;
}

/** Finds a repository at a path: a working copy, a linked worktree, or a bare one. Undefined when there is none. */
export function findGit(path: string): GitPlaces | undefined {
  const dotGit = join(path, '.git');
  if (existsSync(dotGit)) {
    let gitDir = dotGit;
    if (statSync(dotGit).isFile()) {
      const target = /^gitdir:\s*(.+?)\s*$/m.exec(readFileSync(dotGit, 'utf8'))?.[1];
      if (target === undefined) return undefined;
      gitDir = isAbsolute(target) ? target : resolve(path, target);
    }
    return { gitDir, commonDir: commonDirOf(gitDir), workTree: path };
  }
  const isBare = ['HEAD', 'objects', 'refs'].every((name) => existsSync(join(path, name)));
  return isBare ? { gitDir: path, commonDir: path, workTree: undefined } : undefined;
}

/** Refuses what the git library cannot read. Throws HW_CONFIG_OPTION. */
export function checkGitFormat({ commonDir }: GitPlaces): void {
  const config = readIfThere(join(commonDir, 'config')) ?? '';
  const refuse = (what: string) => {
    throw new ConfigError('HW_CONFIG_OPTION', `the git repository ${commonDir} ${what}`);
  };
  if (/objectformat\s*=\s*sha256/i.test(config)) refuse('uses SHA-256, which is not served: convert it, or use SHA-1');
  if (/refstorage\s*=\s*reftable/i.test(config)) {
    refuse('keeps its refs as reftable: run "git refs migrate --ref-format=files" in it');
  }
  if (existsSync(join(commonDir, 'objects', 'info', 'alternates'))) {
    refuse('borrows objects of another one: run "git repack -ad" and remove objects/info/alternates');
  }
}

/** Reads refs straight from their files: small, and always fresh. */
export class GitRefs {
  readonly #places: GitPlaces;
  #packed: { stamp: string; refs: ReadonlyMap<string, string> } = { stamp: '', refs: new Map() };

  constructor(places: GitPlaces) {
    this.#places = places;
  }

  /** The object that a full ref name (`refs/heads/main`) points to; symbolic refs are followed. */
  read(name: string, depth = 0): string | undefined {
    if (depth > 5 || /\.\.|[\0\\~^:?*[\s]|\/\/|\/\.|^\.|\.lock$|\.lock\//.test(name)) return undefined;
    const text = readIfThere(join(this.#places.commonDir, name))?.trim();
    if (text !== undefined) {
      if (text.startsWith('ref:')) return this.read(text.slice(4).trim(), depth + 1);
      if (/^[0-9a-f]{40}$/.test(text)) return text;
    }
    return this.#packedRefs().get(name);
  }

  /** The branch that is checked out (`main`), or undefined when HEAD is detached. */
  headBranch(): string | undefined {
    const head = readIfThere(join(this.#places.gitDir, 'HEAD'))?.trim();
    return head === undefined ? undefined : /^ref:\s*refs\/heads\/(.+)$/.exec(head)?.[1];
  }

  /** Branches (of a clone also the remote's) and tags, sorted, 1,000 at most. */
  labels(): string[] {
    const names = new Set<string>();
    const add = (ref: string): void => {
      const match = /^refs\/(?:heads|tags|remotes\/origin)\/(.+)$/.exec(ref);
      if (match !== null && match[1] !== 'HEAD' && names.size < 1_000) names.add(match[1]!);
    };
    for (const ref of this.#packedRefs().keys()) add(ref);
    for (const place of ['refs/heads', 'refs/tags', 'refs/remotes/origin']) {
      const directory = join(this.#places.commonDir, place);
      if (!existsSync(directory)) continue;
      for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
        if (entry.isFile()) add(`${place}${entry.parentPath.slice(directory.length)}/${entry.name}`);
      }
    }
    return [...names].sort();
  }

  #packedRefs(): ReadonlyMap<string, string> {
    const path = join(this.#places.commonDir, 'packed-refs');
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return new Map();
    const stamp = `${stats.mtimeMs}:${stats.size}:${stats.ino}`;
    if (stamp === this.#packed.stamp) return this.#packed.refs;
    const refs = new Map<string, string>();
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      const match = /^([0-9a-f]{40}) (\S+)$/.exec(line);
      if (match !== null) refs.set(match[2]!, match[1]!);
    }
    this.#packed = { stamp, refs };
    return refs;
  }
}

function commonDirOf(gitDir: string): string {
  const common = readIfThere(join(gitDir, 'commondir'))?.trim();
  if (common === undefined) return gitDir;
  return isAbsolute(common) ? common : resolve(gitDir, common);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
