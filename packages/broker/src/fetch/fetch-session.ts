import type { FetchRequest } from '@headwater/protocol';
import { FetchPart, partKey } from './fetch-part.ts';
import type { FetchWaiters, Waiter } from './fetch-waiters.ts';

/** Appends that find nobody waiting, after which a session does not want to hear of more until it waits again. */
const idleWakesMax = 64;

/** A fetch that waits, as its session knows it. */
interface PendingOfSession extends Waiter {
  /** A later fetch of this session came before this one was answered. */
  supersede(): void;
}

/**
 * Partitions that a client fetches again and again (KIP-227): it says only what changes, and is told only what is new. Between its
 * fetches it goes on hearing of appends, so that a fetch of 200 partitions does not begin with 200 subscriptions.
 */
export class FetchSession implements Waiter {
  readonly id: number;
  readonly usesTopicIds: boolean;
  readonly createdAtMs: number;
  lastUsedMs: number;
  /** Of the request that comes next. */
  epoch = 1;
  /** In the order in which they are read: who had something goes to the end. */
  parts: readonly FetchPart[];
  /** As the cache counted them last. */
  countedParts = 0;
  /** Old enough, when it was used last, to make room for larger ones. */
  isEvictable = false;
  readonly #byKey = new Map<string, FetchPart>();
  readonly #waiters: FetchWaiters;
  #pending: PendingOfSession | null = null;
  #idleWakes = 0;
  #isWatching = false;
  #isRemoved = false;

  constructor(id: number, usesTopicIds: boolean, parts: readonly FetchPart[], waiters: FetchWaiters, nowMs: number) {
    this.id = id;
    this.usesTopicIds = usesTopicIds;
    this.createdAtMs = nowMs;
    this.lastUsedMs = nowMs;
    this.#waiters = waiters;
    for (const part of parts) this.#byKey.set(this.#keyOf(part), part);
    this.parts = [...this.#byKey.values()];
  }

  /** Takes over what a request adds, changes and forgets. */
  update({ topics, forgottenTopicsData }: Pick<FetchRequest, 'topics' | 'forgottenTopicsData'>): void {
    let isChanged = false;
    for (const { topic, topicId, partitions } of topics) {
      for (const asked of partitions) {
        const key = partKey(this.usesTopicIds ? topicId : topic, asked.partition);
        const part = this.#byKey.get(key);
        if (part !== undefined) part.ask(asked);
        else {
          this.#byKey.set(key, new FetchPart(topic, topicId, this.usesTopicIds, asked));
          isChanged = true;
        }
      }
    }
    for (const { topic, topicId, partitions } of forgottenTopicsData) {
      for (const partition of partitions) {
        const key = partKey(this.usesTopicIds ? topicId : topic, partition);
        const part = this.#byKey.get(key);
        if (part === undefined) continue;
        this.#byKey.delete(key);
        this.#unwatch(part);
        isChanged = true;
      }
    }
    if (isChanged) this.parts = [...this.#byKey.values()];
  }

  /** These had records: the others come first next time. */
  moveToEnd(moved: ReadonlySet<FetchPart>): void {
    if (moved.size === 0 || moved.size === this.parts.length) return;
    for (const part of moved) {
      const key = this.#keyOf(part);
      if (this.#byKey.delete(key)) this.#byKey.set(key, part);
    }
    this.parts = [...this.#byKey.values()];
  }

  begin(pending: PendingOfSession): void {
    this.#pending?.supersede();
    this.#pending = pending;
  }

  end(pending: PendingOfSession): void {
    if (this.#pending === pending) this.#pending = null;
    if (this.#isRemoved) this.#unwatchAll();
  }

  /** Hears of appends to its partitions from now on. */
  watch(): void {
    this.#isWatching = true;
    this.#idleWakes = 0;
    for (const part of this.parts) {
      if (part.watchedLog === part.log) continue;
      this.#unwatch(part);
      part.watchedLog = part.log;
      if (part.log !== null) this.#waiters.add(part.log, this);
    }
  }

  wake(): void {
    if (this.#pending !== null) this.#pending.wake();
    else if (++this.#idleWakes > idleWakesMax) this.#unwatchAll();
  }

  finish(): void {
    this.#pending?.finish();
  }

  /** It is not in the cache any more; a fetch that waits is still answered. */
  removed(): void {
    this.#isRemoved = true;
    if (this.#pending === null) this.#unwatchAll();
  }

  #unwatchAll(): void {
    if (!this.#isWatching) return;
    this.#isWatching = false;
    for (const part of this.parts) this.#unwatch(part);
  }

  #unwatch(part: FetchPart): void {
    if (part.watchedLog === null) return;
    this.#waiters.remove(part.watchedLog, this);
    part.watchedLog = null;
  }

  #keyOf(part: FetchPart): string {
    return partKey(this.usesTopicIds ? part.topicId : part.topic, part.partition);
  }
}
