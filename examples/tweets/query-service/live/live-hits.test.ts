import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hit, TweetSearch } from '../tweet-search.ts';
import { LiveHits } from './live-hits.ts';
import { SearchableText } from './text-match.ts';
import type { FeedTweet, TweetFeed } from './tweet-feed.ts';

/** A feed that gives what it is told, and a store that is asked. */
function world(mayRead: (id: string) => boolean = () => true) {
  const readers = new Set<(tweet: FeedTweet) => void>();
  const state = { asked: 0 };
  const search = {
    entries: async () => {
      state.asked += 1;
      return [];
    },
    termsOf: async (text: string) => text.split(' '),
  } as unknown as TweetSearch;
  const feed = {
    isFollowing: true,
    positions: () => new Map(),
    given: () => [],
    hasGiven: () => false,
    follow(reader: (tweet: FeedTweet) => void) {
      readers.add(reader);
      return () => readers.delete(reader);
    },
  } as unknown as TweetFeed;
  const give = (id: string, text: string): void => {
    const hit = { id, userId: '1', text, createdAt: 0, indexedAt: 0 };
    for (const reader of readers) reader({ hit, searchable: new SearchableText(text) });
  };
  return { give, readers, state, options: { search, feed, reader: { mayRead, readable: () => undefined } } };
}

test('for a reader that does not come back hits wait up to a bound, and the store is not asked', async () => {
  const { give, options, readers, state } = world();
  const live = await LiveHits.open({ ...options, text: 'kafka' });
  const stop = new AbortController();
  const news = live.news(stop.signal);
  give('first', 'kafka');
  assert.deepEqual(
    (await news.next()).value!.hits.map(({ id }: Hit) => id),
    ['first'],
  );
  const asked = state.asked;
  for (let i = 0; i < 30_000; i += 1) give(String(i), i % 2 === 0 ? `kafka ${i}` : 'nothing');
  assert.equal(live.waiting, 2_000);
  assert.equal(state.asked, asked);
  const { hits, skipped } = (await news.next()).value!;
  assert.deepEqual([hits.length, skipped], [2_000, 13_000]);
  assert.deepEqual([hits[0]!.id, hits.at(-1)!.id], ['26000', '29998'], 'the oldest give way');
  assert.equal(hits[0]!.highlight, '<em>kafka</em> 26000');
  live.close();
  assert.equal(readers.size, 0);
  stop.abort();
  assert.equal((await news.next()).done, true);
});

test('what may not be read any more when the reader comes back is not given', async () => {
  const permitted = new Set(['1', '2']);
  const { give, options } = world((id) => permitted.has(id));
  const live = await LiveHits.open({ ...options, text: undefined });
  const stop = new AbortController();
  for (const id of ['1', '2', '3']) give(id, 'kafka');
  permitted.delete('1');
  const { hits } = (await live.news(stop.signal).next()).value!;
  assert.deepEqual(
    hits.map(({ id }: Hit) => id),
    ['2'],
  );
  live.close();
  stop.abort();
});

test('what was found is no news', async () => {
  const { give, options } = world();
  const live = await LiveHits.open({ ...options, text: undefined });
  live.markSeen([{ id: '1', userId: '1', text: 'kafka', createdAt: 0, indexedAt: 0 }]);
  for (const id of ['1', '2', '2']) give(id, 'kafka');
  assert.equal(live.waiting, 1);
  live.close();
});
