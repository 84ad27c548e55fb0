import { FeedError } from './feed.ts';

/**
 * When to connect again, as X asks of its clients and as no other server minds: at once after a connection that had lasted; network errors
 * 250 ms longer each time, up to 16 s; answers 5xx from 5 s, doubled up to 320 s; 429 from a minute, doubled up to 16, and not before the
 * time that the server names (an hour at most).
 */
export class ReconnectDelays {
  #network = 0;
  #server = 0;
  #limit = 0;

  /** `hadLasted`: the connection that broke had been of use, and the failures before it are over. */
  next(error: unknown, hadLasted: boolean): number {
    if (hadLasted) {
      this.#network = 0;
      this.#server = 0;
      this.#limit = 0;
    }
    const { kind = 'network', retryAfterMs = 0 } = error instanceof FeedError ? error : {};
    if (kind === 'limit') {
      const delayMs = Math.min(960_000, 60_000 * 2 ** this.#limit++);
      return Math.max(delayMs, Math.min(3_600_000, retryAfterMs));
    }
    if (kind === 'server')
      return Math.max(Math.min(320_000, 5_000 * 2 ** this.#server++), Math.min(320_000, retryAfterMs));
    if (hadLasted) return 0;
    this.#network += 1;
    return Math.min(16_000, 250 * this.#network);
  }
}
