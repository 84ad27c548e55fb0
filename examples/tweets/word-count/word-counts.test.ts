import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../twitter-to-kafka/random.ts';
import { WordCounts, type WordUpdate } from './word-counts.ts';

const tweet = (partition: number, offset: number, text: string) => ({ partition, offset, text });

test('a batch gives one update for each word, with how far it was counted', () => {
  const counts = new WordCounts();
  const updates = counts.add([tweet(0, 4, 'Java, java!'), tweet(1, 9, 'java kafka')]);
  assert.deepEqual(updates, [
    {
      word: 'java',
      count: 3,
      counted: new Map([
        [0, 4],
        [1, 9],
      ]),
    },
    { word: 'kafka', count: 1, counted: new Map([[1, 9]]) },
  ]);
  assert.equal(counts.totalWords, 4);
  assert.equal(counts.distinctWords, 2);
});

test('tweets that come again change nothing', () => {
  const counts = new WordCounts();
  counts.add([tweet(0, 4, 'java'), tweet(0, 5, 'java')]);
  const { version } = counts;
  assert.deepEqual(counts.add([tweet(0, 4, 'java'), tweet(0, 5, 'java')]), []);
  assert.equal(counts.version, version);
  assert.equal(counts.countOf('java'), 2);
  assert.equal(counts.add([tweet(1, 4, 'java')])[0]!.count, 3); // the same offset of another partition is another tweet
});

test('names that every object has are words like others', () => {
  const counts = new WordCounts();
  counts.add([tweet(0, 0, '__proto__ constructor toString hasOwnProperty constructor')]);
  assert.equal(counts.countOf('constructor'), 2);
  assert.equal(counts.countOf('__proto__'), 1);
  assert.equal(counts.countOf('valueof'), 0);
});

test('an older record does not overwrite a newer one when counts are read back', () => {
  const counts = new WordCounts();
  counts.restore({ word: 'java', count: 5, counted: new Map([[0, 9]]) });
  counts.restore({ word: 'java', count: 4, counted: new Map([[0, 7]]) });
  assert.equal(counts.countOf('java'), 5);
  assert.deepEqual(counts.add([tweet(0, 8, 'java')]), []);
  counts.forget('java');
  assert.equal(counts.totalWords, 0);
});

test('the top words are those of a full sort', () => {
  const random = new Random(Date.now());
  const counts = new WordCounts();
  counts.add(Array.from({ length: 3_000 }, (_, offset) => tweet(0, offset, `w${random.rank(400)}`)));
  const all = counts.top(Number.MAX_SAFE_INTEGER);
  const sorted = [...all].sort((a, b) => b.count - a.count || (a.word < b.word ? -1 : 1));
  assert.deepEqual(all, sorted);
  for (const limit of [1, 2, 20]) assert.deepEqual(counts.top(limit), sorted.slice(0, limit));
  assert.deepEqual(counts.top(5, 4), sorted.filter(({ word }) => word.length >= 4).slice(0, 5));
});

/**
 * A process that is killed at any moment: what of a batch's records reached the log is a beginning of each partition's share;
 * the group's offsets are those of some batch before. Batches are cut differently in each life.
 */
test('counts are exact after any number of crashes', () => {
  const seed = Date.now();
  const random = new Random(seed);
  for (let round = 0; round < 50; round++) {
    const source = Array.from({ length: 3 }, () =>
      Array.from({ length: 60 }, () =>
        Array.from({ length: random.between(0, 6) }, () => `w${random.rank(25)}`).join(' '),
      ),
    );
    const log: WordUpdate[][] = [[], []]; // two partitions of the output, as they were written
    let committed = [0, 0, 0];
    for (let life = 0; ; life++) {
      const counts = new WordCounts();
      for (const partition of log) for (const update of partition) counts.restore(update);
      const positions = [...committed];
      let isDead = false;
      while (!isDead && positions.some((position, p) => position < source[p]!.length)) {
        const batch = source.flatMap((texts, p) => {
          const end = Math.min(texts.length, positions[p]! + random.between(0, 8));
          const part = texts.slice(positions[p], end).map((text, i) => tweet(p, positions[p]! + i, text));
          positions[p] = end;
          return part;
        });
        const updates = counts.add(batch);
        isDead = life < 12 && random.chance(0.3);
        for (const [p, partition] of log.entries()) {
          const share = updates.filter(({ word }) => word.length % 2 === p).map((u) => structuredClone(u));
          partition.push(...share.slice(0, isDead ? random.between(0, share.length) : share.length));
        }
        if (!isDead && random.chance(0.7)) committed = [...positions];
      }
      if (!isDead) break;
    }
    const expected = new Map<string, number>();
    for (const word of source.flat().join(' ').split(' ')) if (word) expected.set(word, (expected.get(word) ?? 0) + 1);
    const last = new Map(log.flat().map(({ word, count }) => [word, count]));
    assert.deepEqual(new Map([...last].sort()), new Map([...expected].sort()), `seed ${seed}, round ${round}`);
  }
});
