import { pause } from '../common/back-off.ts';
import type { Hit, TweetSearch } from './tweet-search.ts';

const pollMs = 400;
/** A store shows what it took with a delay, and not in order: that far back it is looked again. */
const overlapMs = 3_000;
/** Hits looked at in one poll. A feed with more in `overlapMs` gets the newest of them only. */
const pollHits = 1_000;

/**
 * New hits as they become visible, oldest first, each once, until the signal is aborted. `shown` are ids that the reader has
 * already. A store that is away for a while is asked again.
 */
export async function* liveHits(
  search: TweetSearch,
  text: string | undefined,
  shown: Iterable<string>,
  signal: AbortSignal,
): AsyncGenerator<Hit[]> {
  let newestMs = Date.now();
  const seen = new Map<string, number>();
  for (const id of shown) seen.set(id, newestMs);
  while (!signal.aborted) {
    await pause(pollMs, signal);
    if (signal.aborted) return;
    const sinceMs = newestMs - overlapMs;
    const found = await search
      .find({ ...(text === undefined ? {} : { text }), indexedSince: sinceMs, order: 'last-indexed', limit: pollHits })
      .catch(() => undefined);
    if (found === undefined) continue;
    for (const [id, indexedAt] of seen) if (indexedAt < sinceMs) seen.delete(id);
    const news = found.hits.filter(({ id }) => !seen.has(id)).reverse();
    for (const { id, indexedAt } of news) {
      seen.set(id, indexedAt);
      newestMs = Math.max(newestMs, indexedAt);
    }
    if (news.length > 0) yield news;
  }
}
