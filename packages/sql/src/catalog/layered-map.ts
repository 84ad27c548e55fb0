/** What a layer reads from: a map, or another layer. */
export type MapBase<Key, Value> = Pick<ReadonlyMap<Key, Value>, 'entries' | 'get' | 'has' | 'size'>;

/** What is other than in the base. */
export interface LayerChanges<Key, Value> {
  /** What is new, or in the place of another one. */
  readonly put: ReadonlyMap<Key, Value>;
  /** What the base has and the layer does not. */
  readonly gone: ReadonlyMap<Key, Value>;
}

/**
 * A map over another one: what is not in it is looked for in its base, what is written and deleted stays in the layer. To make one costs nothing,
 * however much the base has, and so does to tell what was changed. What changes in the base meanwhile is seen through the layer.
 */
export class LayeredMap<Key, Value> {
  readonly #base: MapBase<Key, Value>;
  /** The base, where it is the layer's own: what is settled goes there. */
  readonly #settled: Map<Key, Value> | null;
  readonly #own = new Map<Key, Value>();
  /** Keys that were deleted since; those that were put again afterwards stand behind the others, as in a Map. */
  readonly #deleted = new Set<Key>();

  /** @param base default: one of its own, that `settle` fills */
  constructor(base?: MapBase<Key, Value>) {
    this.#settled = base === undefined ? new Map() : null;
    this.#base = base ?? this.#settled!;
  }

  get(key: Key): Value | undefined {
    const own = this.#own.get(key);
    if (own !== undefined || this.#own.has(key)) return own;
    return this.#deleted.has(key) ? undefined : this.#base.get(key);
  }

  has(key: Key): boolean {
    return this.#own.has(key) || (!this.#deleted.has(key) && this.#base.has(key));
  }

  set(key: Key, value: Value): this {
    this.#own.set(key, value);
    return this;
  }

  delete(key: Key): boolean {
    const isThere = this.has(key);
    this.#own.delete(key);
    if (this.#base.has(key)) this.#deleted.add(key);
    return isThere;
  }

  get size(): number {
    let { size } = this.#base;
    for (const key of this.#deleted) if (this.#base.has(key)) size--;
    for (const key of this.#own.keys()) if (!this.#isInPlace(key)) size++;
    return size;
  }

  /** In the order that a Map would have. */
  *entries(): MapIterator<[Key, Value]> {
    for (const entry of this.#base.entries()) {
      const [key] = entry;
      if (this.#deleted.has(key)) continue;
      yield this.#own.has(key) ? [key, this.#own.get(key)!] : entry;
    }
    for (const entry of this.#own) if (!this.#isInPlace(entry[0])) yield entry;
  }

  /** It stands where the base has it. */
  #isInPlace(key: Key): boolean {
    return this.#base.has(key) && !this.#deleted.has(key);
  }

  *keys(): MapIterator<Key> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): MapIterator<Value> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): MapIterator<[Key, Value]> {
    return this.entries();
  }

  changes(): LayerChanges<Key, Value> {
    const put = new Map<Key, Value>();
    for (const [key, value] of this.#own) {
      if (!this.#base.has(key) || this.#base.get(key) !== value) put.set(key, value);
    }
    const gone = new Map<Key, Value>();
    for (const key of this.#deleted) {
      if (this.#base.has(key) && !this.#own.has(key)) gone.set(key, this.#base.get(key)!);
    }
    return { put, gone };
  }

  /** From now on changes are those from here on. @throws Error for a layer over another's map, which it leaves as it is */
  settle(): void {
    const settled = this.#settled;
    if (settled === null) throw new Error('This layer lies over a map that is not its own: there is nothing to settle');
    for (const key of this.#deleted) settled.delete(key);
    for (const [key, value] of this.#own) settled.set(key, value);
    this.#deleted.clear();
    this.#own.clear();
  }
}
