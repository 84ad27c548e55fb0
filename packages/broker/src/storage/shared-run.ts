/**
 * Runs an operation one at a time; whoever asks while it runs shares the next run, which begins after the request. So a result
 * always covers what was done before asking.
 */
export class SharedRun {
  readonly #operation: () => Promise<void>;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  constructor(operation: () => Promise<void>) {
    this.#operation = operation;
  }

  run(): Promise<void> {
    if (this.#running === null) return this.#start();
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#next = null;
        return this.#start();
      });
    return this.#next;
  }

  /** Resolves when nothing runs or waits to. */
  settled(): Promise<void> {
    return this.#next ?? this.#running ?? Promise.resolve();
  }

  #start(): Promise<void> {
    const running = this.#operation().finally(() => {
      if (this.#running === running) this.#running = null;
    });
    this.#running = running;
    return running;
  }
}
