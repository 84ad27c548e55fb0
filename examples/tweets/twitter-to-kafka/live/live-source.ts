import { pause as realPause } from '../../common/back-off.ts';
import { decimal, type Environment, list } from '../../common/settings.ts';
import { reasonOf, TweetsError } from '../../common/tweets-error.ts';
import type { Source, SourcedTweet } from '../source.ts';
import { type Feed, FeedError, type FeedEvent } from './feed.ts';
import { keywordFilter } from './keyword-filter.ts';
import { RecentKeys } from './recent-keys.ts';
import { ReconnectDelays } from './reconnect-delays.ts';

const recentKeysMax = 100_000;
const reportedMax = 20;
const batchMax = 500;
/** A server that accepts and hangs up, again and again, is not asked again at once: a connection was of use when it lasted so long. */
const lastingMs = 10_000;
/** No post of any of these servers is so long. A record of the log has 1 MiB at most, and one that it refuses would hold up the rest. */
const textCharactersMax = 64 * 1024;
const keyCharactersMax = 2_048;
/** A post may be imported, or its maker's clock be wrong: a time that is further in the future is not believed. */
const futureMaxMs = 5 * 60_000;

/** What a test puts in the place of time. */
export interface LiveSourceOptions {
  pause?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Milliseconds that never go back. */
  nowMs?: () => number;
  /** Epoch milliseconds, as the machine is set. */
  dateMs?: () => number;
  /** Rings once after so long, unless the function that it gives is called before. */
  setAlarm?: (ms: number, ring: () => void) => () => void;
}

/**
 * A feed as a source: connects again and again, from where the log is; gives each post once, and only those with a keyword; not faster
 * than HEADWATER_TWEETS_RATE_MAX a second, which holds the feed back.
 */
export function liveSource(feed: Feed, env: Environment, options: LiveSourceOptions = {}): Source {
  const { pause = realPause, nowMs = systemNowMs, dateMs = Date.now, setAlarm = systemAlarm } = options;
  const perSecondMax = decimal(env, 'HEADWATER_TWEETS_RATE_MAX', 1_000, 0.01, 100_000);
  const keywords = list(env, 'HEADWATER_TWEETS_KEYWORDS', []);
  const isWanted = keywordFilter(keywords);
  const counts = {
    posts: 0,
    given: 0,
    filtered: 0,
    duplicates: 0,
    deletions: 0,
    edits: 0,
    others: 0,
    bad: 0,
    connections: 0,
    failures: 0,
  };
  let isConnected = false;
  let lastFailure: string | undefined;
  let lastEventAt: string | undefined;

  return {
    identity: feed.identity,
    health: () => ({
      isUp: isConnected,
      details: {
        source: feed.name,
        ...counts,
        ...(lastEventAt && { lastEventAt }),
        ...(lastFailure && { lastFailure }),
      },
    }),
    figures() {
      const { bad, deletions, duplicates, edits, failures, filtered, others, posts } = counts;
      return {
        polled: posts + deletions + edits + others + bad,
        skipped: { filtered, duplicate: duplicates, deletion: deletions, edit: edits, other: others, bad },
        retries: failures,
        ...(lastEventAt !== undefined && { lastPollMs: Date.parse(lastEventAt) }),
      };
    },
    async *batches(signal, logger, written) {
      const keys = new RecentKeys(recentKeysMax, written.keys);
      const delays = new ReconnectDelays();
      let cursor = written.after === undefined ? feed.firstCursor?.(dateMs()) : BigInt(written.after);
      /** All up to here is on the log: it is written into the next records. */
      let acknowledged = cursor;
      let attempt = 0;
      let dueAtMs = nowMs();
      logger.info({ source: feed.name, keywords, perSecondMax }, 'reading tweets');

      const take = (events: FeedEvent[], batch: SourcedTweet[]): void => {
        const atMs = dateMs();
        const cursorMax = feed.cursorMax?.(atMs);
        for (const given of events) {
          const event = given.kind === 'post' ? checked(given, atMs) : given;
          if (event.kind === 'bad') {
            counts.bad += 1;
            if (counts.bad <= reportedMax)
              logger.warn({ source: feed.name, reason: event.reason }, 'not a tweet: left out');
            continue;
          }
          const isFurther = event.cursor !== undefined && (cursor === undefined || event.cursor > cursor);
          if (isFurther && (cursorMax === undefined || event.cursor! <= cursorMax)) {
            // Nothing is known of what was before the first one, and nobody asked for it.
            acknowledged ??= event.cursor! - 1n;
            cursor = event.cursor;
          }
          if (event.kind !== 'post') {
            counts[countOf[event.kind]] += 1;
            continue;
          }
          counts.posts += 1;
          if (!isWanted(event.tweet.text)) counts.filtered += 1;
          else if (!keys.add(event.key)) counts.duplicates += 1;
          else {
            counts.given += 1;
            const after = acknowledged === undefined ? {} : { after: String(acknowledged) };
            batch.push({ tweet: event.tweet, place: { key: event.key, ...after } });
          }
        }
      };

      try {
        while (!signal.aborted) {
          let connectedAtMs: number | undefined;
          let failure: unknown;
          const hangUp = new AbortController();
          try {
            const either = AbortSignal.any([signal, hangUp.signal]);
            const connection = feed.connect({
              after: cursor,
              attempt: attempt++,
              signal: either,
              logger,
              nowMs: dateMs(),
            });
            for await (const events of untilSilent(connection, feed.silenceMaxMs, setAlarm)) {
              if (connectedAtMs === undefined) {
                connectedAtMs = nowMs();
                counts.connections += 1;
                isConnected = true;
                logger.info(
                  { source: feed.name, after: cursor === undefined ? undefined : String(cursor) },
                  'connected',
                );
              }
              if (events.length === 0) continue;
              lastEventAt = new Date(dateMs()).toISOString();
              for (let start = 0; start < events.length; start += batchMax) {
                const batch: SourcedTweet[] = [];
                take(events.slice(start, start + batchMax), batch);
                if (batch.length > 0) {
                  yield batch;
                  const writtenAtMs = nowMs();
                  dueAtMs = Math.max(dueAtMs, writtenAtMs - 1_000) + (batch.length * 1_000) / perSecondMax;
                  if (dueAtMs > writtenAtMs) await pause(dueAtMs - writtenAtMs, signal);
                }
                // Whoever asks for the next batch has the acknowledgement of this one.
                if (cursor !== undefined) acknowledged = cursor;
                if (signal.aborted) return;
              }
            }
            failure = new FeedError('network', 'the server closed the connection');
          } catch (error) {
            failure = error;
          } finally {
            hangUp.abort();
          }
          isConnected = false;
          if (signal.aborted) return;
          const hasLasted = connectedAtMs !== undefined && nowMs() - connectedAtMs >= lastingMs;
          lastFailure = reasonOf(failure);
          counts.failures += 1;
          if (failure instanceof TweetsError) throw failure;
          if (failure instanceof FeedError && failure.kind === 'refused') {
            throw new TweetsError('HW_TWEETS_SOURCE', `${feed.name}: ${failure.message}`, failure);
          }
          const retryInMs = delays.next(failure, hasLasted);
          logger.warn({ source: feed.name, retryInMs, reason: lastFailure }, 'the feed broke off, connects again');
          await pause(retryInMs, signal);
        }
      } finally {
        isConnected = false;
        logger.info({ source: feed.name, ...counts }, 'no more tweets are read');
      }
    },
  };
}

const countOf = { deletion: 'deletions', edit: 'edits', other: 'others' } as const;

const systemNowMs = (): number => performance.now();

function systemAlarm(ms: number, ring: () => void): () => void {
  const timer = setTimeout(ring, ms);
  return () => clearTimeout(timer);
}

/** The post as it may be written; bad when nothing could take it. */
function checked(post: FeedEvent & { kind: 'post' }, nowMs: number): FeedEvent {
  const { key, tweet } = post;
  if (key.length > keyCharactersMax) return { kind: 'bad', reason: 'its name is too long' };
  if (tweet.text.length > textCharactersMax) {
    return { kind: 'bad', reason: `${key}: ${tweet.text.length} characters of text` };
  }
  if (tweet.createdAt <= nowMs + futureMaxMs) return post;
  return { ...post, tweet: { ...tweet, createdAt: Math.floor(nowMs) } };
}

/** The events of a connection; fails when nothing comes for so long. The time in which the events are worked on does not count. */
async function* untilSilent(
  connection: AsyncIterable<FeedEvent[]>,
  silenceMaxMs: number,
  setAlarm: NonNullable<LiveSourceOptions['setAlarm']>,
): AsyncGenerator<FeedEvent[]> {
  const events = connection[Symbol.asyncIterator]();
  let hasEnded = false;
  try {
    while (true) {
      const next = events.next();
      const silence = Promise.withResolvers<never>();
      const message = `nothing came for ${silenceMaxMs} ms`;
      const stopAlarm = setAlarm(silenceMaxMs, () => silence.reject(new FeedError('network', message)));
      next.catch(() => {});
      const result = await Promise.race([next, silence.promise]).finally(stopAlarm);
      if (result.done) {
        hasEnded = true;
        return;
      }
      yield result.value;
    }
  } finally {
    // A generator that waits cannot be ended from here: the feed's own signal does that.
    if (!hasEnded) void events.return?.()?.catch(() => {});
  }
}
