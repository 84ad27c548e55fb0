import { pause } from '../common/back-off.ts';
import type { Hit, TweetSearch } from './tweet-search.ts';

const pollMs = 400;
/** A store shows what it took with a delay, and not in order: that far back it is looked again. */
const overlapMs = 3_000;
/** Hits looked at in one poll. A feed with more in `overlapMs` gets the newest of them only. */
const pollHits = 1_000;

/** A search that goes on: it knows which hits its reader has, and finds the others as they become visible. */
export class LiveHits {
  readonly #search: TweetSearch;
  readonly #text: string | undefined;
  /** Id → when it entered the index, for what the next poll may find again. */
  readonly #seen = new Map<string, number>();
  #newestMs = Date.now();

  private constructor(search: TweetSearch, text: string | undefined) {
    this.#search = search;
    this.#text = text;
  }

  /** Everything that is visible by now is no news. */
  static async open(search: TweetSearch, text: string | undefined): Promise<LiveHits> {
    const live = new LiveHits(search, text);
    await live.#poll();
    return live;
  }

  /** The reader has these. */
  markSeen(hits: readonly Hit[]): void {
    for (const { id, indexedAt } of hits) this.#seen.set(id, indexedAt);
  }

  /** New hits, oldest first, each once, until the signal is aborted. A store that is away for a while is asked again. */
  async *news(signal: AbortSignal): AsyncGenerator<Hit[]> {
    while (!signal.aborted) {
      await pause(pollMs, signal);
      if (signal.aborted) return;
      const hits = await this.#poll().catch(() => []);
      if (hits.length > 0) yield hits;
    }
  }

  async #poll(): Promise<Hit[]> {
    const sinceMs = this.#newestMs - overlapMs;
    const { hits } = await this.#search.find({
      ...(this.#text === undefined ? {} : { text: this.#text }),
      indexedSince: sinceMs,
      order: 'last-indexed',
      limit: pollHits,
    });
    for (const [id, indexedAt] of this.#seen) if (indexedAt < sinceMs) this.#seen.delete(id);
    const news = hits.filter(({ id }) => !this.#seen.has(id)).reverse();
    this.markSeen(news);
    this.#newestMs = Math.max(this.#newestMs, ...news.slice(-1).map(({ indexedAt }) => indexedAt));
    return news;
  }
}
