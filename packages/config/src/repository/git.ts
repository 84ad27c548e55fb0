import { ConfigError } from '../config-error.ts';
import type { ConfigRepository, ConfigTree } from './config-tree.ts';
import { FolderTree } from './folder.ts';
import { gitNaming } from './folder-naming.ts';
import { GitObjects } from './git-objects.ts';
import { checkGitFormat, type GitPlaces, GitRefs } from './git-refs.ts';
import { GitTree } from './git-tree.ts';
import { gitLocationPatterns } from './search-locations.ts';

export interface GitRepositoryOptions {
  /** How answers call the repository: `file:///path`, `https://…`. */
  uri: string;
  places: GitPlaces;
  searchPaths: readonly string[];
  defaultLabel?: string;
  /** Serves commits only, where otherwise the files of a working copy are served for the branch that is checked out. */
  isCommittedOnly?: boolean;
  /** A copy of another repository: its branches are those of `origin`. */
  isRemote?: boolean;
}

/**
 * A local git repository. It is only read: no label is ever checked out. As with the real server, the label of the branch that a working
 * copy has checked out stands for its files as they are, committed or not.
 */
export class GitRepository implements ConfigRepository {
  readonly kind = 'git';
  readonly address: string;
  readonly defaultLabel: string;
  readonly objects: GitObjects;
  readonly refs: GitRefs;
  readonly #options: GitRepositoryOptions;
  readonly #trees = new Map<string, GitTree>();
  readonly #isMasterTried: boolean;

  constructor(options: GitRepositoryOptions) {
    checkGitFormat(options.places);
    this.#options = options;
    this.address = options.uri;
    this.defaultLabel = options.defaultLabel ?? 'main';
    this.#isMasterTried = this.defaultLabel === 'main';
    this.objects = new GitObjects(options.places.commonDir);
    this.refs = new GitRefs(options.places);
  }

  async tree(label: string | null): Promise<ConfigTree> {
    const wanted = label === null || label.trim() === '' ? this.defaultLabel : label;
    const tree = await this.#find(wanted);
    if (tree !== undefined) return tree;
    const master = wanted === 'main' && this.#isMasterTried ? await this.#find('master') : undefined;
    if (master !== undefined) return master;
    throw new ConfigError(
      'HW_CONFIG_NO_LABEL',
      `the repository has no branch, tag or commit "${wanted.slice(0, 200)}"`,
    );
  }

  /** The commit that a label means, or undefined. */
  async commitOf(label: string): Promise<string | undefined> {
    const branches =
      this.#options.isRemote === true ? ['refs/remotes/origin/'] : ['refs/heads/', 'refs/remotes/origin/'];
    for (const place of [...branches, 'refs/tags/']) {
      const oid = this.refs.read(place + label);
      if (oid !== undefined) return (await this.objects.commit(oid))?.oid;
    }
    if (!/^[0-9a-f]{4,40}$/i.test(label)) return undefined;
    const oid = label.length === 40 ? label.toLowerCase() : await this.objects.expand(label.toLowerCase());
    return oid === undefined ? undefined : (await this.objects.commit(oid))?.oid;
  }

  /** As `commitOf`, with the default label's second name. */
  async commitOfLabel(label: string): Promise<string | undefined> {
    const oid = await this.commitOf(label);
    return oid ?? (label === 'main' && this.#isMasterTried ? this.commitOf('master') : undefined);
  }

  /** The folder whose files are served for the branch that is checked out, if that is so. */
  get servedWorkTree(): string | undefined {
    const { places, isCommittedOnly } = this.#options;
    return isCommittedOnly === true ? undefined : places.workTree;
  }

  async treeOfCommit(oid: string): Promise<GitTree | undefined> {
    const known = this.#trees.get(oid);
    if (known !== undefined) return known;
    const commit = await this.objects.commit(oid);
    if (commit === undefined) return undefined;
    const { places, uri } = this.#options;
    const tree = new GitTree(this.objects, commit, gitNaming(uri, `${places.workTree ?? places.gitDir}/`));
    this.#trees.set(oid, tree);
    if (this.#trees.size > 200) this.#trees.delete(this.#trees.keys().next().value!);
    return tree;
  }

  async locations(
    tree: ConfigTree,
    request: { application: string; profiles: string; label: string | null },
  ): Promise<string[]> {
    const { searchPaths } = this.#options;
    if (searchPaths.length === 0) return [''];
    const label = request.label ?? this.defaultLabel;
    const found = new Set<string>();
    for (const pattern of gitLocationPatterns(searchPaths, { ...request, label })) {
      for (const directory of await tree.directories(pattern)) found.add(directory);
    }
    return [...found];
  }

  /** Fetches what is new, where there is a remote; now, or when it is time. */
  async refresh(_isForced: boolean): Promise<void> {}

  /** Why the remote cannot be asked, if so. */
  get problem(): string | undefined {
    return undefined;
  }

  async close(): Promise<void> {
    this.objects.close();
  }

  async #find(label: string): Promise<ConfigTree | undefined> {
    const oid = await this.commitOf(label);
    if (oid === undefined) return undefined;
    const workTree = this.servedWorkTree;
    if (workTree !== undefined && this.refs.headBranch() === label) {
      return new FolderTree(workTree, gitNaming(this.address, `${workTree}/`), oid);
    }
    return this.treeOfCommit(oid);
  }
}
