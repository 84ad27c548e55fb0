import { type Environment, httpUrl, text } from '../../common/settings.ts';
import { LineCutter } from '../cut-lines.ts';
import type { Source } from '../source.ts';
import { type Feed, FeedError, type FeedEvent } from './feed.ts';
import { ask, chunksOf } from './http-feed.ts';
import { fieldsOf, idOf, langOf } from './json-value.ts';
import { type LiveSourceOptions, liveSource } from './live-source.ts';
import { plainText } from './plain-text.ts';
import { stableId } from './stable-id.ts';

const lineBytesMax = 4 * 1024 * 1024;
const pageMax = 40;
/** 10,000 posts: a gap that is larger is told, and goes on with the newest. */
const pagesMax = 250;
/** An id begins with the milliseconds at which its post was made, wherever that was: one that arrives late has an older id. */
const rewindIds = (5n * 60_000n) << 16n;

/**
 * Public posts that a Mastodon server sees, by its streaming API: HEADWATER_TWEETS_MASTODON_URL, and
 * HEADWATER_TWEETS_MASTODON_TOKEN of the environment, which most servers ask for.
 */
export function mastodonSource(env: Environment, given: Environment, options?: LiveSourceOptions): Source {
  return liveSource(mastodonFeed(env, given), env, options);
}

export function mastodonFeed(env: Environment, given: Environment, silenceMaxMs = 40_000): Feed {
  const url = httpUrl(env, 'HEADWATER_TWEETS_MASTODON_URL', 'https://mastodon.social');
  const streamUrl = httpUrl(env, 'HEADWATER_TWEETS_MASTODON_STREAMING_URL', url);
  const token = text(given, 'HEADWATER_TWEETS_MASTODON_TOKEN', '');
  return {
    name: 'mastodon',
    identity: `mastodon ${new URL(url).host}`,
    silenceMaxMs,
    async *connect({ after, signal, logger }) {
      // First the stream, then what came before it: nothing falls between.
      const accept = 'text/event-stream';
      const response = await ask(`${streamUrl}/api/v1/streaming/public`, { token, signal, accept });
      if (!response.headers.get('content-type')?.startsWith(accept)) {
        throw new FeedError('refused', `${streamUrl} is no streaming server: it does not answer with ${accept}`);
      }
      yield [];
      if (after !== undefined) {
        for await (const page of postsAfter(after > rewindIds ? after - rewindIds : 0n, signal)) yield page;
      }
      const events = new StreamEvents();
      for await (const chunk of chunksOf(response)) yield events.push(chunk);

      async function* postsAfter(id: bigint, aborted: AbortSignal): AsyncGenerator<FeedEvent[]> {
        let last = id;
        for (let pages = 0; pages < pagesMax; pages++) {
          // `min_id` gives those that come right after it; `since_id` alone would give the newest and leave a gap.
          const query = new URLSearchParams({ min_id: String(last), since_id: String(last), limit: String(pageMax) });
          const page = await ask(`${url}/api/v1/timelines/public?${query}`, {
            token,
            signal: aborted,
            accept: 'application/json',
          });
          const posts: unknown = await page.json().catch((error: unknown) => {
            throw new FeedError('network', 'the timeline is no JSON', { cause: error });
          });
          if (!Array.isArray(posts) || posts.length === 0) return;
          const ids = posts.map((post) => BigInt(idOf(fieldsOf(post)['id']) ?? 0));
          const newest = ids.reduce((a, b) => (b > a ? b : a));
          yield posts.map(readStatus).reverse();
          if (newest <= last) return;
          last = newest;
        }
        logger.warn({ source: 'mastodon', posts: pagesMax * pageMax }, 'a gap is larger than what is asked for');
      }
    },
  };
}

/** Server-sent events, from bytes that come in pieces of any size. */
class StreamEvents {
  readonly #cutter = new LineCutter(lineBytesMax);
  #event = '';
  #data: string[] = [];
  #isTooLong = false;

  push(chunk: Buffer): FeedEvent[] {
    const events: FeedEvent[] = [];
    for (const bytes of this.#cutter.push(chunk)) {
      if (bytes === undefined) {
        this.#isTooLong = true;
        continue;
      }
      const line = bytes.toString('utf8').replace(/\r$/, '');
      if (line === '') {
        if (this.#data.length > 0 || this.#isTooLong) events.push(this.#take());
        this.#event = '';
        continue;
      }
      const colon = line.indexOf(':');
      // `:)` at the beginning and `:thump` every 15 s are comments.
      if (colon === 0) continue;
      const field = colon === -1 ? line : line.slice(0, colon);
      const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'event') this.#event = value;
      else if (field === 'data') this.#data.push(value);
    }
    return events;
  }

  #take(): FeedEvent {
    const data = this.#data.join('\n');
    const isTooLong = this.#isTooLong;
    this.#data = [];
    this.#isTooLong = false;
    if (isTooLong) return { kind: 'bad', reason: `longer than ${lineBytesMax} bytes` };
    if (this.#event === 'delete') return { kind: 'deletion' };
    if (this.#event === 'status.update') return { kind: 'edit' };
    // Whatever else a server may tell.
    if (this.#event !== 'update') return { kind: 'other' };
    try {
      return readStatus(JSON.parse(data));
    } catch {
      return { kind: 'bad', reason: 'not JSON' };
    }
  }
}

/** A post as Mastodon has it. */
export function readStatus(value: unknown): FeedEvent {
  const status = fieldsOf(value);
  const given = status['id'];
  if (typeof given !== 'string' || given === '') return { kind: 'bad', reason: 'a post without id' };
  const id = idOf(given);
  const cursor = id === undefined ? {} : { cursor: BigInt(id) };
  const account = fieldsOf(status['account'])['id'];
  if (typeof account !== 'string' || account === '') return { kind: 'bad', reason: `${given}: no account` };
  if (typeof status['content'] !== 'string') return { kind: 'bad', reason: `${given}: no content` };
  const createdAt = Date.parse(String(status['created_at']));
  if (Number.isNaN(createdAt)) return { kind: 'bad', reason: `${given}: no created_at` };
  const said = plainText(status['content']);
  // A picture alone, or somebody else's post passed on.
  if (said === '' || (status['reblog'] !== null && status['reblog'] !== undefined)) return { kind: 'other', ...cursor };
  return {
    kind: 'post',
    key: given,
    ...cursor,
    tweet: {
      // Other servers that speak the protocol have ids that are no numbers.
      id: id ?? stableId(given),
      userId: idOf(account) ?? stableId(account),
      text: said,
      createdAt,
      ...langOf(status['language']),
    },
  };
}
