export interface FlappingLimits {
  /** Changes of status are looked at for so long. Default five minutes. */
  windowMs: number;
  /** So many within the window: it flaps. Default 6. */
  high: number;
  /** So few again: it does not any more. Default 2. */
  low: number;
}

export const flappingLimits: FlappingLimits = { windowMs: 300_000, high: 6, low: 2 };

/**
 * Tells whether something changes its status more often than it should, with two thresholds, as Nagios has it: what is just below the upper one does not
 * begin to flap, and what flaps must become calm before it is believed again. Changes that a crash explains are taken back: crashing is no flapping.
 */
export class Flapping {
  #isFlapping = false;
  readonly #limits: FlappingLimits;
  readonly #changesMs: number[] = [];

  constructor(limits: FlappingLimits = flappingLimits) {
    this.#limits = limits;
  }

  changed(nowMs: number): void {
    this.#changesMs.push(nowMs);
    if (this.#changesMs.length > this.#limits.high * 4) this.#changesMs.shift();
  }

  /** The last change was no fickleness: its cause is known. */
  takeBack(): void {
    this.#changesMs.pop();
  }

  isFlapping(nowMs: number): boolean {
    const { high, low, windowMs } = this.#limits;
    while (this.#changesMs.length > 0 && this.#changesMs[0]! <= nowMs - windowMs) this.#changesMs.shift();
    const changes = this.#changesMs.length;
    if (changes >= high) this.#isFlapping = true;
    else if (changes <= low) this.#isFlapping = false;
    return this.#isFlapping;
  }
}
