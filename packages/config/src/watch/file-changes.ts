import { ConfigError } from '../config-error.ts';
import type { ConfigTree } from '../repository/config-tree.ts';
import { type ParsedFiles, propertyExtensions } from '../resolve/parsed-files.ts';
import { fileDigests, type KeyChange, type KeyDigests, keyChanges } from './key-changes.ts';

/** A file that came, went or changed. */
export interface FileChange {
  path: string;
  kind: 'added' | 'changed' | 'removed';
  /** Of a file of properties: its keys. Undefined when they cannot be told: the file is of another kind, or broken. */
  keys: KeyChange[] | undefined;
}

export function isPropertyFile(path: string): boolean {
  return propertyExtensions.some((extension) => path.endsWith(`.${extension}`));
}

/** Reads a file's keys; a broken file gives its error. Undefined for other files. */
export async function digestsOf(
  tree: ConfigTree,
  files: ParsedFiles,
  path: string,
): Promise<KeyDigests | ConfigError | undefined> {
  if (!isPropertyFile(path)) return undefined;
  try {
    const documents = await files.load(tree, path);
    return documents === undefined ? undefined : fileDigests(documents);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

const none: KeyDigests = new Map();

/** What differs in one file; `before` and `after` are undefined where it is not there. */
export function fileChange(
  path: string,
  before: KeyDigests | ConfigError | undefined,
  after: KeyDigests | ConfigError | undefined,
  kind: FileChange['kind'],
): FileChange {
  const isKnown = isPropertyFile(path) && !(before instanceof ConfigError) && !(after instanceof ConfigError);
  return { path, kind, keys: isKnown ? keyChanges(before ?? none, after ?? none) : undefined };
}
