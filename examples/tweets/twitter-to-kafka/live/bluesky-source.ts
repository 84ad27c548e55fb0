import type { Environment } from '../../common/settings.ts';
import { list } from '../../common/settings.ts';
import { TweetsError } from '../../common/tweets-error.ts';
import type { Source } from '../source.ts';
import type { Feed, FeedEvent } from './feed.ts';
import { fieldsOf, langOf, textOf } from './json-value.ts';
import { type LiveSourceOptions, liveSource } from './live-source.ts';
import { stableId, tidNumber } from './stable-id.ts';
import { webSocketMessages } from './web-socket-messages.ts';

const collection = 'app.bsky.feed.post';
const hosts = ['jetstream2.us-east', 'jetstream1.us-east', 'jetstream1.us-west', 'jetstream2.us-west'];
/** Each instance has times of its own: going on at another one, or after a break, begins so much earlier. */
const rewindUs = 5_000_000n;
/** An instance's clock may be a little wrong. */
const clockErrorMaxMs = 24 * 60 * 60_000;

/** Posts of Bluesky, by Jetstream: HEADWATER_TWEETS_BLUESKY_URLS names its instances, one is used until it fails. */
export function blueskySource(env: Environment, options?: LiveSourceOptions): Source {
  return liveSource(blueskyFeed(env), env, options);
}

export function blueskyFeed(env: Environment, silenceMaxMs = 30_000): Feed {
  const urls = list(
    env,
    'HEADWATER_TWEETS_BLUESKY_URLS',
    hosts.map((host) => `wss://${host}.bsky.network/subscribe`),
  );
  for (const url of urls) {
    if (URL.canParse(url) && /^wss?:$/.test(new URL(url).protocol)) continue;
    throw new TweetsError(
      'HW_TWEETS_CONFIG',
      `HEADWATER_TWEETS_BLUESKY_URLS has "${url}": give addresses such as wss://${hosts[0]}.bsky.network/subscribe`,
    );
  }
  let at = 0;
  return {
    name: 'bluesky',
    identity: 'bluesky',
    silenceMaxMs,
    // The first connection that breaks must not lose what was posted meanwhile.
    firstCursor: (nowMs) => BigInt(Math.floor(nowMs)) * 1_000n,
    cursorMax: (nowMs) => BigInt(Math.floor(nowMs + clockErrorMaxMs)) * 1_000n,
    async *connect({ after, signal }) {
      // One that only accepts connections, and says nothing, is no better than one that does not: the next is used unless this one speaks.
      const here = at % urls.length;
      at = here + 1;
      const url = new URL(urls[here]!);
      url.searchParams.set('wantedCollections', collection);
      if (after !== undefined) url.searchParams.set('cursor', String(after > rewindUs ? after - rewindUs : 0n));
      for await (const messages of webSocketMessages(url, signal)) {
        if (messages.length > 0) at = here;
        yield messages.map(readEvent);
      }
    },
  };
}

/** An event of Jetstream: `{did, time_us, kind: "commit", commit: {operation, collection, rkey, record}}`. */
export function readEvent(json: string): FeedEvent {
  let event: Readonly<Record<string, unknown>>;
  try {
    event = fieldsOf(JSON.parse(json));
  } catch {
    return { kind: 'bad', reason: 'not JSON' };
  }
  const timeUs = event['time_us'];
  const did = textOf(event['did']);
  if (typeof timeUs !== 'number' || !Number.isSafeInteger(timeUs) || timeUs <= 0) {
    return { kind: 'bad', reason: 'no time_us' };
  }
  const cursor = BigInt(timeUs);
  const commit = fieldsOf(event['commit']);
  if (event['kind'] !== 'commit' || commit['collection'] !== collection) return { kind: 'other', cursor };
  const operation = commit['operation'];
  if (operation !== 'create') {
    return { kind: operation === 'delete' ? 'deletion' : operation === 'update' ? 'edit' : 'other', cursor };
  }
  const rkey = textOf(commit['rkey']);
  const record = fieldsOf(commit['record']);
  if (did === undefined || rkey === undefined) return { kind: 'bad', reason: 'a post without did or rkey' };
  if (typeof record['text'] !== 'string') return { kind: 'bad', reason: `${did}/${rkey}: no text` };
  // A picture alone.
  if (record['text'].trim() === '') return { kind: 'other', cursor };
  const arrivedMs = Math.floor(timeUs / 1_000);
  const saidMs = Date.parse(String(record['createdAt']));
  const langs = record['langs'];
  return {
    kind: 'post',
    key: `${did}/${rkey}`,
    cursor,
    tweet: {
      id: tidNumber(rkey) ?? stableId(`${did}/${rkey}`),
      userId: stableId(did),
      text: record['text'],
      createdAt: saidMs >= 0 ? saidMs : arrivedMs,
      ...langOf(Array.isArray(langs) ? langs[0] : undefined),
    },
  };
}
