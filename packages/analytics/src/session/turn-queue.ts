import type { ClientSession } from './client-session.ts';

/** Sessions that wait for their turn, first come first served; each is there once. */
export class TurnQueue {
  readonly #waiting: { session: ClientSession; sinceMs: number }[] = [];

  get length(): number {
    return this.#waiting.length;
  }

  has(session: ClientSession): boolean {
    return this.#waiting.some((each) => each.session === session);
  }

  push(session: ClientSession, nowMs: number): void {
    this.#waiting.push({ session, sinceMs: nowMs });
  }

  shift(): { session: ClientSession; sinceMs: number } | undefined {
    return this.#waiting.shift();
  }

  /** @returns false: it did not wait */
  remove(session: ClientSession): boolean {
    const index = this.#waiting.findIndex((each) => each.session === session);
    if (index >= 0) this.#waiting.splice(index, 1);
    return index >= 0;
  }

  /** Takes out those that have waited since before a time. */
  takeOlderThan(sinceMs: number): ClientSession[] {
    const count = this.#waiting.findIndex((each) => each.sinceMs > sinceMs);
    return this.#waiting.splice(0, count < 0 ? this.#waiting.length : count).map(({ session }) => session);
  }
}
