import type { IncomingMessage } from 'node:http';

/** The chunks of a body one at a time: none is read before the last one was taken. `stop()` ends it from this side. */
export class RequestChunks {
  readonly #req: IncomingMessage;
  #waiting: Buffer[] = [];
  #isEnded = false;
  #wake: (() => void) | null = null;

  constructor(req: IncomingMessage) {
    this.#req = req;
    req.pause();
    req.on('data', (chunk: Buffer) => {
      req.pause();
      this.#waiting.push(chunk);
      this.#wake?.();
    });
    // An aborted request ends here, too: what came whole is answered, as far as anybody hears it.
    for (const event of ['end', 'error', 'close']) req.on(event, () => this.stop());
  }

  /** The next chunk; null at the end. */
  async next(): Promise<Buffer | null> {
    while (this.#waiting.length === 0 && !this.#isEnded) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      this.#req.resume();
      await promise;
      this.#wake = null;
    }
    return this.#waiting.shift() ?? null;
  }

  stop(): void {
    this.#isEnded = true;
    this.#wake?.();
  }
}
