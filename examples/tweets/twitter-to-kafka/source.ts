import type { Logger } from '@headwater/logger';
import type { Tweet } from '../common/tweet.ts';

/** A tweet, and the line of the file that it was read from. */
export interface SourcedTweet {
  tweet: Tweet;
  line?: number;
}

/** Where tweets come from. */
export interface Source {
  /** Names a source that starts from the beginning each time, so that what it wrote before is not written again. */
  identity?: string;
  /** Tweets in batches, each when it is due. Ends with the source, or when the signal is aborted. */
  batches(signal: AbortSignal, logger: Logger): AsyncIterable<SourcedTweet[]>;
}
