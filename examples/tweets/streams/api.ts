import { type HttpContext, HttpError } from '@headwater/http';
import { pause } from '../common/back-off.ts';
import type { PoisonPolicy } from '../common/poison.ts';
import type { TweetsService } from '../common/service.ts';
import { reasonOf } from '../common/tweets-error.ts';
import type { WordCounts } from './word-counts.ts';

/** What the HTTP side sees of the service. */
export interface Counting {
  state: 'starting' | 'restoring' | 'active' | 'stopped';
  /** Of all words, as they were written. */
  counts: WordCounts;
  /** Of one word, from the state of the instance that counts it; rejects when that cannot be asked at the moment. */
  countOf(word: string, signal: AbortSignal): Promise<number>;
  poison: PoisonPolicy;
}

const mediaTypeV1 = 'application/vnd.api.v1+json';
const json = { 'content-type': 'application/json; charset=utf-8' };
const updateIntervalMs = 500;
const topMax = 1_000;

/** Adds what streams answers over HTTP. */
export function addApi(service: TweetsService, counting: Counting): void {
  service.route(
    'GET /get-word-count-by-word/:word',
    { summary: 'How often a word was tweeted', produces: mediaTypeV1 },
    async ({ http, params, signal }) => {
      ready(counting, http);
      const word = params.word.toLowerCase();
      const wordCount = await counting.countOf(word, signal).catch((error: unknown) => {
        throw notReady(http, counting.state, reasonOf(error));
      });
      service.log.info({ word, wordCount }, 'the count of a word was asked for');
      return { word, wordCount };
    },
  );

  service.route('GET /top-words', { summary: 'The most frequent words, once or as events' }, ({ http }) => {
    const limit = wholeNumber(http, 'limit', 20, 1, topMax);
    const minLength = wholeNumber(http, 'minLength', 1, 1, 100);
    if (/\btext\/event-stream\b/.test(http.req.headers.accept ?? ''))
      return streamTopWords(http, counting, limit, minLength);
    return http.send(200, topWords(ready(counting, http), limit, minLength), json);
  });

  service.health('counts', () => {
    const { state, counts, poison } = counting;
    const { skippedRecords } = poison;
    const status = state === 'stopped' ? 'DOWN' : state === 'active' ? 'UP' : 'STARTING';
    const { distinctWords, totalWords } = counts;
    return { status, details: { state, distinctWords, totalWords, skippedRecords } };
  });
}

/** Sends the top words now and whenever they change, at most twice a second; a slow reader gets fewer, newer ones. */
async function streamTopWords(ctx: HttpContext, counting: Counting, limit: number, minLength: number): Promise<void> {
  const stream = ctx.sse();
  const { signal } = ctx;
  let sent: unknown;
  while (!stream.isClosed && !signal.aborted) {
    const { counts, state } = counting;
    const version = `${state} ${counts.distinctWords} ${counts.version}`;
    if (state === 'active' && version !== sent) {
      sent = version;
      const isKeepingUp = stream.send({
        event: 'top-words',
        data: topWords(counts, limit, minLength),
      });
      if (!isKeepingUp) await stream.drained();
    }
    await pause(updateIntervalMs, signal);
  }
}

const newest = new WeakMap<WordCounts, { version: number; json: Map<string, string> }>();

/** The top words as JSON; worked out once for all who ask for the same between two changes. */
function topWords(counts: WordCounts, limit: number, minLength: number): string {
  const { version, totalWords, distinctWords } = counts;
  let cached = newest.get(counts);
  if (cached?.version !== version) newest.set(counts, (cached = { version, json: new Map() }));
  const key = `${limit} ${minLength}`;
  let json = cached.json.get(key);
  if (json === undefined) {
    json = JSON.stringify({ words: counts.top(limit, minLength), totalWords, distinctWords });
    cached.json.set(key, json);
  }
  return json;
}

function ready({ state, counts }: Counting, ctx: HttpContext): WordCounts {
  if (state === 'active') return counts;
  throw notReady(ctx, state, `the counts are not there yet (${state})`);
}

function notReady(ctx: HttpContext, state: Counting['state'], reason: string): HttpError {
  ctx.res.setHeader('retry-after', '1');
  return new HttpError(503, 'HW_TWEETS_NOT_READY', `${reason}: ask again in a second`, { state });
}

function wholeNumber(ctx: HttpContext, name: string, fallback: number, min: number, max: number): number {
  const value = ctx.query.get(name);
  if (value === null) return fallback;
  const number = Number(value);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw new HttpError(400, 'HW_TWEETS_QUERY', `${name} is "${value}": give a whole number from ${min} to ${max}`);
}
