import type { Cancellable, PunctuationType } from '../processor/task-context.ts';

interface Punctuation {
  readonly intervalMs: number;
  readonly callback: (timeMs: number) => void;
  /** -1: not before the first record says what time it is. */
  nextMs: number;
}

/** The callbacks of one kind of time. Missed ones are made up for by one call. */
export class Punctuations {
  readonly #type: PunctuationType;
  readonly #all = new Set<Punctuation>();
  /** The earliest that is due; infinite when there is none. */
  nextMs = Number.POSITIVE_INFINITY;

  constructor(type: PunctuationType) {
    this.#type = type;
  }

  add(intervalMs: number, nowMs: number, callback: (timeMs: number) => void): Cancellable {
    if (!(intervalMs >= 1)) throw new RangeError(`an interval of ${intervalMs} ms is too short`);
    const nextMs = this.#type === 'wall-clock' ? nowMs + intervalMs : nowMs < 0 ? -1 : nowMs;
    const punctuation = { intervalMs, callback, nextMs };
    this.#all.add(punctuation);
    this.#findNext();
    return {
      cancel: () => {
        this.#all.delete(punctuation);
        this.#findNext();
      },
    };
  }

  /** Calls what is due; how many. */
  run(timeMs: number): number {
    if (timeMs < this.nextMs) return 0;
    let count = 0;
    for (const each of this.#all) {
      if (each.nextMs > timeMs) continue;
      const { intervalMs } = each;
      const missed = each.nextMs < 0 ? 0 : Math.floor((timeMs - each.nextMs) / intervalMs);
      each.nextMs = each.nextMs < 0 ? timeMs + intervalMs : each.nextMs + (missed + 1) * intervalMs;
      each.callback(timeMs);
      count++;
    }
    this.#findNext();
    return count;
  }

  clear(): void {
    this.#all.clear();
    this.nextMs = Number.POSITIVE_INFINITY;
  }

  #findNext(): void {
    let next = Number.POSITIVE_INFINITY;
    for (const each of this.#all) if (each.nextMs < next) next = each.nextMs;
    this.nextMs = next;
  }
}
