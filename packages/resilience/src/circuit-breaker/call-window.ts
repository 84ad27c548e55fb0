/** How one call ended, as two bits. */
export type CallOutcome = number;
export const failedBit = 1;
export const slowBit = 2;

/** The calls that count, and their sums. Nothing is allocated for a call. */
export interface CallWindow {
  record(outcome: CallOutcome, nowMs: number): void;
  /** Lets calls fall out that have become too old. */
  moveTo(nowMs: number): void;
  readonly calls: number;
  readonly failedCalls: number;
  readonly slowCalls: number;
  readonly slowFailedCalls: number;
}

/** The last `size` calls; with size 0 no call is kept. */
export class CountWindow implements CallWindow {
  calls = 0;
  failedCalls = 0;
  slowCalls = 0;
  slowFailedCalls = 0;
  readonly #outcomes: Uint8Array;
  #next = 0;

  constructor(size: number) {
    this.#outcomes = new Uint8Array(size);
  }

  record(outcome: CallOutcome): void {
    const size = this.#outcomes.length;
    if (size === 0) return;
    if (this.calls === size) this.#add(this.#outcomes[this.#next]!, -1);
    this.#outcomes[this.#next] = outcome;
    this.#next = (this.#next + 1) % size;
    this.#add(outcome, 1);
  }

  moveTo(): void {}

  #add(outcome: CallOutcome, sign: number): void {
    this.calls += sign;
    if (outcome & failedBit) this.failedCalls += sign;
    if (outcome & slowBit) this.slowCalls += sign;
    if (outcome === (failedBit | slowBit)) this.slowFailedCalls += sign;
  }
}

const fields = 4;

/** The calls of the last `sizeSeconds` seconds of the clock, the present one included, summed by second. */
export class TimeWindow implements CallWindow {
  calls = 0;
  failedCalls = 0;
  slowCalls = 0;
  slowFailedCalls = 0;
  /** For each second: calls, failed, slow, slow and failed. */
  readonly #sums: Uint32Array;
  readonly #sizeSeconds: number;
  #second: number;

  constructor(sizeSeconds: number, nowMs: number) {
    this.#sums = new Uint32Array(sizeSeconds * fields);
    this.#sizeSeconds = sizeSeconds;
    this.#second = Math.floor(nowMs / 1_000);
  }

  record(outcome: CallOutcome, nowMs: number): void {
    this.moveTo(nowMs);
    const at = (this.#second % this.#sizeSeconds) * fields;
    const isFailed = outcome & failedBit;
    const isSlow = (outcome & slowBit) >> 1;
    this.#sums[at]!++;
    this.#sums[at + 1]! += isFailed;
    this.#sums[at + 2]! += isSlow;
    this.#sums[at + 3]! += isFailed & isSlow;
    this.calls++;
    this.failedCalls += isFailed;
    this.slowCalls += isSlow;
    this.slowFailedCalls += isFailed & isSlow;
  }

  moveTo(nowMs: number): void {
    const second = Math.floor(nowMs / 1_000);
    if (second <= this.#second) return;
    const steps = Math.min(second - this.#second, this.#sizeSeconds);
    for (let i = 0; i < steps; i++) this.#clear(second - i);
    this.#second = second;
  }

  #clear(second: number): void {
    const at = (second % this.#sizeSeconds) * fields;
    this.calls -= this.#sums[at]!;
    this.failedCalls -= this.#sums[at + 1]!;
    this.slowCalls -= this.#sums[at + 2]!;
    this.slowFailedCalls -= this.#sums[at + 3]!;
    this.#sums.fill(0, at, at + fields);
  }
}
