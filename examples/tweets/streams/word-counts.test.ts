import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../twitter-to-kafka/random.ts';
import { WordCounts } from './word-counts.ts';

test('the newest count of a word is its count, and totals follow', () => {
  const counts = new WordCounts();
  counts.set('java', 4);
  counts.set('kafka', 1);
  const { version } = counts;
  counts.set('java', 5);
  assert.notEqual(counts.version, version);
  assert.deepEqual([counts.countOf('java'), counts.totalWords, counts.distinctWords], [5, 6, 2]);
  counts.forget('java');
  assert.deepEqual([counts.countOf('java'), counts.totalWords, counts.distinctWords], [0, 1, 1]);
});

test('names that every object has are words like others', () => {
  const counts = new WordCounts();
  for (const word of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) counts.set(word, 1);
  counts.set('constructor', 2);
  assert.equal(counts.countOf('constructor'), 2);
  assert.equal(counts.countOf('__proto__'), 1);
  assert.equal(counts.countOf('valueof'), 0);
});

test('the top words are those of a full sort', (t) => {
  const seed = Date.now();
  t.diagnostic(`seed ${seed}`);
  const random = new Random(seed);
  const counts = new WordCounts();
  for (let round = 0; round < 3_000; round++) {
    const word = `w${random.rank(400)}`;
    counts.set(word, counts.countOf(word) + 1);
  }
  const all = counts.top(Number.MAX_SAFE_INTEGER);
  const sorted = [...all].sort((a, b) => b.count - a.count || (a.word < b.word ? -1 : 1));
  assert.deepEqual(all, sorted);
  for (const limit of [1, 2, 20]) assert.deepEqual(counts.top(limit), sorted.slice(0, limit));
  assert.deepEqual(counts.top(5, 4), sorted.filter(({ word }) => word.length >= 4).slice(0, 5));
});
