import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { nothingWritten } from '../places-written.ts';
import { blueskySource, readEvent } from './bluesky-source.ts';
import { stableId, tidNumber } from './stable-id.ts';
import { hungServer, jetstream } from './testing/local-servers.ts';
import { take, textsOf } from './testing/take.ts';
import { TestTime } from './testing/test-time.ts';

test('what is sent again after a break is written once, and a broken message stops nothing', async (t) => {
  const time = new TestTime();
  const cursors: (string | null)[] = [];
  const server = await jetstream((socket, url) => {
    cursors.push(url.searchParams.get('cursor'));
    assert.equal(url.searchParams.get('wantedCollections'), 'app.bsky.feed.post');
    if (cursors.length === 1) {
      socket.send(post(1, 'Grüße aus Köln 🚰'));
      socket.send('{"did":');
      socket.send(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]));
      socket.send(JSON.stringify({ did: 'did:plc:a', time_us: us(2), kind: 'identity' }));
      socket.send(post(2, 'edited').replace('"create"', '"update"'));
      socket.send(post(2, 'gone').replace('"create"', '"delete"'));
      socket.send(post(3, 'three'));
      void (async () => {
        while (source.health!().details['posts'] !== 2) await turn();
        time.advance(10_000);
        socket.terminate();
      })();
    } else for (const number of [1, 3, 4]) socket.send(post(number, `number ${number}`));
  });
  t.after(server.close);
  const source = blueskySource({ HEADWATER_TWEETS_BLUESKY_URLS: server.url }, time);
  const tweets = await take(source, 3);
  assert.deepEqual(textsOf(tweets), ['Grüße aus Köln 🚰', 'three', 'number 4']);
  assert.equal(tweets[0]!.tweet.lang, 'de');
  assert.equal(cursors[1], String(us(3) - 5_000_000), 'begins a little before the last one');
  assert.equal(tweets[2]!.place!.after, String(us(3)), 'all up to the third was acknowledged');
  const { bad, deletions, duplicates, edits, others } = source.health!().details;
  assert.deepEqual(
    { bad, deletions, duplicates, edits, others },
    { bad: 2, deletions: 1, duplicates: 2, edits: 1, others: 1 },
  );
  assert.ok(time.pauses.includes(0), 'a connection that lasted is made again at once');
});

test('the next life goes on where the log is', async (t) => {
  const cursors: (string | null)[] = [];
  const server = await jetstream((socket, url) => {
    cursors.push(url.searchParams.get('cursor'));
    for (const number of [1, 2, 3]) socket.send(post(number, `number ${number}`));
  });
  t.after(server.close);
  const source = blueskySource({ HEADWATER_TWEETS_BLUESKY_URLS: server.url }, new TestTime());
  const written = { ...nothingWritten, after: String(us(1)), keys: new Set([keyOf(1), keyOf(2)]) };
  assert.deepEqual(textsOf(await take(source, 1, { written })), ['number 3']);
  assert.equal(cursors[0], String(us(1) - 5_000_000));
});

test('an instance that is away, hangs, or accepts and says nothing, is left for the next', async (t) => {
  const time = new TestTime();
  const gone = await jetstream(() => {});
  await gone.close();
  const hung = await hungServer(() => time.ring());
  const silent = await jetstream((socket) => socket.close());
  let served = 0;
  const good = await jetstream((socket) => {
    served += 1;
    socket.send(post(served, 'Kafka'), () => served === 1 && socket.terminate());
  });
  for (const server of [hung, silent, good]) t.after(server.close);
  const urls = [gone, hung, silent, good].map(({ url }) => url).join(',');
  const tweets = await take(blueskySource({ HEADWATER_TWEETS_BLUESKY_URLS: urls }, time), 2);
  assert.equal(tweets.length, 2);
  assert.equal(served, 2, 'the one that spoke is asked again');
});

test('only posts with a keyword; those that are left out move the place on too', async (t) => {
  const server = await jetstream((socket) => {
    for (const [at, text] of ['JavaScript', 'I like #java.', 'Java'].entries()) socket.send(post(at + 1, text));
  });
  t.after(server.close);
  const env = { HEADWATER_TWEETS_BLUESKY_URLS: server.url, HEADWATER_TWEETS_KEYWORDS: 'java' };
  const source = blueskySource(env, new TestTime());
  assert.deepEqual(textsOf(await take(source, 2)), ['I like #java.', 'Java']);
  assert.equal(source.health!().details['filtered'], 1);
});

test('a time far in the future is no place to go on from', async (t) => {
  const cursors: (string | null)[] = [];
  const server = await jetstream((socket, url) => {
    cursors.push(url.searchParams.get('cursor'));
    if (cursors.length === 1) {
      socket.send(post(1, 'one'));
      socket.send(post(100_000_000, 'from 2036'), () => socket.terminate());
    } else socket.send(post(2, 'two'));
  });
  t.after(server.close);
  const tweets = await take(blueskySource({ HEADWATER_TWEETS_BLUESKY_URLS: server.url }, new TestTime()), 3);
  assert.deepEqual(textsOf(tweets), ['one', 'from 2036', 'two']);
  assert.equal(cursors[1], String(us(1) - 5_000_000));
});

test('events are told apart, and ids are positive and stay', () => {
  const event = readEvent(post(7, 'hello'));
  assert.ok(event.kind === 'post');
  assert.equal(event.tweet.userId, stableId('did:plc:a'));
  assert.equal(event.tweet.id, tidNumber(tid(7)));
  assert.ok(BigInt(event.tweet.userId) > 0n && BigInt(event.tweet.userId) < 2n ** 63n);
  assert.equal(tidNumber('zzzzzzzzzzzzz'), undefined);
  assert.equal(readEvent(post(1, '  ')).kind, 'other');
  assert.equal(readEvent(post(1, 'x').replace('"create"', '"delete"')).kind, 'deletion');
  assert.equal(readEvent(post(1, 'x').replace('"create"', '"update"')).kind, 'edit');
  for (const bad of ['', 'null', '[]', '{}', '{"time_us":-1}', post(1, 'x').replace('"text"', '"txet"')]) {
    assert.equal(readEvent(bad).kind, 'bad', bad);
  }
  const undated = readEvent(post(1, 'x').replace('2026-', 'once '));
  assert.equal(undated.kind === 'post' && undated.tweet.createdAt, Math.floor(us(1) / 1_000));
});

const us = (number: number): number => 2_000_000_000_000_000 + number * 1_000_000;
const digits = '234567abcdefghijklmnopqrstuvwxyz';
const tid = (number: number): string => {
  let value = BigInt(us(number)) << 10n;
  let text = '';
  for (let index = 0; index < 13; index++, value >>= 5n) text = digits[Number(value & 31n)] + text;
  return text;
};
const keyOf = (number: number): string => `did:plc:a/${tid(number)}`;

function post(number: number, text: string): string {
  const record = { $type: 'app.bsky.feed.post', text, langs: ['de'], createdAt: '2026-01-02T03:04:05.678Z' };
  const commit = {
    rev: 'r',
    operation: 'create',
    collection: 'app.bsky.feed.post',
    rkey: tid(number),
    record,
    cid: 'c',
  };
  return JSON.stringify({ did: 'did:plc:a', time_us: us(number), kind: 'commit', commit });
}
