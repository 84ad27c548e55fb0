import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MockTweet, mockTweets } from './mock-tweets.ts';

const keywords = ['Kafka', 'event sourcing', 'Java'];
const seed = Math.floor(Math.random() * 2 ** 40);

function take(count: number, options: Partial<Parameters<typeof mockTweets>[0]> = {}): MockTweet[] {
  const tweets = mockTweets({ keywords, minWords: 5, maxWords: 15, seed, ...options });
  return Array.from({ length: count }, () => tweets.next().value);
}

test('the same seed gives the same tweets, another seed others', () => {
  assert.deepEqual(take(500), take(500), `seed ${seed}`);
  assert.notDeepEqual(take(20), take(20, { seed: seed + 1 }));
  assert.notDeepEqual(take(20), take(20, { seed: seed + 2 ** 33 }));
});

test('tweets keep to the length that was asked for', () => {
  for (const [minWords, maxWords] of [
    [5, 15],
    [1, 1],
    [30, 40],
  ] as const) {
    for (const { text } of take(1_000, { minWords, maxWords })) {
      const length = text.split(' ').length;
      assert.ok(
        length >= minWords && length <= maxWords,
        `seed ${seed}: ${length} words, not ${minWords} to ${maxWords}: ${text}`,
      );
    }
  }
});

test('they look alive: keywords, scripts, hashtags, mentions, links, emoji, retweets', () => {
  const texts = take(4_000).map(({ text }) => text);
  const share = (pattern: RegExp): number => texts.filter((text) => pattern.test(text)).length / texts.length;
  assert.ok(share(/Kafka|event ?sourcing|Java/i) > 0.6, `seed ${seed}`);
  for (const pattern of [/#/, /@/, /https:/, /\p{Extended_Pictographic}/u, /^RT @/, /\p{Script=Latin}/u]) {
    assert.ok(share(pattern) > 0.02, `seed ${seed}: ${pattern}`);
  }
  for (const script of ['Cyrillic', 'Greek', 'Han', 'Hiragana', 'Hangul', 'Arabic', 'Devanagari']) {
    assert.ok(share(new RegExp(`\\p{Script=${script}}`, 'u')) > 0, `seed ${seed}: ${script}`);
  }
  assert.ok(new Set(texts).size > texts.length * 0.8, `seed ${seed}: few different texts`);
});

test('users write with a power law, some with ids past 2^53', () => {
  const counts = new Map<string, number>();
  for (const { userId } of take(20_000)) counts.set(userId, (counts.get(userId) ?? 0) + 1);
  const sorted = [...counts.values()].sort((a, b) => b - a);
  assert.ok(sorted.length > 500, `seed ${seed}: ${sorted.length} users`);
  assert.ok(sorted[0]! > 20 * sorted[200]!, `seed ${seed}: first ${sorted[0]}, 200th ${sorted[200]}`);
  assert.ok(
    [...counts.keys()].some((id) => BigInt(id) > 2n ** 53n && BigInt(id) < 2n ** 63n),
    `seed ${seed}`,
  );
});
