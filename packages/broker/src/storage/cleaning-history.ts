/** Cleanings by how far they went and when, oldest first. */
export type CleaningState = [endOffset: number, atMs: number][];

/** Beyond it neighbours are forgotten, which keeps some tombstones a little longer. */
const entriesMax = 50;

/**
 * How far a log is compacted, and since when: a tombstone may go when `delete.retention.ms` have passed since the first cleaning that
 * it survived, so that every reader who began before had the time to see it.
 */
export class CleaningHistory {
  #entries: CleaningState = [];

  /** Below it the log is compacted. */
  get cleanedBelow(): number {
    return this.#entries.at(-1)?.[0] ?? 0;
  }

  tombstonesGoneBelow(now: number, deleteRetentionMs: number): number {
    return this.#entries.findLast(([, atMs]) => atMs + deleteRetentionMs <= now)?.[0] ?? 0;
  }

  note(endOffset: number, now: number): void {
    const last = this.#entries.at(-1);
    // Nothing new was compacted: the older time stands.
    if (last !== undefined && last[0] >= endOffset) return;
    this.#entries.push([endOffset, now]);
    if (this.#entries.length > entriesMax) this.#entries.splice(1, 1);
  }

  state(): CleaningState {
    return this.#entries.map(([endOffset, atMs]) => [endOffset, atMs]);
  }

  restore(state: CleaningState): void {
    this.#entries = state;
  }
}
