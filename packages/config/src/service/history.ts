import type { RepositoryChange } from '../watch/repository-watch.ts';

const maxEntries = 500;

/** What changed while this server ran: commits and saved files, the newest first. */
export class History {
  readonly #entries: RepositoryChange[] = [];

  add(change: RepositoryChange): void {
    this.#entries.unshift(change);
    if (this.#entries.length > maxEntries) this.#entries.pop();
  }

  list(): readonly RepositoryChange[] {
    return this.#entries;
  }
}
