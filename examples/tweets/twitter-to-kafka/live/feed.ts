import type { Logger } from '@headwater/logger';
import type { Tweet } from '../../common/tweet.ts';

/** What comes from a live feed. */
export type FeedEvent =
  | {
      kind: 'post';
      /** Names the post at its source. */
      key: string;
      /** Where the feed is after it. */
      cursor?: bigint;
      tweet: Tweet;
    }
  /** Not to be written, `other` such as a post without text. It may move the feed on. */
  | { kind: 'deletion' | 'edit' | 'other'; cursor?: bigint }
  /** Cannot be read. */
  | { kind: 'bad'; reason: string };

/** A server that somebody else runs, which sends posts as they are made. */
export interface Feed {
  name: string;
  /** Stands in the records, so that the next life goes on where this one was. */
  identity: string;
  /** Nothing at all for so long, not even a sign of life, is a dead connection. */
  silenceMaxMs: number;
  /**
   * One connection, from a little before the cursor on (from now on when there is none), until it breaks: events as they come, an empty
   * list for a sign of life. Throws FeedError.
   */
  connect(options: {
    after: bigint | undefined;
    attempt: number;
    signal: AbortSignal;
    logger: Logger;
    /** Epoch milliseconds. */
    nowMs: number;
  }): AsyncIterable<FeedEvent[]>;
  /** The cursor to begin with when nothing was ever written, if the feed has one. */
  firstCursor?(nowMs: number): bigint;
  /** A cursor further than this is a server's mistake: going on from there would leave out what comes before it. */
  cursorMax?(nowMs: number): bigint;
}

/** Why a feed broke off: `network` (also an end without a word), `server` (5xx), `limit` (429) or `refused` (waiting does not mend it). */
export class FeedError extends Error {
  readonly kind: 'network' | 'server' | 'limit' | 'refused';
  /** The server said when to come again. */
  readonly retryAfterMs: number | undefined;

  constructor(kind: FeedError['kind'], message: string, options: { retryAfterMs?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'FeedError';
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs;
  }
}
