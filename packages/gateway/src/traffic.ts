/** What passed through one route or part since the start. */
export interface TrafficCounts {
  requests: number;
  inFlight: number;
  /** By the first digit of the status. */
  answers: Record<'1xx' | '2xx' | '3xx' | '4xx' | '5xx', number>;
}

const digits = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;
/** Routes can be replaced again and again: the oldest counts go first. */
const namesMax = 10_000;

/** Counts requests by the name of their route or part. */
export class Traffic {
  readonly #counts = new Map<string, TrafficCounts>();

  begin(name: string): { end(status: number): void } {
    let counts = this.#counts.get(name);
    if (counts === undefined) {
      counts = empty();
      this.#counts.set(name, counts);
      if (this.#counts.size > namesMax) this.#counts.delete(this.#counts.keys().next().value!);
    }
    counts.requests++;
    counts.inFlight++;
    const own = counts;
    return {
      end(status) {
        own.inFlight--;
        const digit = digits[Math.floor(status / 100) - 1];
        if (digit !== undefined) own.answers[digit]++;
      },
    };
  }

  of(name: string): TrafficCounts {
    return this.#counts.get(name) ?? empty();
  }
}

function empty(): TrafficCounts {
  return { requests: 0, inFlight: 0, answers: { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 } };
}
