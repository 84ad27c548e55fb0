/** The newest `capacity` items; older ones are dropped and counted. Memory stays flat however long it runs. */
export class RingBuffer<T> {
  readonly capacity: number;
  private readonly slots: (T | undefined)[] = [];
  private next = 0;
  private pushed = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get length(): number {
    return this.slots.length;
  }

  /** Items ever pushed. */
  get total(): number {
    return this.pushed;
  }

  /** Items that are no longer held. */
  get dropped(): number {
    return this.pushed - this.slots.length;
  }

  push(item: T): void {
    if (this.slots.length < this.capacity) this.slots.push(item);
    else this.slots[this.next] = item;
    this.next = (this.next + 1) % this.capacity;
    this.pushed += 1;
  }

  /** The item `index` steps back from the newest (0 is the newest). */
  newest(index: number): T | undefined {
    if (index < 0 || index >= this.slots.length) return undefined;
    return this.slots[(this.next - 1 - index + 2 * this.capacity) % this.capacity];
  }

  clear(): void {
    this.slots.length = 0;
    this.next = 0;
    this.pushed = 0;
  }
}
