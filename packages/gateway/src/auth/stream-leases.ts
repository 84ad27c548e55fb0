import type { Call } from '../stages/call.ts';
import type { Observer } from '../stages/module.ts';

const everyMs = 1_000;

/**
 * Ends what lasts longer than the credentials that it began with: event streams, WebSockets, long downloads. Looked at once a second, in one
 * sweep; whoever has good credentials connects again.
 */
export class StreamLeases {
  readonly #ends = new Map<Call, () => boolean>();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => this.sweep(), everyMs);
    this.#timer.unref();
  }

  /** `hasEnded` is asked until the call is over. */
  hold(call: Call, hasEnded: () => boolean): void {
    this.#ends.set(call, hasEnded);
  }

  readonly observer: Observer = {
    ended: (call) => {
      this.#ends.delete(call);
    },
  };

  sweep(): void {
    for (const [call, hasEnded] of this.#ends) {
      if (!hasEnded()) continue;
      this.#ends.delete(call);
      // Its end cancels the upstream's work too.
      (call.res ?? call.req.socket).destroy();
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.#ends.clear();
  }
}
