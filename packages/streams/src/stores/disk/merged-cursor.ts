/** Goes through rows in the order of their keys. */
export interface RowCursor {
  readonly key: string;
  readonly isDone: boolean;
  advance(): void;
}

/** Several cursors as one: of rows with the same key only the newest one's is seen. */
export class MergedCursor<C extends RowCursor> {
  /** The newest first. */
  readonly #cursors: C[];
  /** Where the next row is; null at the end. */
  current: C | null = null;

  constructor(cursors: readonly C[]) {
    this.#cursors = cursors.filter((cursor) => !cursor.isDone);
    this.#find();
  }

  advance(): void {
    const { key } = this.current!;
    const cursors = this.#cursors;
    for (let index = cursors.length - 1; index >= 0; index--) {
      const cursor = cursors[index]!;
      if (cursor.key !== key) continue;
      cursor.advance();
      if (cursor.isDone) cursors.splice(index, 1);
    }
    this.#find();
  }

  #find(): void {
    let first: C | null = null;
    for (const cursor of this.#cursors) if (first === null || cursor.key < first.key) first = cursor;
    this.current = first;
  }
}
