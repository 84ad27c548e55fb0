import type { Reader } from '../permissions/access.ts';
import type { Entry, Hit, Search, TweetSearch } from '../tweet-search.ts';
import { TextMatch } from './text-match.ts';
import type { FeedTweet, TweetFeed } from './tweet-feed.ts';

/** How often the index is asked while the feed does not follow, and beside it: for what came there by another way. */
const pollAloneMs = 400;
const pollBesideMs = 2_000;
/** A store shows what it took with a delay, and not in order: that far back it is looked again. */
const overlapMs = 3_000;
/** Where nothing came by another way for long, what entered the index before is asked for no more. */
const quietMs = 30_000;
/** Hits looked at in one poll. A feed with more in `overlapMs` gets the newest of them only. */
const pollHits = 1_000;
/** Hits that wait for a slow reader; when more come, the oldest are passed over and counted. */
const waitingHitsMax = 2_000;
/** Ids that are remembered; the feed's place tells of most others that the reader has them. */
const seenMax = 10_000;

export interface LiveHitsOptions {
  search: TweetSearch;
  feed: TweetFeed;
  reader: Reader;
  text: string | undefined;
}

/** New hits, oldest first, and how many were passed over before them because the reader was too slow. */
export interface News {
  hits: Hit[];
  skipped: number;
}

/** A search that goes on: it knows which hits its reader has, and tells of the others, from the feed as they are written, or from the index. */
export class LiveHits {
  readonly #options: LiveHitsOptions;
  readonly #match: TextMatch | undefined;
  /** Id → when it entered the index, for what the next poll may find again. */
  readonly #seen = new Map<string, number>();
  readonly #waiting: Hit[] = [];
  readonly #since: ReadonlyMap<number, number>;
  readonly #leave: () => void;
  #skipped = 0;
  #wake: (() => void) | undefined;
  #newestMs = Date.now();

  private constructor(options: LiveHitsOptions, match: TextMatch | undefined) {
    this.#options = options;
    this.#match = match;
    this.#since = options.feed.positions();
    this.#leave = options.feed.follow((tweet) => this.#offer(tweet));
  }

  /** Everything that is visible by now is no news. Close it in the end. */
  static async open(options: LiveHitsOptions): Promise<LiveHits> {
    const { search, text } = options;
    const match = text === undefined ? undefined : new TextMatch(await search.termsOf(text));
    const live = new LiveHits(options, match);
    try {
      await live.#poll();
      return live;
    } catch (error) {
      live.close();
      throw error;
    }
  }

  /** Hits that wait for the reader. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** The reader has these. */
  markSeen(hits: readonly Hit[]): void {
    for (const { id, indexedAt } of hits) this.#see(id, indexedAt);
  }

  /**
   * New hits, each once, until the signal is aborted. The index is asked only when the reader comes back for more. A store that is away for a
   * while is asked again.
   */
  async *news(signal: AbortSignal): AsyncGenerator<News> {
    let polledAtMs = performance.now();
    while (!signal.aborted) {
      const pollMs = this.#options.feed.isFollowing ? pollBesideMs : pollAloneMs;
      if (this.#waiting.length === 0) await this.#somethingOr(polledAtMs + pollMs - performance.now(), signal);
      if (signal.aborted) return;
      if (performance.now() - polledAtMs >= pollMs) {
        const found = await this.#poll().catch(() => []);
        this.#waiting.push(...found);
        polledAtMs = performance.now();
      }
      const hits = this.#waiting.splice(0).filter(({ id }) => this.#options.reader.mayRead(id));
      const skipped = this.#skipped;
      this.#skipped = 0;
      if (hits.length > 0 || skipped > 0) yield { hits, skipped };
    }
  }

  close(): void {
    this.#leave();
    this.#wake?.();
  }

  #offer({ hit, searchable }: FeedTweet): void {
    if (this.#seen.has(hit.id) || !this.#options.reader.mayRead(hit.id)) return;
    const highlight = this.#match?.highlight(searchable);
    if (this.#match !== undefined && highlight === undefined) return;
    if (this.#waiting.length >= waitingHitsMax) {
      this.#waiting.shift();
      this.#skipped += 1;
    }
    this.#see(hit.id, Date.now());
    this.#waiting.push(highlight === undefined ? hit : { ...hit, highlight });
    this.#wake?.();
  }

  #see(id: string, indexedAt: number): void {
    this.#seen.set(id, indexedAt);
    if (this.#seen.size > seenMax) this.#seen.delete(this.#seen.keys().next().value!);
  }

  async #somethingOr(ms: number, signal: AbortSignal): Promise<void> {
    if (ms <= 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    const timer = setTimeout(wake, ms);
    this.#wake = wake;
    signal.addEventListener('abort', wake, { once: true });
    await promise;
    signal.removeEventListener('abort', wake);
    this.#wake = undefined;
    clearTimeout(timer);
  }

  async #poll(): Promise<Hit[]> {
    const { feed, reader, search, text } = this.#options;
    this.#newestMs = Math.max(this.#newestMs, Date.now() - quietMs);
    const sinceMs = this.#newestMs - overlapMs;
    const words = { ...(text === undefined ? {} : { text }), readable: reader.readable() };
    // Nearly always the feed has given all, and the answer is empty.
    const exceptRecords = feed.given(this.#since);
    const entries = await search.entries({ ...words, exceptRecords, indexedSince: sinceMs, limit: pollHits });
    for (const [id, indexedAt] of this.#seen) if (indexedAt < sinceMs) this.#seen.delete(id);
    const isGiven = ({ record }: Entry): boolean => record !== undefined && feed.hasGiven(record, this.#since);
    const ids = entries.filter((entry) => !this.#seen.has(entry.id) && !isGiven(entry)).map(({ id }) => id);
    const news = ids.length === 0 ? [] : await this.#read(ids, words);
    this.markSeen(news);
    this.#newestMs = Math.max(this.#newestMs, ...entries.slice(0, 1).map(({ indexedAt }) => indexedAt));
    return news;
  }

  /** Oldest first. */
  async #read(ids: readonly string[], words: Pick<Search, 'text' | 'readable'>): Promise<Hit[]> {
    const { hits } = await this.#options.search.find({ ...words, ids, order: 'last-indexed', limit: ids.length });
    return hits.filter(({ id }) => !this.#seen.has(id)).reverse();
  }
}
