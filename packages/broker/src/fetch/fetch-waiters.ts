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
    const list = this.#lists.get(log);
    list?.waiters.delete(waiter);
    // A log that is gone has no append that would find nobody.
    if (list?.waiters.size === 0 && log.isDeleted) this.#drop(log, list);
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
      const list = this.#lists.get(log);
      if (list !== undefined) this.#drop(log, list);
      return;
    }
    for (const waiter of waiters) this.#woken.add(waiter);
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(this.#wakeAll);
  }

  #drop(log: PartitionLog, { unsubscribe }: WaitList): void {
    unsubscribe();
    this.#lists.delete(log);
  }

  #wakeAll = (): void => {
    this.#isDue = false;
    const woken = this.#woken;
    this.#woken = new Set();
    for (const waiter of woken) waiter.wake();
  };
}
