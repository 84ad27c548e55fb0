import type { GitObjects } from '../repository/git-objects.ts';
import type { GitTree } from '../repository/git-tree.ts';
import type { ParsedFiles } from '../resolve/parsed-files.ts';
import { digestsOf, type FileChange, fileChange } from './file-changes.ts';

/** Files told of one difference between commits, at most. */
const maxChanged = 500;

/** What differs between two commits; only directories that differ are read. */
export async function treeChanges(
  objects: GitObjects,
  files: ParsedFiles,
  before: GitTree | undefined,
  after: GitTree,
): Promise<FileChange[]> {
  const changed: { path: string; kind: FileChange['kind'] }[] = [];

  async function compare(oldOid: string | undefined, newOid: string | undefined, directory: string): Promise<void> {
    if (oldOid === newOid || changed.length >= maxChanged) return;
    const old = new Map((oldOid === undefined ? [] : await objects.directory(oldOid)).map((one) => [one.name, one]));
    const now = new Map((newOid === undefined ? [] : await objects.directory(newOid)).map((one) => [one.name, one]));
    for (const name of new Set([...old.keys(), ...now.keys()])) {
      const [was, is] = [old.get(name), now.get(name)];
      if (was?.oid === is?.oid || changed.length >= maxChanged) continue;
      const wasDirectory = was?.kind === 'directory' ? was.oid : undefined;
      const isDirectory = is?.kind === 'directory' ? is.oid : undefined;
      await compare(wasDirectory, isDirectory, `${directory}${name}/`);
      const wasFile = was !== undefined && was.kind !== 'directory';
      const isFile = is !== undefined && is.kind !== 'directory';
      if (wasFile || isFile) {
        changed.push({ path: directory + name, kind: !wasFile ? 'added' : isFile ? 'changed' : 'removed' });
      }
    }
  }

  await compare(before?.commit.treeOid, after.commit.treeOid, '');
  const result: FileChange[] = [];
  for (const { path, kind } of changed) {
    const old = kind === 'added' || before === undefined ? undefined : await digestsOf(before, files, path);
    const now = kind === 'removed' ? undefined : await digestsOf(after, files, path);
    result.push(fileChange(path, old, now, kind));
  }
  return result;
}
