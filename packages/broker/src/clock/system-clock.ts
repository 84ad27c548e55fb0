import type { Clock, ClockTimer } from './clock.ts';
import type { MovableClock } from './movable-clock.ts';
import { TimerQueue } from './timer-queue.ts';

const maxTimeoutMs = 2_147_483_647;
/** A year has millions of rounds of what comes round every few seconds: after so many the rest falls due at the end, together. */
const maxFiredOneByOne = 20_000;

/**
 * The machine's time, until somebody freezes or moves it; then it differs from the machine's by what it was moved. However many
 * deadlines wait, Node keeps one timer for the earliest of them.
 */
export class SystemClock implements Clock, MovableClock {
  readonly #queue = new TimerQueue();
  readonly #onError: (error: unknown) => void;
  #timeout: NodeJS.Timeout | null = null;
  #timeoutAtMs = Infinity;
  #isClosed = false;
  #wallAheadMs = 0;
  #monotonicAheadMs = 0;
  #frozen: { wallMs: number; monotonicMs: number } | null = null;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  now(): number {
    return this.#frozen === null ? Date.now() + this.#wallAheadMs : this.#frozen.wallMs;
  }

  monotonicMs(): number {
    return this.#frozen === null ? performance.now() + this.#monotonicAheadMs : this.#frozen.monotonicMs;
  }

  schedule(delayMs: number, callback: () => void): ClockTimer {
    const timer = this.#queue.add(this.monotonicMs() + Math.max(0, delayMs), callback);
    this.#arm();
    return timer;
  }

  get isFrozen(): boolean {
    return this.#frozen !== null;
  }

  get isMoved(): boolean {
    return this.#frozen !== null || this.#monotonicAheadMs !== 0;
  }

  freeze(): void {
    this.#frozen ??= { wallMs: this.now(), monotonicMs: this.monotonicMs() };
    this.#disarm();
  }

  resume(): void {
    if (this.#frozen === null) return;
    this.#wallAheadMs = this.#frozen.wallMs - Date.now();
    this.#monotonicAheadMs = this.#frozen.monotonicMs - performance.now();
    this.#frozen = null;
    this.#arm();
  }

  advance(byMs: number): void {
    const wasFrozen = this.isFrozen;
    this.freeze();
    const frozen = this.#frozen!;
    const untilMs = frozen.monotonicMs + byMs;
    const wallAtEndMs = frozen.wallMs + byMs;
    let fired = 0;
    for (let atMs = this.#queue.nextAtMs(); atMs <= untilMs && !this.#isClosed; atMs = this.#queue.nextAtMs()) {
      if (++fired > maxFiredOneByOne) atMs = untilMs;
      if (atMs > frozen.monotonicMs) {
        frozen.monotonicMs = atMs;
        // Whole milliseconds: times in records are.
        frozen.wallMs = wallAtEndMs - Math.floor(untilMs - atMs);
      }
      this.#call(this.#queue.takeDue(frozen.monotonicMs));
    }
    frozen.monotonicMs = untilMs;
    frozen.wallMs = wallAtEndMs;
    if (!wasFrozen) this.resume();
  }

  setBack(byMs: number): void {
    if (this.#frozen === null) this.#wallAheadMs -= byMs;
    else this.#frozen.wallMs -= byMs;
  }

  close(): void {
    this.#isClosed = true;
    this.#queue.clear();
    this.#disarm();
  }

  #arm(): void {
    const nextAtMs = this.#queue.nextAtMs();
    // A timer that fires early finds nothing due and arms itself again: cheaper than moving it at each cancel.
    if (this.#isClosed || this.#frozen !== null || nextAtMs >= this.#timeoutAtMs) return;
    this.#disarm();
    this.#timeoutAtMs = nextAtMs;
    const delayMs = Math.min(maxTimeoutMs, Math.max(0, Math.ceil(nextAtMs - this.monotonicMs())));
    this.#timeout = setTimeout(this.#fire, delayMs);
    this.#timeout.unref();
  }

  #disarm(): void {
    if (this.#timeout !== null) clearTimeout(this.#timeout);
    this.#timeout = null;
    this.#timeoutAtMs = Infinity;
  }

  #fire = (): void => {
    this.#timeout = null;
    this.#timeoutAtMs = Infinity;
    const nowMs = this.monotonicMs();
    for (let callback = this.#queue.takeDue(nowMs); callback !== null; callback = this.#queue.takeDue(nowMs)) {
      this.#call(callback);
    }
    this.#arm();
  };

  #call(callback: (() => void) | null): void {
    try {
      callback?.();
    } catch (error) {
      this.#onError(error);
    }
  }
}
