import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeTweet } from '../common/tweet.ts';
import { mockTweets } from '../twitter-to-kafka/mock-tweets.ts';
import { Random } from '../twitter-to-kafka/random.ts';
import { type Backends, environmentOf, startBackends } from './backends.ts';
import { type Child, runChild } from './child.ts';
import {
  differences,
  eventually,
  expectedRows,
  idDifferences,
  indexedIds,
  readCounts,
  readTopic,
  readTweets,
  recount,
  storedCounts,
} from './truth.ts';

/** Each service in a process of its own, killed with SIGKILL at random moments while tweets stream through. */
const seed = Date.now() % 1_000_000;
const random = new Random(seed);
const children = new Set<Child>();
let backends: Backends;

before(async () => {
  backends = await startBackends();
});

after(async () => {
  for (const child of children) if (child.process.exitCode === null) await child.kill('SIGKILL');
  await backends.close();
});

function environment() {
  return {
    ...environmentOf(backends),
    HEADWATER_TWEETS_ANALYTICS_ROWS: 'every',
    HEADWATER_TWEETS_ANALYTICS_LINGER_MS: '50',
  };
}

async function run(service: string, env: Record<string, string>): Promise<Child> {
  const child = await runChild(service, env);
  children.add(child);
  return child;
}

test('counts, rows and index agree with the log after every service was killed again and again', async (t) => {
  t.diagnostic(`seed ${seed}`);
  // With a name of its own each service takes its old place at once, so that it dies often.
  const env = { ...environment(), HEADWATER_TWEETS_RATE: '150', HEADWATER_TWEETS_INSTANCE: 'only' };
  const services = ['twitter-to-kafka', 'kafka-to-elastic', 'streams', 'analytics'] as const;
  const alive = new Map<string, Child>();
  for (const service of services) alive.set(service, await run(service, env));

  let kills = 0;
  const livesEach = 3;
  await Promise.all(
    services.map(async (service) => {
      for (let life = 1; life < livesEach; life++) {
        await sleep(random.between(300, 3_000));
        await alive.get(service)!.kill('SIGKILL');
        alive.set(service, await run(service, env));
        kills += 1;
      }
    }),
  );
  await alive.get('twitter-to-kafka')!.kill('SIGTERM');

  const tweets = await readTweets(backends, env.HEADWATER_TWEETS_TOPIC);
  const ids = tweets.map(({ id }) => id);
  t.diagnostic(`${tweets.length} tweets, ${kills} kills`);
  assert.ok(tweets.length > 300);
  assert.equal(new Set(ids).size, ids.length, 'ids are unique over the lives of the source');

  const expected = recount(tweets);
  const total = [...expected.values()].reduce((sum, count) => sum + count, 0);
  const counts = await eventually('all words counted', 30_000, async () => {
    const found = await readCounts(backends, env.HEADWATER_TWEETS_ANALYTICS_TOPIC);
    return [...found.values()].reduce((sum, count) => sum + count, 0) >= total ? found : undefined;
  });
  assert.deepEqual(differences(counts, expected), []);

  const indexed = await eventually('all tweets in the index', 30_000, async () => {
    const found = await indexedIds(backends.searchUrl, env.HEADWATER_TWEETS_INDEX);
    return found.length >= ids.length ? found : undefined;
  });
  assert.deepEqual(idDifferences(indexed, ids), []);

  const rows = await expectedRows(backends.kafkaUrl, env.HEADWATER_TWEETS_ANALYTICS_TOPIC);
  const stored = await eventually('all counts in the database', 30_000, async () => {
    const found = await storedCounts(backends.postgresUrl);
    return found.ids.length >= rows.length ? found : undefined;
  });
  assert.deepEqual(idDifferences(stored.ids, rows), [], 'a row for each record, once');
  assert.deepEqual(differences(stored.newest, expected), []);

  // What was counted stays counted: nothing is added when the services start once more on what they have done.
  for (const service of ['kafka-to-elastic', 'streams', 'analytics']) await alive.get(service)!.kill('SIGTERM');
  alive.set('streams', await run('streams', env));
  await eventually('the counts read back', 10_000, async () =>
    alive.get('streams')!.output().includes('counts read back') ? true : undefined,
  );
  await alive.get('streams')!.kill('SIGTERM');
  const countsAfter = await readCounts(backends, env.HEADWATER_TWEETS_ANALYTICS_TOPIC);
  assert.deepEqual(differences(countsAfter, expected), []);
});

test('a file whose reader is killed again and again is on the topic once', async (t) => {
  t.diagnostic(`seed ${seed}`);
  const folder = await mkdtemp(join(tmpdir(), 'tweets-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'tweets.jsonl');
  const made = mockTweets({ keywords: ['Kafka'], minWords: 5, maxWords: 15, seed });
  const lines = Array.from({ length: 4_000 }, (_, i) =>
    encodeTweet({ ...made.next().value, id: String(i + 1), createdAt: i }),
  );
  await writeFile(file, lines.join('\n'));
  const env = {
    ...environment(),
    HEADWATER_TWEETS_SOURCE: 'file',
    HEADWATER_TWEETS_FILE: file,
    HEADWATER_TWEETS_RATE: '2000',
  };

  for (let life = 0; life < 5; life++) {
    const source = await run('twitter-to-kafka', env);
    await eventually('it goes on', 20_000, async () => (source.output().includes('reading tweets') ? true : undefined));
    await sleep(random.between(50, 500));
    await source.kill('SIGKILL');
  }
  const last = await run('twitter-to-kafka', { ...env, HEADWATER_TWEETS_PACE: 'fast' });
  await eventually('the end of the file', 30_000, async () =>
    last.output().includes('stopped writing') ? true : undefined,
  );
  await last.kill('SIGTERM');

  const ids = (await readTweets(backends, env.HEADWATER_TWEETS_TOPIC)).map(({ id }) => Number(id));
  assert.deepEqual(
    ids.sort((a, b) => a - b),
    lines.map((_, i) => i + 1),
  );
});

test('two word-counts share the words, each answers for all, and one takes over when the other is killed', async () => {
  const env = { ...environment(), HEADWATER_TWEETS_RATE: '50' };
  const source = await run('twitter-to-kafka', env);
  const instances: [Child, Child] = [await run('streams', env), await run('streams', env)];
  for (const instance of instances) {
    await eventually('it counts', 20_000, async () =>
      instance.output().includes('counts read back') ? true : undefined,
    );
  }
  const answersAllWords = async (url: string) => {
    const tweets = await readTweets(backends, env.HEADWATER_TWEETS_TOPIC);
    const words = [...recount(tweets).keys()].slice(0, 40);
    assert.ok(words.length === 40);
    for (const word of words) {
      const response = await fetch(`${url}/get-word-count-by-word/${encodeURIComponent(word)}`);
      const { wordCount } = (await response.json()) as { wordCount?: number };
      assert.ok(wordCount !== undefined && wordCount > 0, `${word}: ${response.status}`);
    }
    return true;
  };
  for (const { url } of instances) await eventually('all words, of either', 20_000, () => answersAllWords(url!));
  const [first, second] = instances;
  await first.kill('SIGKILL');
  await eventually('all words, of the other', 30_000, () => answersAllWords(second.url!));
  await source.kill('SIGTERM');
  const expected = recount(await readTweets(backends, env.HEADWATER_TWEETS_TOPIC));
  await eventually('all words counted', 30_000, async () => {
    const counts = await readCounts(backends, env.HEADWATER_TWEETS_ANALYTICS_TOPIC);
    assert.deepEqual(differences(counts, expected), []);
    return true;
  });
  const [word, count] = [...expected][0]!;
  const answer = await fetch(`${second.url}/get-word-count-by-word/${encodeURIComponent(word)}`);
  assert.deepEqual(await answer.json(), { word, wordCount: count });
  await second.kill('SIGTERM');
  const records = await readTopic(backends.kafkaUrl, env.HEADWATER_TWEETS_ANALYTICS_TOPIC);
  assert.ok(records.length > 0);
  for (const { headers } of records) {
    assert.match(String(headers.find(({ key }) => key === 'counted')?.value), /^[^/]+\/\d:\d+$/);
  }
});
