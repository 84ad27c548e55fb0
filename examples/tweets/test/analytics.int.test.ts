import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { createClient, type KafkaClient } from '@headwater/client';
import { start as startAnalyticsService } from '../analytics/main.ts';
import type { RunningService } from '../common/service.ts';
import { type Backends, startBackends } from './backends.ts';
import { type BreakableWay, openWay } from './breakable-way.ts';
import { eventually, storedCounts } from './truth.ts';

/** analytics on a real database: what it answers, what it throws away, and what it says while the database is away. */
const hourMs = 3_600_000;
let backends: Backends;
let client: KafkaClient;
let way: BreakableWay;
let env: Record<string, string>;
let topic: string;

before(async () => {
  backends = await startBackends();
  client = createClient({ bootstrap: backends.kafkaUrl, clientId: 'test' });
  const url = new URL(backends.postgresUrl);
  way = await openWay({ host: url.hostname, port: Number(url.port) });
  url.host = `127.0.0.1:${way.port}`;
  const run = randomUUID().slice(0, 8);
  topic = `counts-${run}`;
  env = {
    HEADWATER_KAFKA_URL: backends.kafkaUrl,
    HEADWATER_REGISTRY_URL: backends.registryUrl,
    HEADWATER_TWEETS_ANALYTICS_TOPIC: topic,
    HEADWATER_TWEETS_GROUP_PREFIX: `${run}-`,
    HEADWATER_TWEETS_ANALYTICS_PORT: '0',
    HEADWATER_TWEETS_ANALYTICS_POSTGRES_URL: url.href,
    HEADWATER_TWEETS_ANALYTICS_ROWS: 'every',
    HEADWATER_TWEETS_ANALYTICS_LINGER_MS: '50',
    HEADWATER_TWEETS_ANALYTICS_KEEP_HOURS: '1000000',
  };
});

after(async () => {
  await client.close();
  await way.close();
  await backends.close();
});

interface Count {
  word: string;
  wordCount: number;
  createdAt: number;
}

async function write(counts: readonly Count[]): Promise<void> {
  const records = counts.map((count) => ({ key: count.word, value: JSON.stringify(count) }));
  for (let at = 0; at < records.length; at += 500)
    await client.produce({ topic, records: records.slice(at, at + 500) });
}

const rowsAre = (total: number) =>
  eventually(`${total} rows`, 60_000, async () => {
    const { ids } = await storedCounts(backends.postgresUrl);
    return ids.length === total ? true : undefined;
  });

interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: answers of several shapes, looked at by assertions
  body: any;
}

async function ask({ url }: RunningService, path: string): Promise<Answer> {
  const response = await fetch(`${url}${path}`);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

test('counts of a word over time: between two moments, oldest first, the newest thousand', async (t) => {
  const service = await startAnalyticsService(env);
  t.after(() => service.close());
  const start = Date.now() - 480 * hourMs;
  const many = Array.from({ length: 1_200 }, (_, i) => ({ word: 'kafka', wordCount: i, createdAt: start + i * 1_000 }));
  const nowMs = Date.now();
  await write([
    ...many,
    { word: 'now', wordCount: 1, createdAt: nowMs - 2 * hourMs },
    { word: 'now', wordCount: 2, createdAt: nowMs - hourMs / 2 },
    { word: 'now', wordCount: 3, createdAt: nowMs - hourMs / 2 },
  ]);
  await rowsAre(many.length + 3);

  const history = async (path: string): Promise<number[]> => {
    const { body, status } = await ask(service, `/words/${path}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body.counts.map(({ wordCount }: { wordCount: number }) => wordCount);
  };
  const whole = await ask(service, `/words/Kafka/history?from=${start}&to=${start + 2 * hourMs}`);
  assert.equal(whole.headers.get('content-type'), 'application/vnd.api.v1+json');
  assert.equal(whole.body.word, 'kafka');
  assert.equal(whole.body.counts.length, 1_000);
  assert.deepEqual(whole.body.counts[0], { wordCount: 200, recordDate: new Date(start + 200_000).toISOString() });
  assert.equal(whole.body.counts.at(-1).wordCount, 1_199);
  // The first moment belongs to it, the last does not; ISO 8601 does as well as milliseconds.
  const from = new Date(start + 5_000).toISOString();
  assert.deepEqual(await history(`kafka/history?from=${from}&to=${start + 8_000}`), [5, 6, 7]);
  assert.deepEqual(await history('now/history'), [2, 3], 'the last hour; of one moment the higher count is the later');
  assert.deepEqual(await history('nobody/history'), []);
  const refused = await ask(service, '/words/kafka/history?from=yesterday');
  assert.deepEqual([refused.status, refused.body.error.code], [400, 'HW_TWEETS_QUERY']);
  assert.match(refused.body.error.message, /from is "yesterday": give a time in ISO 8601/);

  const newest = await ask(service, '/get-word-count-by-word/NOW');
  assert.deepEqual([newest.body.word, newest.body.wordCount], ['now', 3]);
  assert.deepEqual((await ask(service, '/get-word-count-by-word/nobody')).body, {});
});

test('old rows go, but for the newest of each word, however many there are', async (t) => {
  const words = Array.from({ length: 100 }, (_, i) => `old${i}`);
  const oldMs = Date.now() - 30 * hourMs;
  const { ids: idsBefore } = await storedCounts(backends.postgresUrl);
  const first = await startAnalyticsService(env);
  await write([
    // More than one deletion takes.
    ...words.flatMap((word) =>
      Array.from({ length: 50 }, (_, i) => ({ word, wordCount: i + 1, createdAt: oldMs + i })),
    ),
    { word: 'both', wordCount: 1, createdAt: oldMs },
    { word: 'both', wordCount: 2, createdAt: Date.now() - 23 * hourMs },
    { word: 'both', wordCount: 3, createdAt: Date.now() - 22 * hourMs },
  ]);
  await rowsAre(idsBefore.length + 5_003);
  await first.close();

  const second = await startAnalyticsService({ ...env, HEADWATER_TWEETS_ANALYTICS_KEEP_HOURS: '24' });
  t.after(() => second.close());
  // Of the test before: the newest of kafka's, and all of now's, which are young.
  await rowsAre(words.length + 2 + 1 + 3);
  const { newest } = await storedCounts(backends.postgresUrl);
  for (const word of words) assert.equal(newest.get(word), 50, word);
  assert.equal(newest.get('both'), 3);
  const both = await ask(second, `/words/both/history?from=0`);
  assert.deepEqual(
    both.body.counts.map(({ wordCount }: { wordCount: number }) => wordCount),
    [2, 3],
  );
});

for (const state of ['broken', 'silent'] as const) {
  test(`while the database is ${state === 'broken' ? 'away' : 'silent'} the answer is 503, and the counts wait`, async (t) => {
    const service = await startAnalyticsService(env);
    t.after(() => service.close());
    t.after(() => (way.state = 'open'));
    const word = `during-${state}`;
    await eventually('it is up', 60_000, async () =>
      (await ask(service, '/get-word-count-by-word/x')).status === 200 ? true : undefined,
    );
    way.state = state;
    await write([{ word, wordCount: 7, createdAt: Date.now() }]);
    for (const path of [`/get-word-count-by-word/${word}`, `/words/${word}/history`]) {
      const { body, headers, status } = await ask(service, path);
      assert.deepEqual(
        [status, headers.get('retry-after'), body.error.code],
        [503, '1', 'HW_TWEETS_DATABASE_DOWN'],
        path,
      );
      assert.match(body.error.message, /^the database does not answer: ./);
    }
    await eventually('its health says so', 60_000, async () => {
      const health = await ask(service, '/health');
      return health.status === 503 && health.body.components.database.status === 'DOWN' ? true : undefined;
    });
    way.state = 'open';
    await eventually('the count that waited', 60_000, async () => {
      const { body, status } = await ask(service, `/get-word-count-by-word/${word}`);
      return status === 200 && body.wordCount === 7 ? true : undefined;
    });
    await eventually('its health is well', 60_000, async () =>
      (await ask(service, '/health')).status === 200 ? true : undefined,
    );
  });
}
