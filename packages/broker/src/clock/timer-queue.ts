import type { ClockTimer } from './clock.ts';

class QueuedTimer implements ClockTimer {
  atMs: number;
  callback: (() => void) | null;

  constructor(atMs: number, callback: () => void) {
    this.atMs = atMs;
    this.callback = callback;
  }

  /** The entry stays in the heap until its time comes or until cancelled entries are most of it. */
  cancel(): void {
    this.callback = null;
  }
}

/** A binary heap of deadlines: what a clock needs to know which callback is next, whatever moves the time. */
export class TimerQueue {
  #heap: QueuedTimer[] = [];
  #sizeAfterSweep = 0;

  get size(): number {
    return this.#heap.length;
  }

  add(atMs: number, callback: () => void): ClockTimer {
    const timer = new QueuedTimer(atMs, callback);
    if (this.#heap.length > 1_024 && this.#heap.length > this.#sizeAfterSweep * 2) this.#sweep();
    this.#heap.push(timer);
    this.#siftUp(this.#heap.length - 1);
    return timer;
  }

  /** When the next live timer is due; Infinity when there is none. */
  nextAtMs(): number {
    while (this.#heap.length > 0 && this.#heap[0]!.callback === null) this.#pop();
    return this.#heap.length === 0 ? Infinity : this.#heap[0]!.atMs;
  }

  /** Takes the next callback that is due at `nowMs`, or null. */
  takeDue(nowMs: number): (() => void) | null {
    if (this.nextAtMs() > nowMs) return null;
    const timer = this.#pop();
    const { callback } = timer;
    timer.callback = null;
    return callback;
  }

  clear(): void {
    this.#heap = [];
  }

  /** Long polls are mostly cancelled long before they are due: without this they would pile up. */
  #sweep(): void {
    const live = this.#heap.filter((timer) => timer.callback !== null);
    live.sort((a, b) => a.atMs - b.atMs);
    this.#heap = live;
    this.#sizeAfterSweep = live.length;
  }

  #pop(): QueuedTimer {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) {
      heap[0] = last;
      this.#siftDown(0);
    }
    return top;
  }

  #siftUp(start: number): void {
    const heap = this.#heap;
    const moved = heap[start]!;
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (heap[parent]!.atMs <= moved.atMs) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = moved;
  }

  #siftDown(start: number): void {
    const heap = this.#heap;
    const moved = heap[start]!;
    let index = start;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.atMs < heap[child]!.atMs) child++;
      if (heap[child]!.atMs >= moved.atMs) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = moved;
  }
}
