import { silentLogger } from '@headwater/logger';
import { nothingWritten, type Written } from '../../places-written.ts';
import type { Source, SourcedTweet } from '../../source.ts';

/** The first so many tweets; all of the batch that the last one is in. */
export async function take(
  source: Source,
  count: number,
  { written = nothingWritten, logger = silentLogger }: { written?: Written; logger?: typeof silentLogger } = {},
): Promise<SourcedTweet[]> {
  const stop = new AbortController();
  const tweets: SourcedTweet[] = [];
  for await (const batch of source.batches(stop.signal, logger, written)) {
    tweets.push(...batch);
    if (tweets.length < count) continue;
    stop.abort();
    break;
  }
  return tweets;
}

export const textsOf = (tweets: readonly SourcedTweet[]): string[] => tweets.map(({ tweet }) => tweet.text);
