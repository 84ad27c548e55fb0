import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeTweet, encodeTweet } from './tweet.ts';
import { TweetsError } from './tweets-error.ts';

test('ids of 64 bits keep every digit, both ways', () => {
  const json = '{"userId":9223372036854775807,"id":592089033144795137,"text":"hi","createdAt":1430000000641}';
  const tweet = decodeTweet(json);
  assert.equal(tweet.id, '592089033144795137');
  assert.equal(tweet.userId, '9223372036854775807');
  assert.equal(encodeTweet(tweet), json);
});

test('a text of any characters comes back as it went', () => {
  const text = 'a "quote", a \\ and a \n line\u2028 feed, 👩‍💻 и ещё \u0000';
  const tweet = { id: '1', userId: '2', text, createdAt: 3 };
  assert.deepEqual(decodeTweet(encodeTweet(tweet)), tweet);
});

test('ids may be text, times may be ISO 8601, other fields are ignored', () => {
  const tweet = decodeTweet('{"id":"007","userId":5,"text":"","createdAt":"2015-04-25T22:13:20.641Z","more":"en"}');
  assert.deepEqual(tweet, { id: '7', userId: '5', text: '', createdAt: 1430000000641 });
});

test('the language is kept where there is one', () => {
  const json = '{"userId":2,"id":1,"text":"hi","createdAt":3,"lang":"en"}';
  assert.equal(encodeTweet(decodeTweet(json)), json);
  assert.equal(decodeTweet('{"userId":2,"id":1,"text":"hi","createdAt":3,"lang":7}').lang, undefined);
});

test('what looks like an id inside a text stays as it was written', () => {
  for (const text of [
    '{"id":592089033144795137,"userId":592089033144795137}',
    '"id":592089033144795137,',
    '\\"id":592089033144795137}',
    '\\\\"',
  ]) {
    const tweet = { id: '592089033144795137', userId: '9223372036854775807', text, createdAt: 3 };
    assert.deepEqual(decodeTweet(encodeTweet(tweet)), tweet);
  }
});

test('white space between the parts is no matter', () => {
  const json = '{ "userId" : 592089033144795137 ,\n"text":"", "createdAt":3, "id":\t592089033144795139 }';
  assert.deepEqual(decodeTweet(json), {
    id: '592089033144795139',
    userId: '592089033144795137',
    text: '',
    createdAt: 3,
  });
});

test('what is no tweet is refused, with the field in the message', () => {
  const refused: [string, RegExp][] = [
    ['', /not JSON/],
    ['{"id":1', /not JSON/],
    ['null', /not a JSON object/],
    ['[]', /"text" is not a string/],
    ['{"id":1,"userId":2,"createdAt":3}', /"text"/],
    ['{"id":592089033144795137.5,"userId":2,"text":"","createdAt":3}', /"id"/],
    ['{"id":59208903314479513711,"userId":2,"text":"","createdAt":3}', /"id"/],
    ['{"id":1.5,"userId":2,"text":"","createdAt":3}', /"id"/],
    ['{"id":1e30,"userId":2,"text":"","createdAt":3}', /"id"/],
    ['{"id":9223372036854775808,"userId":2,"text":"","createdAt":3}', /"id"/],
    ['{"id":-1,"userId":2,"text":"","createdAt":3}', /"id"/],
    ['{"id":1,"text":"","createdAt":3}', /"userId"/],
    ['{"id":1,"userId":2,"text":"","createdAt":"yesterday"}', /"createdAt"/],
    ['{"id":1,"userId":2,"text":""}', /"createdAt"/],
  ];
  for (const [json, message] of refused) {
    assert.throws(
      () => decodeTweet(json),
      (error: unknown) =>
        error instanceof TweetsError && error.code === 'HW_TWEETS_RECORD' && message.test(error.message),
      json,
    );
  }
});
