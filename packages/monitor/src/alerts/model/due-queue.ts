/** Keys by the time when each is due: a heap in which a key's older entries are skipped. */
export class DueQueue<Key> {
  readonly #due = new Map<Key, number>();
  #heap: { dueMs: number; key: Key }[] = [];

  get size(): number {
    return this.#due.size;
  }

  has(key: Key): boolean {
    return this.#due.has(key);
  }

  /** Instead of when the key was due before. */
  set(key: Key, dueMs: number): void {
    if (this.#due.get(key) === dueMs) return;
    this.#due.set(key, dueMs);
    if (this.#heap.length > 64 && this.#heap.length > this.#due.size * 4) this.#sweep();
    else this.#push({ dueMs, key });
  }

  delete(key: Key): void {
    this.#due.delete(key);
  }

  /** Infinity: nothing is due. */
  nextDueMs(): number {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined) return Infinity;
      if (this.#due.get(top.key) === top.dueMs) return top.dueMs;
      this.#pop();
    }
  }

  /** Takes a key that is due at `nowMs`. */
  take(nowMs: number): Key | undefined {
    if (this.nextDueMs() > nowMs) return undefined;
    const { key } = this.#pop();
    this.#due.delete(key);
    return key;
  }

  #sweep(): void {
    this.#heap = [...this.#due].map(([key, dueMs]) => ({ key, dueMs })).sort((a, b) => a.dueMs - b.dueMs);
  }

  #push(entry: { dueMs: number; key: Key }): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (heap[parent]!.dueMs <= entry.dueMs) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): { dueMs: number; key: Key } {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return top;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.dueMs < heap[child]!.dueMs) child++;
      if (heap[child]!.dueMs >= last.dueMs) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return top;
  }
}
