/** A commit and the time until the next are as one to this. */
const intervalsOfCommit = 10;

/**
 * When to commit. Where commits take long, because there is much to write or the broker is busy, they come less often: each tells of more updates of a
 * row at once. So results come at once while little happens, and a busy application is not busy with its commits.
 */
export class CommitPace {
  readonly #minMs: number;
  readonly #maxMs: number;
  #averageMs = 0;

  constructor(minMs: number, maxMs: number) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
  }

  get intervalMs(): number {
    return Math.min(this.#maxMs, Math.max(this.#minMs, this.#averageMs * intervalsOfCommit));
  }

  committed(tookMs: number): void {
    this.#averageMs += (tookMs - this.#averageMs) / 4;
  }
}
