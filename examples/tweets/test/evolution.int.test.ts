import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { RunningService } from '../common/service.ts';
import { start as startKafkaToElastic } from '../kafka-to-elastic/main.ts';
import { start as startQueryService } from '../query-service/main.ts';
import { start as startStreams } from '../streams/main.ts';
import { start as startTwitterToKafka } from '../twitter-to-kafka/main.ts';
import { type Backends, environmentOf, startBackends } from './backends.ts';
import {
  differences,
  eventually,
  idDifferences,
  indexedIds,
  readCounts,
  readTopic,
  readTweets,
  recount,
} from './truth.ts';

/** The schema of a topic changes while tweets stream through it, and nothing is stopped. */
let backends: Backends;
const services: RunningService[] = [];

before(async () => {
  backends = await startBackends();
});

after(async () => {
  for (const service of services) await service.close();
  await backends.close();
});

test('a field is added to the tweets live: the source switches, one consumer uses it, the other goes on', async () => {
  const env = {
    ...environmentOf(backends),
    HEADWATER_TWEETS_RATE: '50',
  };
  const topic = env.HEADWATER_TWEETS_TOPIC;
  const query = await startQueryService(env);
  const source = await startTwitterToKafka(env);
  services.push(query, await startStreams(env), await startKafkaToElastic(env), source);
  let ended = 0;
  for (const { finished } of services)
    finished.then(
      () => (ended += 1),
      () => (ended += 1),
    );

  const newest = async (): Promise<{ lang?: string }[]> =>
    (await (await fetch(`${query.url}/documents?limit=20`)).json()) as { lang?: string }[];
  const early = await eventually('twenty tweets', 30_000, async () => {
    const documents = await newest();
    return documents.length === 20 ? documents : undefined;
  });
  assert.ok(early.every(({ lang }) => lang === undefined));

  const answer = await fetch(`${backends.registryUrl}/subjects/${topic}-value/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: await readFile(new URL('../schemas/tweet-with-lang.json', import.meta.url)),
  });
  assert.equal(answer.status, 200, await answer.text());
  await eventually('twenty tweets with their language', 30_000, async () =>
    (await newest()).every(({ lang }) => lang !== undefined) ? true : undefined,
  );
  assert.equal(ended, 0, 'no service has stopped');

  await source.close();
  const tweets = await readTweets(backends, topic);
  const known = tweets.filter(({ lang }) => lang !== undefined).length;
  assert.ok(known >= 20 && tweets.length - known >= 20, `${known} of ${tweets.length} with a language`);
  const ids = new Set((await readTopic(backends.kafkaUrl, topic)).map(({ value }) => value!.readUInt32BE(1)));
  assert.equal(ids.size, 2, 'records of both schemas are in the topic');

  const expected = recount(tweets);
  await eventually('all words counted', 20_000, async () => {
    const counts = await readCounts(backends, env.HEADWATER_TWEETS_ANALYTICS_TOPIC);
    assert.deepEqual(differences(counts, expected), []);
    return true;
  });
  await eventually('all tweets in the index, once', 20_000, async () => {
    const found = await indexedIds(backends.searchUrl, env.HEADWATER_TWEETS_INDEX);
    assert.deepEqual(
      idDifferences(
        found,
        tweets.map(({ id }) => id),
      ),
      [],
    );
    return true;
  });
});
