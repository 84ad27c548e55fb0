import type { Logger } from '@headwater/logger';

const windowMs = 10_000;
const linesPerWindow = 10;

/** What clients can cause at will must not fill the log: so many lines in a while, then one that counts the rest. */
export class LogLimiter {
  readonly #logger: Logger;
  readonly #monotonicMs: () => number;
  readonly #restMessage: string;
  #windowStartMs = -Infinity;
  #lines = 0;
  #suppressed = 0;

  /** `restMessage` goes with the count of lines that were left out. */
  constructor(
    logger: Logger,
    monotonicMs: () => number,
    restMessage = 'more connections with problems were not logged',
  ) {
    this.#logger = logger;
    this.#restMessage = restMessage;
    this.#monotonicMs = monotonicMs;
  }

  warn(fields: Record<string, unknown>, message: string): void {
    const nowMs = this.#monotonicMs();
    if (nowMs - this.#windowStartMs > windowMs) {
      if (this.#suppressed > 0) {
        this.#logger.warn({ suppressed: this.#suppressed }, this.#restMessage);
      }
      this.#windowStartMs = nowMs;
      this.#lines = 0;
      this.#suppressed = 0;
    }
    if (this.#lines >= linesPerWindow) this.#suppressed++;
    else {
      this.#lines++;
      this.#logger.warn(fields, message);
    }
  }
}
