/** What waits for its time. */
export interface Timed {
  readonly timeMs: number;
  /** Between those of one time: the lesser text first. */
  readonly order: string;
}

/** Entries of which the earliest comes first: a binary heap. */
export class TimeHeap<T extends Timed> {
  readonly #entries: T[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** The earliest; undefined when there is none. */
  get first(): T | undefined {
    return this.#entries[0];
  }

  push(entry: T): void {
    const entries = this.#entries;
    let at = entries.length;
    entries.push(entry);
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (!isBefore(entry, entries[up]!)) break;
      entries[at] = entries[up]!;
      at = up;
    }
    entries[at] = entry;
  }

  /** Takes the earliest out. */
  pop(): T | undefined {
    const entries = this.#entries;
    const first = entries[0];
    const last = entries.pop();
    if (last === undefined || entries.length === 0) return first;
    let at = 0;
    for (let down = 1; down < entries.length; down = 2 * at + 1) {
      if (down + 1 < entries.length && isBefore(entries[down + 1]!, entries[down]!)) down++;
      if (!isBefore(entries[down]!, last)) break;
      entries[at] = entries[down]!;
      at = down;
    }
    entries[at] = last;
    return first;
  }

  clear(): void {
    this.#entries.length = 0;
  }
}

function isBefore(one: Timed, other: Timed): boolean {
  return one.timeMs < other.timeMs || (one.timeMs === other.timeMs && one.order < other.order);
}
