/** Rows between who makes them and who sends them: a maker hears when there are too many, and when there is room again. */
export class RowQueue<Row> implements AsyncIterable<readonly Row[]> {
  #rows: Row[] = [];
  #isEnded = false;
  #failure: unknown = null;
  #wake: (() => void) | null = null;
  readonly #onFull: () => void;
  readonly #onRoom: () => void;
  #isFull = false;

  constructor({ onFull, onRoom }: { onFull: () => void; onRoom: () => void }) {
    this.#onFull = onFull;
    this.#onRoom = onRoom;
  }

  /** The maker was told to wait. */
  get isFull(): boolean {
    return this.#isFull;
  }

  add(row: Row): void {
    if (this.#isEnded) return;
    this.#rows.push(row);
    if (this.#rows.length >= rowsMax && !this.#isFull) {
      this.#isFull = true;
      this.#onFull();
    }
    this.#wake?.();
  }

  /** No more rows come; those that are there are still given out. */
  end(failure: unknown = null): void {
    this.#failure ??= failure;
    this.#isEnded = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncIterableIterator<readonly Row[]> {
    for (;;) {
      if (this.#rows.length > 0) {
        const rows = this.#rows;
        this.#rows = [];
        yield rows;
        if (this.#isFull) {
          this.#isFull = false;
          this.#onRoom();
        }
        continue;
      }
      if (this.#failure !== null) throw this.#failure;
      if (this.#isEnded) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
  }
}

/** What is under way when the maker is told comes on top. */
const rowsMax = 10_000;
