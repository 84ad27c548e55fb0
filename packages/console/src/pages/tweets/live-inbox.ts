import type { Tweet } from './tweet.ts';

/** Tweets that may wait to be shown; with so many nothing more is read, and the service at the other end waits too. */
export const inboxMax = 200;
/** Ids that are remembered, so that what a new connection tells again is not new again. */
const seenMax = 2000;

/**
 * What came since the list was shown, each once, the newest first. It says when it is full: then its reader stops, the connection fills, and the
 * service that writes waits; nothing is lost by it and nothing grows.
 */
export class LiveInbox {
  private readonly seen = new Set<string>();
  private waiting: Tweet[] = [];
  private room: PromiseWithResolvers<void> | null = null;

  get count(): number {
    return this.waiting.length;
  }

  get isFull(): boolean {
    return this.waiting.length >= inboxMax;
  }

  /** The page has these. */
  markSeen(tweets: readonly Tweet[]): void {
    for (const { id } of tweets) this.remember(id);
  }

  /** False for what is known already. */
  add(tweet: Tweet): boolean {
    if (this.seen.has(tweet.id)) return false;
    this.remember(tweet.id);
    this.waiting.unshift(tweet);
    return true;
  }

  take(): Tweet[] {
    const taken = this.waiting;
    this.waiting = [];
    this.room?.resolve();
    this.room = null;
    return taken;
  }

  /** Resolves when somebody has taken what waits; at once when there is room. */
  async hasRoom(): Promise<void> {
    if (!this.isFull) return;
    this.room ??= Promise.withResolvers();
    await this.room.promise;
  }

  private remember(id: string): void {
    this.seen.add(id);
    if (this.seen.size > seenMax) this.seen.delete(this.seen.values().next().value as string);
  }
}
