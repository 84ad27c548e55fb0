import { BrokerError } from '../broker-error.ts';
import type { Clock, ClockTimer } from '../clock/clock.ts';

/** A connection that has not shown who it is yet: in its TLS handshake, or in its SASL exchange. */
export interface Arrival {
  readonly remoteAddress: string;
  readonly sinceMs: number;
  /** Closes it. */
  end(reason: BrokerError): void;
}

export interface ArrivalsOptions {
  clock: Clock;
  /** `headwater.authentication.timeout.ms` */
  timeoutMs(): number;
  /** `headwater.max.unauthenticated.connections` */
  max(): number;
}

/**
 * Connections on their way in. They have so long; and when there are too many of them, the oldest makes room for the newest: whoever
 * opens connections and says nothing cannot keep others out.
 */
export class Arrivals {
  readonly #options: ArrivalsOptions;
  /** In the order in which they came. */
  readonly #waiting = new Set<Arrival>();
  #timer: ClockTimer | null = null;

  constructor(options: ArrivalsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#waiting.size;
  }

  add(arrival: Arrival): void {
    this.#waiting.add(arrival);
    const max = this.#options.max();
    for (const oldest of this.#waiting) {
      if (this.#waiting.size <= max) break;
      this.#waiting.delete(oldest);
      const message = `More than ${max} connections (headwater.max.unauthenticated.connections) have not authenticated, and this is the oldest.`;
      oldest.end(new BrokerError('HW_BROKER_AUTHENTICATION', message));
    }
    this.#timer ??= this.#schedule(this.#options.timeoutMs());
  }

  remove(arrival: Arrival): void {
    this.#waiting.delete(arrival);
    if (this.#waiting.size > 0) return;
    this.#timer?.cancel();
    this.#timer = null;
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    for (const arrival of this.#waiting) {
      arrival.end(new BrokerError('HW_BROKER_CLOSED', 'The broker closes.'));
    }
    this.#waiting.clear();
  }

  #schedule(delayMs: number): ClockTimer {
    return this.#options.clock.schedule(Math.max(1, delayMs), () => {
      const { clock } = this.#options;
      const timeoutMs = this.#options.timeoutMs();
      const startedBeforeMs = clock.monotonicMs() - timeoutMs;
      this.#timer = null;
      for (const arrival of this.#waiting) {
        if (arrival.sinceMs > startedBeforeMs) {
          this.#timer = this.#schedule(arrival.sinceMs - startedBeforeMs);
          return;
        }
        this.#waiting.delete(arrival);
        const message = `The client did not authenticate within ${timeoutMs} ms (headwater.authentication.timeout.ms).`;
        arrival.end(new BrokerError('HW_BROKER_AUTHENTICATION', message));
      }
    });
  }
}
