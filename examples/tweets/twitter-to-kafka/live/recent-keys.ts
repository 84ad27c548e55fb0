/** The newest keys that were seen, so many at most. */
export class RecentKeys {
  readonly #max: number;
  readonly #keys: Set<string>;

  constructor(max: number, keys: Iterable<string> = []) {
    this.#max = max;
    this.#keys = new Set(keys);
  }

  /** False when it was there already. */
  add(key: string): boolean {
    if (this.#keys.has(key)) return false;
    this.#keys.add(key);
    if (this.#keys.size > this.#max) this.#keys.delete(this.#keys.values().next().value!);
    return true;
  }
}
