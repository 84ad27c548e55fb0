import type { GitRepository } from '../repository/git.ts';
import type { ParsedFiles } from '../resolve/parsed-files.ts';
import type { FileChange } from '../watch/file-changes.ts';
import { treeChanges } from '../watch/git-changes.ts';
import type { RepositoryChange } from '../watch/repository-watch.ts';

const maxKept = 500;

/** The commits of a label with what each changed; differences are kept, since commits do not change. */
export class GitHistory {
  readonly #repository: GitRepository;
  readonly #files: ParsedFiles;
  readonly #kept = new Map<string, FileChange[]>();

  constructor(repository: GitRepository, files: ParsedFiles) {
    this.#repository = repository;
    this.#files = files;
  }

  /**
   * The newest first, from `before` (a commit) on; only those that `accept` takes. `next` is where to go on, or null at the end.
   * At most 1,000 commits are looked at for one page.
   */
  async list(
    label: string,
    options: { limit: number; before?: string; accept: (file: FileChange) => boolean },
  ): Promise<{ entries: RepositoryChange[]; next: string | null }> {
    const { objects } = this.#repository;
    const entries: RepositoryChange[] = [];
    let oid = options.before ?? (await this.#repository.commitOfLabel(label));
    for (let looked = 0; oid !== undefined && looked < 1_000; looked++) {
      if (entries.length >= options.limit) return { entries, next: oid };
      const commit = await objects.commit(oid);
      if (commit === undefined) break;
      const parent: string | undefined = commit.parents[0];
      const files = (await this.#changes(oid, parent)).filter(options.accept);
      if (files.length > 0) {
        const { name, email } = commit.author;
        entries.push({
          timestampMs: commit.timestampMs,
          label,
          version: oid,
          previousVersion: parent ?? null,
          author: email === '' ? name : `${name} <${email}>`,
          message: commit.message.trim().slice(0, 2_000),
          files,
        });
      }
      oid = parent;
    }
    return { entries, next: oid ?? null };
  }

  async #changes(oid: string, parent: string | undefined): Promise<FileChange[]> {
    const known = this.#kept.get(oid);
    if (known !== undefined) return known;
    const tree = await this.#repository.treeOfCommit(oid);
    if (tree === undefined) return [];
    const before = parent === undefined ? undefined : await this.#repository.treeOfCommit(parent);
    const changes = await treeChanges(this.#repository.objects, this.#files, before, tree);
    this.#kept.set(oid, changes);
    if (this.#kept.size > maxKept) this.#kept.delete(this.#kept.keys().next().value!);
    return changes;
  }
}
