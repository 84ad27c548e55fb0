const bucketsPerWindow = 60;

/** How many events, and how many of a kind, there were in the last while: sixty steps, no memory for an event. */
export class SlidingCounts {
  count = 0;
  marked = 0;
  readonly #windowMs: number;
  readonly #stepMs: number;
  readonly #steps: { startMs: number; count: number; marked: number }[] = [];

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
    this.#stepMs = Math.max(1, Math.floor(windowMs / bucketsPerWindow));
  }

  /** Events that are too old are not counted; a little disorder is put where it belongs. */
  add(eventMs: number, nowMs: number, isMarked: boolean): void {
    const startMs = Math.floor(eventMs / this.#stepMs) * this.#stepMs;
    if (startMs + this.#stepMs + this.#windowMs <= nowMs) return;
    const steps = this.#steps;
    let index = steps.length - 1;
    while (index >= 0 && steps[index]!.startMs > startMs) index--;
    let step = steps[index];
    if (step?.startMs !== startMs) {
      step = { startMs, count: 0, marked: 0 };
      steps.splice(index + 1, 0, step);
    }
    step.count++;
    this.count++;
    if (isMarked) {
      step.marked++;
      this.marked++;
    }
  }

  expire(nowMs: number): void {
    while (this.nextExpiryMs() <= nowMs) {
      const step = this.#steps.shift()!;
      this.count -= step.count;
      this.marked -= step.marked;
    }
  }

  /** Infinity: nothing is counted. */
  nextExpiryMs(): number {
    const [first] = this.#steps;
    return first === undefined ? Infinity : first.startMs + this.#stepMs + this.#windowMs;
  }
}
