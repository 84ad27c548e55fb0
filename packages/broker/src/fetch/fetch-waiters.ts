import type { PartitionLog } from '../storage/index.ts';

export interface Waiter {
  /** Some partition that it waits for has more. */
  wake(): void;
  /** The broker closes: answer with what there is. */
  finish(): void;
}

interface WaitList {
  waiters: Set<Waiter>;
  unsubscribe: () => void;
}

/**
 * Fetches that wait for records. However many appends a turn has, a fetch is looked at once, when the turn is over: consumers get
 * what came together in one answer.
 */
export class FetchWaiters {
  readonly #lists = new Map<PartitionLog, WaitList>();
  #woken = new Set<Waiter>();
  #isDue = false;

  /** Partitions that somebody waits for. */
  get size(): number {
    return this.#lists.size;
  }

  add(log: PartitionLog, waiter: Waiter): void {
    let list = this.#lists.get(log);
    if (list === undefined) {
      const waiters = new Set<Waiter>();
      list = { waiters, unsubscribe: log.onAppend(() => this.#appended(log, waiters)) };
      this.#lists.set(log, list);
    }
    list.waiters.add(waiter);
  }

  /** The subscription stays until an append finds nobody: a consumer at the end of the log comes back at once. */
  remove(log: PartitionLog, waiter: Waiter): void {
    this.#lists.get(log)?.waiters.delete(waiter);
    this.#woken.delete(waiter);
  }

  close(): void {
    for (const { unsubscribe, waiters } of this.#lists.values()) {
      unsubscribe();
      for (const waiter of [...waiters]) waiter.finish();
    }
    this.#lists.clear();
    this.#woken.clear();
  }

  #appended(log: PartitionLog, waiters: Set<Waiter>): void {
    if (waiters.size === 0) {
      this.#lists.get(log)?.unsubscribe();
      this.#lists.delete(log);
      return;
    }
    for (const waiter of waiters) this.#woken.add(waiter);
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(this.#wakeAll);
  }

  #wakeAll = (): void => {
    this.#isDue = false;
    const woken = this.#woken;
    this.#woken = new Set();
    for (const waiter of woken) waiter.wake();
  };
}
