/** Twitter's epoch, 4 November 2010, in epoch milliseconds. */
const epochMs = 1_288_834_974_657;
const sequenceMax = 4_095;

/**
 * Ids as Twitter makes them: 41 bits of milliseconds, 10 of a worker's number, 12 of a sequence. They only grow, also when the
 * clock steps back or when more than 4,096 are wanted in a millisecond (they then run ahead of the clock). A worker's number
 * drawn at each start keeps two processes, or two lives of one, apart.
 */
export class Snowflake {
  readonly #worker: bigint;
  readonly #nowMs: () => number;
  #lastMs = 0;
  #sequence = 0;

  constructor(options: { worker?: number; nowMs?: () => number } = {}) {
    this.#worker = BigInt(options.worker ?? Math.floor(Math.random() * 1_024)) & 0x3ffn;
    this.#nowMs = options.nowMs ?? Date.now;
  }

  next(): string {
    const nowMs = this.#nowMs();
    if (nowMs > this.#lastMs) {
      this.#lastMs = nowMs;
      this.#sequence = 0;
    } else if (this.#sequence < sequenceMax) {
      this.#sequence += 1;
    } else {
      this.#lastMs += 1;
      this.#sequence = 0;
    }
    return String((BigInt(this.#lastMs - epochMs) << 22n) | (this.#worker << 12n) | BigInt(this.#sequence));
  }
}
