import { IdentityError } from '../identity-error.ts';

/** Runs at most `parallel` pieces of work at once and lets at most `waiting` wait: a flood of logins costs time, not memory. */
export class WorkQueue {
  readonly #parallel: number;
  readonly #maxWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: { parallel: number; waiting: number }) {
    this.#parallel = options.parallel;
    this.#maxWaiting = options.waiting;
  }

  /** @throws IdentityError HW_IDENTITY_BUSY when too many wait already */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#running >= this.#parallel) {
      if (this.#waiting.length >= this.#maxWaiting) {
        throw new IdentityError('HW_IDENTITY_BUSY', 'too many passwords are being checked: try again in a few seconds');
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}
