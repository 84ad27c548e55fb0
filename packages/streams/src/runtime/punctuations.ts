import type { Cancellable, PunctuationType } from '../processor/task-context.ts';

interface Punctuation {
  readonly intervalMs: number;
  readonly callback: (timeMs: number) => void;
  nextMs: number;
}

/**
 * The callbacks of one kind of time. Missed ones are made up for by one call. As in Kafka Streams, those of stream time are called with the
 * first record, then at multiples of the interval since the epoch; those of the wall clock at multiples since they were asked for.
 */
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
    const nextMs = this.#type === 'wall-clock' ? nowMs + intervalMs : 0;
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
      const missed = Math.floor((timeMs - each.nextMs) / intervalMs);
      each.nextMs += (missed + 1) * intervalMs;
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
