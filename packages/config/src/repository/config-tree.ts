/** Names that a tree gives to its files in answers, as the real server gives them. */
export interface TreeNaming {
  /** The name of a property source that is a whole file. */
  file(path: string): string;
  /** The name of one document of a file. */
  document(path: string, location: string, index: number): string;
}

/**
 * The files of a repository at one version. Paths are relative, with `/`, without `..`; a tree never leads out of itself, not by
 * symbolic links either.
 */
export interface ConfigTree {
  /** The commit, or null for a folder. */
  readonly version: string | null;
  /** Tells this tree from others in caches; two trees of one id and equal fingerprints hold the same. */
  readonly id: string;
  readonly naming: TreeNaming;
  /** What changes when one of these files comes, goes or changes; constant for what cannot change. */
  fingerprint(paths: readonly string[]): string;
  /** What identifies a file's content (a blob's id; size and time), or undefined when there is no such file. */
  stamp(path: string): Promise<string | undefined>;
  /** The bytes, or undefined when there is no such file. Throws HW_CONFIG_TOO_LARGE. */
  read(path: string): Promise<Buffer | undefined>;
  /** Directories that match a pattern with `*` and `**`, sorted; one without wildcards matches itself if it is there. */
  directories(pattern: string): Promise<string[]>;
  /** When the file was last changed, epoch ms, as far as it is known. */
  modifiedAtMs(path: string): Promise<number | undefined>;
  /** Every file in the tree, for diffs, up to a bound. */
  files(): Promise<string[]>;
}

/** Where the trees come from: a folder or a git repository. */
export interface ConfigRepository {
  readonly kind: 'folder' | 'git';
  /** What users call it. */
  readonly address: string;
  /** The label that is meant when none is given. */
  readonly defaultLabel: string;
  /** The tree of a label; throws HW_CONFIG_NO_LABEL, HW_CONFIG_NO_REPOSITORY. */
  tree(label: string | null): Promise<ConfigTree>;
  /** The directories (each `''` or ending in `/`) that are searched for an application, lowest precedence first. */
  locations(
    tree: ConfigTree,
    request: { application: string; profiles: string; label: string | null },
  ): Promise<string[]>;
  close(): Promise<void>;
}
