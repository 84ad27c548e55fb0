import type { Status } from './instance.ts';

/** How many instances have each status, and the text that clients compare their own copy with: `DOWN_1_UP_2_`. */
export class StatusCounts {
  readonly #counts = new Map<Status, number>();

  add(status: Status, difference: 1 | -1): void {
    const count = (this.#counts.get(status) ?? 0) + difference;
    if (count === 0) this.#counts.delete(status);
    else this.#counts.set(status, count);
  }

  hashCode(): string {
    return [...this.#counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([status, count]) => `${status}_${count}_`)
      .join('');
  }

  toJSON(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}
