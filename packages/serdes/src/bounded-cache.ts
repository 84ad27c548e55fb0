/**
 * The entries used last, up to a bound. What has to be fetched is fetched once, however many ask meanwhile; what could not be had is
 * not kept.
 */
export class BoundedCache<K, V> {
  readonly #max: number;
  readonly #values = new Map<K, V>();
  readonly #flights = new Map<K, Promise<V>>();

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#values.size;
  }

  get(key: K): V | undefined {
    const value = this.#values.get(key);
    if (value !== undefined && this.#values.size >= this.#max / 2) {
      // Orders by use, which matters only where something may have to go soon.
      this.#values.delete(key);
      this.#values.set(key, value);
    }
    return value;
  }

  set(key: K, value: V): void {
    this.#values.delete(key);
    if (this.#values.size >= this.#max) {
      const oldest = this.#values.keys().next();
      if (!oldest.done) this.#values.delete(oldest.value);
    }
    this.#values.set(key, value);
  }

  delete(key: K): void {
    this.#values.delete(key);
  }

  clear(): void {
    this.#values.clear();
  }

  /** What is kept, or what `fetch` gives. */
  fetch(key: K, fetch: () => Promise<V>): Promise<V> {
    const kept = this.get(key);
    if (kept !== undefined) return Promise.resolve(kept);
    const under = this.#flights.get(key);
    if (under !== undefined) return under;
    const flight = fetch().then(
      (value) => {
        this.#flights.delete(key);
        this.set(key, value);
        return value;
      },
      (error: unknown) => {
        this.#flights.delete(key);
        throw error;
      },
    );
    this.#flights.set(key, flight);
    return flight;
  }
}
