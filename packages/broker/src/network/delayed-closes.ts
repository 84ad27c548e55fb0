import type { Socket } from 'node:net';
import type { Clock, ClockTimer } from '../clock/clock.ts';

/** Waiting at a time; a further one is closed at once. */
const delayedMax = 1_000;

/** Connections that came too fast: kept without being served for a moment, so that the client does not come again even faster. */
export class DelayedCloses {
  readonly #clock: Clock;
  readonly #timers = new Map<Socket, ClockTimer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  close(socket: Socket, forMs: number): void {
    if (this.#timers.size >= delayedMax) return void socket.destroy();
    socket.on('error', () => {});
    this.#timers.set(
      socket,
      this.#clock.schedule(forMs, () => this.#end(socket)),
    );
  }

  closeAll(): void {
    for (const socket of [...this.#timers.keys()]) this.#end(socket);
  }

  #end(socket: Socket): void {
    this.#timers.get(socket)?.cancel();
    this.#timers.delete(socket);
    socket.destroy();
  }
}
