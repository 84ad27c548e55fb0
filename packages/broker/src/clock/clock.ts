/** Time as the broker's parts see it: passed in, so that a test can freeze it and move it. */
export interface Clock {
  /** Wall clock, epoch milliseconds: what is written into records. */
  now(): number;
  /** Milliseconds that never go backwards: what sessions and time-outs are measured with. */
  monotonicMs(): number;
  /** Calls back once after `delayMs`; never inside this call. */
  schedule(delayMs: number, callback: () => void): ClockTimer;
}

export interface ClockTimer {
  cancel(): void;
}
