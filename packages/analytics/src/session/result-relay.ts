import type { ClientSession } from './client-session.ts';
import { OutputBatch } from './output-batch.ts';

/** What a client that does not read may leave unread before it holds PostgreSQL up. */
const backlogBytesMax = 4 << 20;

/** Hands PostgreSQL's answers on to the client whose turn it is, as fast as the client reads. */
export class ResultRelay {
  readonly #batch = new OutputBatch();
  /** Since when PostgreSQL has waited for the client to read; null: it does not. */
  #heldSinceMs: number | null = null;

  add(message: Buffer): void {
    this.#batch.add(message);
  }

  /** PostgreSQL is gone or nobody's: what it said last is for no one. */
  drop(): void {
    this.#batch.take();
    this.#heldSinceMs = null;
  }

  flush(session: ClientSession): void {
    const bytes = this.#batch.take();
    if (bytes !== null && !session.isClosed) session.client.write(bytes);
  }

  /** After a piece of output: `taken` is called once the client has room for more. */
  chunkEnd(session: ClientSession, nowMs: number, taken: () => void): void {
    this.flush(session);
    if (session.isClosed || session.client.backlogBytes < backlogBytesMax) {
      taken();
      return;
    }
    this.#heldSinceMs ??= nowMs;
    session.client.onceDrained(() => {
      this.#heldSinceMs = null;
      taken();
    });
  }

  /** How long PostgreSQL has waited for the client to read. */
  heldMs(nowMs: number): number {
    return this.#heldSinceMs === null ? 0 : nowMs - this.#heldSinceMs;
  }
}
