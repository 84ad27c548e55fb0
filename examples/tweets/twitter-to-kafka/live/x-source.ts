import { type Environment, httpUrl, integer, list, text } from '../../common/settings.ts';
import { TweetsError } from '../../common/tweets-error.ts';
import { LineCutter } from '../cut-lines.ts';
import type { Source } from '../source.ts';
import { type Feed, FeedError, type FeedEvent } from './feed.ts';
import { ask, chunksOf } from './http-feed.ts';
import { fieldsOf, idOf, langOf, textOf } from './json-value.ts';
import { type LiveSourceOptions, liveSource } from './live-source.ts';
import { syncRules } from './x-rules.ts';

const lineBytesMax = 1024 * 1024;
/** The machine's clock may be a little wrong. */
const clockErrorMaxMs = 5 * 60_000;

/**
 * Posts of X with one of the keywords, by the filtered stream of its API v2. The token is HEADWATER_TWEETS_X_BEARER_TOKEN of the
 * environment; HEADWATER_TWEETS_X_BACKFILL_MINUTES (0 to 5; only some accounts may) is how far back a new connection may reach.
 */
export function xSource(env: Environment, given: Environment, options?: LiveSourceOptions): Source {
  // What the rules let through is what was asked for: their words are found where a text does not have them (in a link's title).
  return liveSource(xFeed(env, given), { ...env, HEADWATER_TWEETS_KEYWORDS: '' }, options);
}

export function xFeed(env: Environment, given: Environment, silenceMaxMs = 25_000): Feed {
  const url = httpUrl(env, 'HEADWATER_TWEETS_X_URL', 'https://api.x.com');
  const token = text(given, 'HEADWATER_TWEETS_X_BEARER_TOKEN', '');
  const keywords = list(env, 'HEADWATER_TWEETS_KEYWORDS', []);
  const backfillMinutesMax = integer(env, 'HEADWATER_TWEETS_X_BACKFILL_MINUTES', 0, 0, 5);
  if (token === '') {
    throw new TweetsError(
      'HW_TWEETS_CONFIG',
      'HEADWATER_TWEETS_X_BEARER_TOKEN is not set: X answers nobody without one',
    );
  }
  if (keywords.length === 0) {
    throw new TweetsError('HW_TWEETS_CONFIG', 'HEADWATER_TWEETS_KEYWORDS is not set: X streams what has one of them');
  }
  return {
    name: 'x',
    identity: 'x',
    silenceMaxMs,
    cursorMax: (nowMs) => BigInt(Math.floor(nowMs + clockErrorMaxMs)),
    async *connect({ after, signal, logger, nowMs }) {
      await syncRules({ url, token, keywords, signal, logger });
      const query = new URLSearchParams({ 'tweet.fields': 'created_at,lang,author_id' });
      // The cursor is the time of the newest post.
      const gapMinutes = after === undefined ? 0 : Math.ceil((nowMs - Number(after)) / 60_000);
      const backfillMinutes = Math.min(backfillMinutesMax, Math.max(0, gapMinutes));
      if (backfillMinutes > 0) query.set('backfill_minutes', String(backfillMinutes));
      const response = await ask(`${url}/2/tweets/search/stream?${query}`, {
        token,
        signal,
        accept: 'application/json',
      });
      yield [];
      const cutter = new LineCutter(lineBytesMax);
      for await (const chunk of chunksOf(response)) {
        const events: FeedEvent[] = [];
        let end: FeedError | undefined;
        for (const line of cutter.push(chunk)) {
          const read = readLine(line);
          if (read instanceof FeedError) end = read;
          else if (read !== undefined) events.push(read);
        }
        yield events;
        if (end !== undefined) throw end;
      }
    },
  };
}

/** A line of the stream: a post, nothing (a sign of life, each 20 s), or why the server hangs up. */
export function readLine(line: Buffer | undefined): FeedEvent | FeedError | undefined {
  if (line === undefined) return { kind: 'bad', reason: `longer than ${lineBytesMax} bytes` };
  const json = line.toString('utf8').trim();
  if (json === '') return undefined;
  let message: Readonly<Record<string, unknown>>;
  try {
    message = fieldsOf(JSON.parse(json));
  } catch {
    return { kind: 'bad', reason: 'not JSON' };
  }
  if (message['data'] === undefined) {
    const problem = fieldsOf(Array.isArray(message['errors']) ? message['errors'][0] : message);
    const title = textOf(problem['title']);
    if (title === undefined) return { kind: 'bad', reason: 'neither a post nor an error' };
    const isLimit = problem['connection_issue'] === 'TooManyConnections';
    return new FeedError(isLimit ? 'limit' : 'network', `${title}: ${textOf(problem['detail']) ?? 'no detail'}`);
  }
  const post = fieldsOf(message['data']);
  const id = idOf(post['id']);
  if (id === undefined) return { kind: 'bad', reason: 'a post without id' };
  const userId = idOf(post['author_id']);
  const createdAt = Date.parse(String(post['created_at']));
  if (userId === undefined) return { kind: 'bad', reason: `${id}: no author_id` };
  if (Number.isNaN(createdAt)) return { kind: 'bad', reason: `${id}: no created_at` };
  const said = textOf(post['text']);
  if (said === undefined) return { kind: 'bad', reason: `${id}: no text` };
  const tweet = { id, userId, text: said, createdAt, ...langOf(post['lang']) };
  return { kind: 'post', key: id, cursor: BigInt(createdAt), tweet };
}
