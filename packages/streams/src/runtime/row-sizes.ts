import type { StateStore } from '../stores/state-store.ts';

/** How many bytes the rows of a store in memory have when they are written: by what of them has passed so far. */
export class RowSizes {
  #bytes = 0;
  #rows = 0;

  /** Of key and value. */
  note(sizeBytes: number): void {
    this.#bytes += sizeBytes;
    this.#rows++;
  }

  /** About; 0 while nothing has passed. */
  of(rows: number): number {
    return this.#rows === 0 ? 0 : Math.round((rows * this.#bytes) / this.#rows);
  }

  /** The store, for rows that are put back. */
  counted(store: StateStore): Pick<StateStore, 'restore'> {
    return {
      restore: (key, value, timestamp) => {
        if (value !== null) this.note(key.length + value.length);
        store.restore(key, value, timestamp);
      },
    };
  }
}
