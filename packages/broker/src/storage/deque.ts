/** An array that is cheap to take from in front. */
export class Deque<T> {
  #items: (T | undefined)[] | null = null;
  #head = 0;

  get length(): number {
    return this.#items === null ? 0 : this.#items.length - this.#head;
  }

  at(index: number): T | undefined {
    return this.#items?.[this.#head + index];
  }

  push(item: T): void {
    (this.#items ??= []).push(item);
  }

  shift(): T | undefined {
    if (this.#items === null || this.length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head > 32 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
