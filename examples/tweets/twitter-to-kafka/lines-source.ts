import { createReadStream } from 'node:fs';
import { pause } from '../common/back-off.ts';
import { choice, decimal, type Environment, text } from '../common/settings.ts';
import { TweetsError } from '../common/tweets-error.ts';
import { fileIdentity } from './file-identity.ts';
import { readLines } from './json-lines.ts';
import { pace } from './pace.ts';
import type { Source, SourcedTweet } from './source.ts';

const reportedLinesMax = 20;
const batchMax = 500;

/** Tweets as JSON lines from the file HEADWATER_TWEETS_FILE. Throws HW_TWEETS_FILE when it cannot be read. */
export async function fileSource(env: Environment): Promise<Source> {
  const path = text(env, 'HEADWATER_TWEETS_FILE', '');
  if (path === '') {
    throw new TweetsError(
      'HW_TWEETS_CONFIG',
      'HEADWATER_TWEETS_FILE is not set: give the path of a file of JSON lines',
    );
  }
  const identity = await fileIdentity(path).catch((error: Error) => {
    throw new TweetsError('HW_TWEETS_FILE', `HEADWATER_TWEETS_FILE cannot be read: ${error.message}`, error);
  });
  return { identity, ...linesSource(env, identity, () => createReadStream(path)) };
}

/** Tweets as JSON lines from standard input. */
export function stdinSource(env: Environment): Source {
  return linesSource(env, 'standard input', () => process.stdin);
}

function linesSource(
  env: Environment,
  name: string,
  openInput: () => NodeJS.ReadableStream & { destroy(): unknown },
): Source {
  const tweetsPerSecond = decimal(env, 'HEADWATER_TWEETS_RATE', 8, 0.01, 100_000);
  const pacing = choice(env, 'HEADWATER_TWEETS_PACE', ['rate', 'realtime', 'fast'], 'rate');
  let lines = 0;
  let badLines = 0;
  let repeats = 0;
  return {
    figures: () => ({ polled: lines, skipped: { bad: badLines, repeat: repeats } }),
    async *batches(signal, logger, { allLinesUpTo }) {
      logger.info({ source: name, pacing, ...(pacing === 'rate' ? { tweetsPerSecond } : {}) }, 'reading tweets');
      const input = openInput();
      const stop = (): void => void input.destroy();
      signal.addEventListener('abort', stop, { once: true });

      async function* tweets(): AsyncGenerator<SourcedTweet> {
        for await (const line of readLines(input as AsyncIterable<Buffer>)) {
          lines += 1;
          // What was written before is not waited for again.
          if (line.number <= allLinesUpTo) {
            repeats += 1;
            continue;
          }
          if ('tweet' in line) {
            yield { tweet: line.tweet, line: line.number };
            continue;
          }
          badLines += 1;
          if (badLines > reportedLinesMax) continue;
          logger.warn({ source: name, line: line.number, reason: line.mistake }, 'not a tweet: left out');
        }
      }

      try {
        if (pacing === 'rate') yield* byRate(tweets(), tweetsPerSecond, signal);
        else if (pacing === 'realtime') yield* byTheirTimes(tweets(), signal);
        else yield* inBatches(tweets());
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        signal.removeEventListener('abort', stop);
        input.destroy();
        logger.info({ source: name, lines, badLines }, 'no more lines are read');
      }
    },
  };
}

async function* byRate(tweets: AsyncIterator<SourcedTweet>, perSecond: number, signal: AbortSignal) {
  for await (const due of pace(perSecond, signal)) {
    const batch: SourcedTweet[] = [];
    while (batch.length < due) {
      const next = await tweets.next();
      if (next.done) {
        if (batch.length > 0) yield batch;
        return;
      }
      batch.push(next.value);
    }
    yield batch;
  }
}

/** With the gaps that the tweets' own times have. */
async function* byTheirTimes(tweets: AsyncIterable<SourcedTweet>, signal: AbortSignal) {
  let lagMs: number | undefined;
  let batch: SourcedTweet[] = [];
  for await (const sourced of tweets) {
    lagMs ??= Date.now() - sourced.tweet.createdAt;
    const waitMs = sourced.tweet.createdAt + lagMs - Date.now();
    if (batch.length >= batchMax || (waitMs > 0 && batch.length > 0)) {
      yield batch;
      batch = [];
    }
    if (waitMs > 0) await pause(waitMs, signal);
    if (signal.aborted) return;
    batch.push(sourced);
  }
  if (batch.length > 0) yield batch;
}

async function* inBatches(tweets: AsyncIterable<SourcedTweet>) {
  let batch: SourcedTweet[] = [];
  for await (const sourced of tweets) {
    batch.push(sourced);
    if (batch.length < batchMax) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
