import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '@headwater/logger';
import { nothingWritten } from '../places-written.ts';
import { type Feed, FeedError, type FeedEvent } from './feed.ts';
import { keywordFilter } from './keyword-filter.ts';
import { liveSource } from './live-source.ts';
import { ReconnectDelays } from './reconnect-delays.ts';
import { take, textsOf } from './testing/take.ts';
import { TestTime } from './testing/test-time.ts';

test('a server that accepts and hangs up is asked ever more rarely, until a connection lasts', async () => {
  const time = new TestTime();
  let connections = 0;
  const feed = feedOf(async function* () {
    connections += 1;
    yield [];
    yield [post(connections)];
    if (connections === 5) time.advance(10_000);
    throw new FeedError('network', 'bye');
  });
  await take(liveSource(feed, {}, time), 8);
  // The first millisecond is the first post's, of a thousand a second.
  assert.deepEqual(time.pauses, [1, 250, 500, 750, 1_000, 0, 250, 500]);
});

test('what comes too fast is held back to the rate', async () => {
  const time = new TestTime();
  const feed = feedOf(async function* () {
    for (let number = 0; ; number += 100) yield Array.from({ length: 100 }, (_, at) => post(number + at));
  });
  const startMs = time.nowMs();
  const tweets = await take(liveSource(feed, { HEADWATER_TWEETS_RATE_MAX: '50' }, time), 1_000);
  assert.equal(tweets.length, 1_000);
  assert.equal(time.nowMs() - startMs, 18_000, 'the last hundred are not waited for');
});

test('the place moves only when what came before it was taken', async () => {
  const feed = feedOf(async function* () {
    yield [post(10), post(11)];
    yield [post(12)];
    yield [{ kind: 'other', cursor: 13n }];
    yield [post(14)];
  });
  const tweets = await take(liveSource(feed, {}, new TestTime()), 4);
  assert.deepEqual(
    tweets.map(({ place }) => place!.after),
    ['9', '9', '11', '13'],
  );
});

test('a post that the log would refuse is left out and told, and a time in the future is not believed', async () => {
  const time = new TestTime();
  const feed = feedOf(async function* () {
    const long = post(1);
    const future = post(2);
    long.tweet.text = 'x'.repeat(100_000);
    future.tweet.createdAt = Date.UTC(2999, 0, 1);
    yield [long, { ...post(3), key: 'k'.repeat(10_000) }, { kind: 'bad', reason: 'why not' }, future];
  });
  const told: unknown[] = [];
  const logger = { ...silentLogger, warn: (fields: object) => void told.push(fields) };
  const source = liveSource(feed, {}, time);
  const tweets = await take(source, 1, { logger });
  assert.deepEqual(textsOf(tweets), ['number 2']);
  assert.equal(tweets[0]!.tweet.createdAt, time.nowMs());
  assert.equal(source.health!().details['bad'], 3);
  assert.equal(told.length, 3);
});

test('health says whether it is connected, and what went wrong last', async () => {
  let fails = true;
  const feed = feedOf(async function* () {
    if (fails) throw new FeedError('server', 'HTTP 503');
    yield [post(1)];
  });
  const source = liveSource(
    feed,
    {},
    {
      ...new TestTime(),
      pause: async () => {
        assert.equal(source.health!().isUp, false);
        assert.equal(source.health!().details['lastFailure'], 'HTTP 503');
        fails = false;
      },
    },
  );
  const stop = new AbortController();
  for await (const _ of source.batches(stop.signal, silentLogger, nothingWritten)) {
    assert.equal(source.health!().isUp, true);
    stop.abort();
  }
  assert.equal(source.health!().isUp, false);
});

test('waits grow as they are documented, and begin anew after a connection that lasted', () => {
  const delays = new ReconnectDelays();
  const next = (kind: FeedError['kind'], count: number): number[] =>
    Array.from({ length: count }, () => delays.next(new FeedError(kind, ''), false));
  assert.deepEqual(next('network', 3), [250, 500, 750]);
  assert.equal(next('network', 100).at(-1), 16_000);
  assert.deepEqual(next('server', 8), [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 320_000]);
  assert.deepEqual(next('limit', 3), [60_000, 120_000, 240_000]);
  assert.equal(delays.next(new FeedError('limit', '', { retryAfterMs: 600_000 }), false), 600_000);
  assert.equal(delays.next(new Error('x'), true), 0);
  assert.deepEqual(next('server', 1), [5_000]);
});

test('keywords are whole words where there are words', () => {
  assert.ok(keywordFilter(['node.js'])('I use Node.js!'));
  assert.ok(!keywordFilter(['node.js'])('nodexjs'));
  assert.ok(keywordFilter(['東京'])('私は東京に住む'));
});

function feedOf(connect: () => AsyncGenerator<FeedEvent[]>): Feed {
  return { name: 'test', identity: 'test', silenceMaxMs: 1, connect };
}

function post(number: number): FeedEvent & { kind: 'post' } {
  const tweet = { id: String(number + 1), userId: '1', text: `number ${number}`, createdAt: 1 };
  return { kind: 'post', key: String(number), cursor: BigInt(number), tweet };
}
