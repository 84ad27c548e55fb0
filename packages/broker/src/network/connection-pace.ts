import type { Socket } from 'node:net';
import type { Clock, ClockTimer } from '../clock/clock.ts';

/**
 * `max.connection.creation.rate` (KIP-612): connections that come faster wait for their turn instead of being refused, a second's worth
 * may come at once.
 */
export class ConnectionPace {
  readonly #clock: Clock;
  readonly #perSecond: () => number;
  #nextAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, perSecond: () => number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  /** Takes a place; milliseconds until its turn. */
  takePlace(): number {
    const nowMs = this.#clock.monotonicMs();
    const everyMs = 1_000 / this.#perSecond();
    this.#nextAtMs = Math.max(this.#nextAtMs, nowMs - 1_000) + everyMs;
    return Math.max(0, Math.ceil(this.#nextAtMs - nowMs));
  }
}

/** Sockets that wait for their turn; nothing is read from them meanwhile. */
export class WaitingSockets {
  readonly #clock: Clock;
  readonly #ends = new Map<Socket, () => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `onTurn` after the wait, or `onEnd` when the socket or we close before that. */
  wait(socket: Socket, forMs: number, onTurn: () => void, onEnd: () => void): void {
    const leave = (timer: ClockTimer) => {
      timer.cancel();
      this.#ends.delete(socket);
      socket.off('close', end);
      socket.off('error', ignore);
    };
    const ignore = () => {};
    const end = () => {
      leave(timer);
      onEnd();
      socket.on('error', ignore);
      socket.destroy();
    };
    const timer = this.#clock.schedule(forMs, () => {
      leave(timer);
      onTurn();
    });
    socket.on('close', end);
    socket.on('error', ignore);
    this.#ends.set(socket, end);
  }

  close(): void {
    for (const end of [...this.#ends.values()]) end();
  }
}
