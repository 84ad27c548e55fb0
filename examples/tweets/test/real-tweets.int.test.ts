import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { decodeTweet } from '../common/tweet.ts';
import { start as startKafkaToElastic } from '../kafka-to-elastic/main.ts';
import { start as startStreams } from '../streams/main.ts';
import { start as startTwitterToKafka } from '../twitter-to-kafka/main.ts';
import { environmentOf, startBackends } from './backends.ts';
import { differences, eventually, idDifferences, readCounts, readTweets, recount } from './truth.ts';

const shared = process.env['HEADWATER_SHARED'] ?? resolve(import.meta.dirname, '../../../../shared');
const file = join(shared, 'data/tweets/tweets.jsonl');
const skip = existsSync(file) ? false : `there are no real tweets at ${file}: HEADWATER_SHARED names their folder`;

test('20,000 real tweets, as fast as they go, are counted exactly and can all be found', { skip }, async (t) => {
  const backends = await startBackends();
  t.after(() => backends.close());
  const env = {
    ...environmentOf(backends),
    HEADWATER_TWEETS_SOURCE: 'file',
    HEADWATER_TWEETS_FILE: file,
    HEADWATER_TWEETS_PACE: 'fast',
  };
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  const tweets = lines.map((line) => decodeTweet(line));
  // The digits as they stand in the file, read without any parser of ours.
  const digits = lines.map((line) => /"id": ?(\d+)/.exec(line)![1]!);
  assert.deepEqual(
    idDifferences(
      tweets.map(({ id }) => id),
      digits,
    ),
    [],
  );

  const started = performance.now();
  const services = [await startKafkaToElastic(env), await startStreams(env), await startTwitterToKafka(env)];
  t.after(() => Promise.all(services.map((service) => service.close())));
  await services[2]!.finished;
  const written = await readTweets(backends, env.HEADWATER_TWEETS_TOPIC);
  assert.deepEqual(
    idDifferences(
      written.map(({ id }) => id),
      digits,
    ),
    [],
  );

  const expected = recount(tweets);
  await eventually('all words counted', 60_000, async () => {
    const counts = await readCounts(backends, env.HEADWATER_TWEETS_ANALYTICS_TOPIC);
    assert.deepEqual(differences(counts, expected), []);
    return true;
  });
  await eventually('all tweets in the index', 60_000, async () => {
    const response = await fetch(`${backends.searchUrl}/${env.HEADWATER_TWEETS_INDEX}/_count`);
    assert.equal(((await response.json()) as { count: number }).count, tweets.length);
    return true;
  });
  t.diagnostic(`${Math.round(performance.now() - started)} ms, ${expected.size} words`);
});
