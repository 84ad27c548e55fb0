import { setImmediate as nextTurn } from 'node:timers/promises';
import { BrokerError } from '../broker-error.ts';
import type { Clock } from '../clock/clock.ts';
import { isMovable, type MovableClock } from '../clock/movable-clock.ts';

/**
 * The broker's time in the hands of a test: sessions, rebalances, transaction time-outs, retention, compaction, throttles, long
 * polls and injected latency go by it. What has to do with real sockets does not (`connections.max.idle.ms`), nor do clients,
 * whose heartbeats and time-outs go by their own clock.
 *
 * @example
 * await broker.clock.advance(8 * 24 * 3_600_000); // retention.ms is 7 days: what was there is gone
 */
export class BrokerClock {
  readonly #clock: Clock;
  readonly #settle: () => Promise<void>;

  /** `settle` does what the background would do at the new time. */
  constructor(clock: Clock, settle: () => Promise<void>) {
    this.#clock = clock;
    this.#settle = settle;
  }

  /** Epoch milliseconds. */
  now(): number {
    return this.#clock.now();
  }

  get isFrozen(): boolean {
    return isMovable(this.#clock) && this.#clock.isFrozen;
  }

  /** Time stands still until `resume`: no session ends, no long poll is answered without records. */
  freeze(): void {
    this.#movable().freeze();
  }

  /**
   * Moves the time on, frozen or running. What falls due on the way happens in its order, each at its own moment; when the promise
   * resolves, a round of retention and compaction has been made at the new time too.
   *
   * @throws BrokerError HW_BROKER_CONTROL
   */
  async advance(byMs: number): Promise<void> {
    if (!Number.isFinite(byMs) || byMs < 0) {
      throw wrong(
        `advance takes milliseconds from 0 up, not ${byMs}. To go back use set(), which moves the wall clock only.`,
      );
    }
    this.#movable().advance(Math.round(byMs));
    await this.#settled();
  }

  /**
   * Sets the wall clock. Forward is as `advance`. Backward, deadlines stay where they are, as on a machine whose clock is set right.
   *
   * @throws BrokerError HW_BROKER_CONTROL
   */
  async set(at: number | Date): Promise<void> {
    const atMs = Number(at);
    if (!Number.isFinite(atMs)) throw wrong(`set takes epoch milliseconds or a Date, not ${String(at)}.`);
    const clock = this.#movable();
    const byMs = Math.round(atMs - clock.now());
    if (byMs >= 0) clock.advance(byMs);
    else clock.setBack(-byMs);
    await this.#settled();
  }

  /** Runs on from where it stands. @throws BrokerError HW_BROKER_CONTROL */
  resume(): void {
    const clock = this.#movable();
    try {
      clock.resume();
    } catch (cause) {
      throw wrong((cause as Error).message);
    }
  }

  async #settled(): Promise<void> {
    await this.#settle();
    // What became due is answered at the end of a turn.
    await nextTurn();
  }

  #movable(): MovableClock {
    if (isMovable(this.#clock)) return this.#clock;
    throw wrong('This broker was started with a clock of your own: move that one, or start it without `clock`.');
  }
}

function wrong(message: string): BrokerError {
  return new BrokerError('HW_BROKER_CONTROL', message);
}
