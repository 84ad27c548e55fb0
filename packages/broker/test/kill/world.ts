import type { SeededRandom } from '../../src/storage/testing/seeded-random.ts';
import type { Address } from './killable-broker.ts';

/** What all loads share: where the broker is, whether it is there, and who waits for it. */
export class World {
  readonly random: SeededRandom;
  address: Address = { host: '', port: 0 };
  /** The start of a log that DeleteRecords moved is there after a kill. Not so in Kafka, which notes it once a minute. */
  keepsDeletions = true;
  /** Loads finish what they began, and begin nothing more. */
  isEnding = false;
  /** The first thing that went wrong; everything stops then. */
  failure: unknown = null;
  /** Requests that were answered, all loads together. */
  answers = 0;
  waiting = 0;
  #isOpen = true;
  #wake: (() => void)[] = [];

  constructor(random: SeededRandom) {
    this.random = random;
  }

  close(): void {
    this.#isOpen = false;
  }

  open(): void {
    this.#isOpen = true;
    for (const wake of this.#wake.splice(0)) wake();
  }

  /** Waits while the broker is gone or being checked. */
  async pass(): Promise<void> {
    if (this.failure !== null) throw this.failure;
    while (!this.#isOpen) {
      this.waiting++;
      await new Promise<void>((resolve) => this.#wake.push(resolve));
      this.waiting--;
      if (this.failure !== null) throw this.failure;
    }
  }
}
