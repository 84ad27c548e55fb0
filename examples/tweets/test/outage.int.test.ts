import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createClient } from '@headwater/client';
import { type Logger, silentLogger } from '@headwater/logger';
import type { RunningService } from '../common/service.ts';
import { TweetWriter } from '../common/tweet-writer.ts';
import { start as startKafkaToElastic } from '../kafka-to-elastic/main.ts';
import { start as startQueryService } from '../query-service/main.ts';
import { start as startStreams } from '../streams/main.ts';
import { start as startTwitterToKafka } from '../twitter-to-kafka/main.ts';
import { type Backends, environmentOf, startBackends } from './backends.ts';
import { type FaultyProxy, startFaultyProxy } from './faulty-proxy.ts';
import { differences, eventually, idDifferences, indexedIds, readCounts, readTweets, recount } from './truth.ts';

/** What the services stand on is away for a while, busy, or holds what is no tweet. */
let backends: Backends;
let proxy: FaultyProxy;

before(async () => {
  backends = await startBackends();
  proxy = await startFaultyProxy(backends.searchUrl);
});

after(async () => {
  await proxy.close();
  await backends.close();
});

function environment() {
  return {
    ...environmentOf(backends),
    HEADWATER_SEARCH_URL: proxy.url,
    HEADWATER_TWEETS_RATE: '100',
  };
}

type Env = ReturnType<typeof environment>;

async function tweetWriter(env: Env): Promise<TweetWriter> {
  const { HEADWATER_REGISTRY_URL: registryUrl, HEADWATER_TWEETS_TOPIC: topic } = env;
  const writer = new TweetWriter({ registryUrl, topic, logger: silentLogger });
  await writer.prepare();
  return writer;
}

async function assertIndexHoldsTopic(env: Env): Promise<void> {
  const ids = (await readTweets(backends, env.HEADWATER_TWEETS_TOPIC)).map(({ id }) => id);
  assert.ok(ids.length > 0);
  assert.equal(new Set(ids).size, ids.length, 'no tweet is on the topic twice');
  await eventually('all tweets in the index', 20_000, async () => {
    assert.deepEqual(idDifferences(await indexedIds(backends.searchUrl, env.HEADWATER_TWEETS_INDEX), ids), []);
    return true;
  });
}

test('a query store that is away, busy or breaks connections gets everything in the end', async () => {
  const env = environment();
  proxy.mode = 503; // away before the first request
  const services = [await startKafkaToElastic(env), await startTwitterToKafka(env)];
  const query = await startQueryService(env);
  try {
    for (const mode of [503, 429, 'reset'] as const) {
      proxy.mode = mode;
      const { faults } = proxy;
      await eventually(`requests met ${mode}`, 20_000, async () => (proxy.faults >= faults + 2 ? true : undefined));
      if (mode !== 429) {
        const response = await fetch(`${query.url}/documents`);
        assert.equal(response.status, 503);
        assert.equal(((await response.json()) as { error: { code: string } }).error.code, 'HW_TWEETS_SEARCH_DOWN');
        assert.equal((await fetch(`${query.url}/health`)).status, 503);
      }
      proxy.mode = 'pass';
      const before = (await indexedIds(backends.searchUrl, env.HEADWATER_TWEETS_INDEX)).length;
      await eventually('tweets arrive again', 20_000, async () =>
        (await indexedIds(backends.searchUrl, env.HEADWATER_TWEETS_INDEX)).length > before ? true : undefined,
      );
    }
    await services[1]!.close();
    await assertIndexHoldsTopic(env);
  } finally {
    proxy.mode = 'pass';
    for (const service of [...services, query]) await service.close();
  }
});

test('a service closes in time while nothing that it needs is there', async () => {
  const env = {
    ...environment(),
    HEADWATER_KAFKA_URL: '127.0.0.1:9',
    HEADWATER_REGISTRY_URL: 'http://127.0.0.1:9',
    HEADWATER_SEARCH_URL: 'http://127.0.0.1:9',
  };
  for (const start of [startTwitterToKafka, startKafkaToElastic, startStreams, startQueryService]) {
    const service = await start(env);
    const started = performance.now();
    await Promise.all([service.close(), service.close()]);
    assert.ok(performance.now() - started < 2_500, `${start.name} took ${performance.now() - started} ms`);
  }
});

test('a record that is no tweet is reported with its place and left out, or stops the service', async () => {
  const env = { ...environment(), HEADWATER_TWEETS_SOURCE: 'mock' };
  const reports: Record<string, unknown>[] = [];
  const logger: Logger = {
    debug() {},
    info() {},
    warn() {},
    error: (fields, message) => reports.push({ ...fields, message }),
  };
  const services = [await startKafkaToElastic(env, { logger }), await startStreams(env, { logger })];
  const client = createClient({ bootstrap: env.HEADWATER_KAFKA_URL, clientId: 'test' });
  const writer = await tweetWriter(env);
  try {
    const topic = env.HEADWATER_TWEETS_TOPIC;
    await eventually('the topic', 20_000, async () => {
      const send = (value: Buffer) => ({ key: 'k', value });
      const good = (id: string, text: string) => send(writer.write({ id, userId: '1', text, createdAt: 1 }));
      await client.produce({
        topic,
        partition: 1,
        records: [good('1', 'before it'), send(Buffer.from('{"id":2,"userId":1')), good('3', 'after it')],
      });
      return true;
    });
    await eventually('both tweets in the index', 20_000, async () => {
      assert.deepEqual((await indexedIds(backends.searchUrl, env.HEADWATER_TWEETS_INDEX)).sort(), ['1', '3']);
      return true;
    });
    await eventually('both tweets counted', 20_000, async () => {
      const counts = await readCounts(backends, env.HEADWATER_TWEETS_ANALYTICS_TOPIC);
      assert.deepEqual(differences(counts, new Map(Object.entries({ before: 1, after: 1, it: 2 }))), []);
      return true;
    });
    assert.equal(reports.length, 2);
    for (const report of reports) {
      assert.deepEqual([report['topic'], report['partition'], report['offset']], [topic, 1, 1]);
      assert.match(String(report['reason']), /not JSON/);
    }

    const strict = await startKafkaToElastic({
      ...env,
      HEADWATER_TWEETS_GROUP_PREFIX: `strict-${env.HEADWATER_TWEETS_GROUP_PREFIX}`,
      HEADWATER_TWEETS_POISON: 'stop',
    });
    await assert.rejects(strict.finished, { code: 'HW_TWEETS_POISON', message: /record 1 of .*, partition 1/ });
    await strict.close();
  } finally {
    writer.close();
    await client.close();
    for (const service of services) await service.close();
  }
});

test('a topic that is deleted and created anew is read from its beginning, and adds to the counts', async () => {
  const env = environment();
  const topic = env.HEADWATER_TWEETS_TOPIC;
  const counts = (): Promise<Map<string, number>> => readCounts(backends, env.HEADWATER_TWEETS_ANALYTICS_TOPIC);
  const wordCount = await startStreams(env);
  const client = createClient({ bootstrap: env.HEADWATER_KAFKA_URL, clientId: 'test' });
  try {
    for (const [tweets, expected] of [
      [8, 8],
      [3, 11], // fewer than before: the group's offsets are past the end of the new topic
    ] as const) {
      const writer = await tweetWriter(env);
      await eventually('tweets written', 20_000, async () => {
        const value = (id: number) => writer.write({ id: String(id), userId: '1', text: 'again', createdAt: 1 });
        const records = Array.from({ length: tweets }, (_, id) => ({ key: 'k', value: value(id) }));
        await client.produce({ topic, partition: 0, records });
        return true;
      });
      writer.close();
      await eventually(`${expected} counted`, 30_000, async () =>
        (await counts()).get('again') === expected ? true : undefined,
      );
      if (expected === 11) break;
      await client.deleteTopics([topic]);
      await eventually('the topic created anew', 20_000, async () => {
        const [created] = await client.createTopics([{ name: topic, partitions: 3 }]);
        return created?.error === null ? true : undefined;
      });
    }
  } finally {
    await client.close();
    await wordCount.close();
  }
});

test('the event store restarts under everything, and nothing is lost or doubled', async (t) => {
  if (backends.restartKafka === undefined) return t.skip('the event store is a real one that others use');
  const env = environment();
  const services: RunningService[] = [];
  for (const start of [startStreams, startKafkaToElastic, startTwitterToKafka]) services.push(await start(env));
  try {
    for (let restart = 0; restart < 2; restart++) {
      const before = (await indexedIds(backends.searchUrl, env.HEADWATER_TWEETS_INDEX)).length;
      await eventually('tweets in the index', 30_000, async () =>
        (await indexedIds(backends.searchUrl, env.HEADWATER_TWEETS_INDEX)).length > before + 50 ? true : undefined,
      );
      await backends.restartKafka();
    }
    const before = (await indexedIds(backends.searchUrl, env.HEADWATER_TWEETS_INDEX)).length;
    await eventually('tweets after the restart', 30_000, async () =>
      (await indexedIds(backends.searchUrl, env.HEADWATER_TWEETS_INDEX)).length > before + 50 ? true : undefined,
    );
    await services.pop()!.close();
    await assertIndexHoldsTopic(env);
    const expected = recount(await readTweets(backends, env.HEADWATER_TWEETS_TOPIC));
    await eventually('all words counted', 20_000, async () => {
      const counts = await readCounts(backends, env.HEADWATER_TWEETS_ANALYTICS_TOPIC);
      assert.deepEqual(differences(counts, expected), []);
      return true;
    });
  } finally {
    for (const service of services) await service.close();
  }
});
