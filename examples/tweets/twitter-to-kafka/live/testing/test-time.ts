import { setImmediate as turn } from 'node:timers/promises';
import type { LiveSourceOptions } from '../live-source.ts';

/** Time that a test moves, and that moves by itself where somebody waits. */
export class TestTime implements Required<LiveSourceOptions> {
  /** How long was waited, each time. */
  readonly pauses: number[] = [];
  #nowMs: number;
  #ring: (() => void) | undefined;

  /** Begins in 2033, where the events of these tests are. */
  constructor(nowMs = 2_000_000_000_000) {
    this.#nowMs = nowMs;
  }

  nowMs = (): number => this.#nowMs;

  dateMs = (): number => this.#nowMs;

  pause = async (ms: number): Promise<void> => {
    this.pauses.push(ms);
    this.#nowMs += ms;
    await turn();
  };

  setAlarm = (_ms: number, ring: () => void): (() => void) => {
    this.#ring = ring;
    return () => {
      if (this.#ring === ring) this.#ring = undefined;
    };
  };

  advance(ms: number): void {
    this.#nowMs += ms;
  }

  /** Nothing came for too long. */
  ring(): void {
    this.#ring?.();
  }
}
