/**
 * The k best of values: which of equal ones stay is what Go's heap makes of them, as in Prometheus, so that an answer is the same in both.
 */
export class Best {
  readonly #k: number;
  readonly #sign: 1 | -1;
  readonly #heap: { value: number; of: number }[] = [];

  /** @param sign 1: the largest; -1: the smallest */
  constructor(k: number, sign: 1 | -1) {
    this.#k = k;
    this.#sign = sign;
  }

  add(value: number, of: number): void {
    const heap = this.#heap;
    const least = heap[0]?.value ?? 0;
    if (heap.length >= this.#k && !(this.#sign * least < this.#sign * value || Number.isNaN(least))) return;
    if (heap.length >= this.#k) {
      if (this.#k === 1) {
        heap[0] = { value, of };
        return;
      }
      this.#pop();
    }
    heap.push({ value, of });
    this.#up(heap.length - 1);
  }

  /** The best first, NaN last. */
  order(): number[] {
    return this.#heap
      .map((each, i) => ({ ...each, i }))
      .sort((a, b) => {
        if (Number.isNaN(a.value)) return Number.isNaN(b.value) ? a.i - b.i : 1;
        if (Number.isNaN(b.value)) return -1;
        return a.value === b.value ? a.i - b.i : this.#sign * (a.value > b.value ? -1 : 1);
      })
      .map(({ of }) => of);
  }

  #isLess(i: number, j: number): boolean {
    const [a, b] = [this.#heap[i]!.value, this.#heap[j]!.value];
    return Number.isNaN(a) || this.#sign * a < this.#sign * b;
  }

  #swap(i: number, j: number): void {
    const heap = this.#heap;
    [heap[i], heap[j]] = [heap[j]!, heap[i]!];
  }

  #up(from: number): void {
    for (let j = from; j > 0; ) {
      const i = (j - 1) >> 1;
      if (!this.#isLess(j, i)) return;
      this.#swap(i, j);
      j = i;
    }
  }

  #pop(): void {
    const n = this.#heap.length - 1;
    this.#swap(0, n);
    for (let i = 0; ; ) {
      const left = 2 * i + 1;
      if (left >= n) break;
      const j = left + 1 < n && this.#isLess(left + 1, left) ? left + 1 : left;
      if (!this.#isLess(j, i)) break;
      this.#swap(i, j);
      i = j;
    }
    this.#heap.pop();
  }
}
