/** Statements may be within each other (RUN SCRIPT); what has to be alone waits for all of them, and they wait for it. */
export class StatementTurns {
  #running = 0;
  #alone: Promise<unknown> | null = null;
  readonly #waiting: (() => void)[] = [];

  async shared<Result>(work: () => Promise<Result>): Promise<Result> {
    while (this.#alone !== null) await this.#alone;
    this.#running++;
    try {
      return await work();
    } finally {
      this.#running--;
      if (this.#running === 0) for (const wake of this.#waiting.splice(0)) wake();
    }
  }

  async exclusive<Result>(work: () => Promise<Result>): Promise<Result> {
    while (this.#running > 0 || this.#alone !== null) {
      await (this.#alone ?? new Promise<void>((resolve) => this.#waiting.push(resolve)));
    }
    const result = work();
    this.#alone = result.then(
      () => {},
      () => {},
    );
    try {
      return await result;
    } finally {
      this.#alone = null;
    }
  }
}
