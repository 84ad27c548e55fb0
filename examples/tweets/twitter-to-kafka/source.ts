import type { SourceFigures } from '@headwater/connect';
import type { Logger } from '@headwater/logger';
import type { Tweet } from '../common/tweet.ts';
import type { Written } from './places-written.ts';

/** A tweet, and where its source has it. */
export interface SourcedTweet {
  tweet: Tweet;
  /** The line of the file that it was read from. */
  line?: number;
  /** Of a live source. */
  place?: Place;
}

/** A tweet's place in a live source, which travels in its record. */
export interface Place {
  /** What the source calls it: what has one of these is written once. */
  key: string;
  /** All that the source gave up to this cursor has been acknowledged by the log; absent as long as nothing was. */
  after?: string;
}

/** Where tweets come from. */
export interface Source {
  /** Names a source that goes on where it was, so that what it wrote before is not written again. */
  identity?: string;
  /**
   * Tweets in batches, each when it is due. Ends with the source, or when the signal is aborted. The next batch is asked for when the
   * one before has been acknowledged: a source moves its place only then.
   */
  batches(signal: AbortSignal, logger: Logger, written: Written): AsyncIterable<SourcedTweet[]>;
  /** What was read, for the service's metrics; absent when all that was read was given. */
  figures?(): Pick<SourceFigures, 'polled' | 'skipped' | 'retries' | 'lastPollMs'>;
  /** How a connection to somebody else's server is doing; absent when there is none. */
  health?(): { isUp: boolean; details: Record<string, unknown> };
}
