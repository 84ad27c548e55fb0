import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { RunningService } from '../common/service.ts';
import { encodeTweet, type Tweet } from '../common/tweet.ts';
import { start as startKafkaToElastic } from '../kafka-to-elastic/main.ts';
import { start as startQueryService } from '../query-service/main.ts';
import { start as startStreams } from '../streams/main.ts';
import { start as startTwitterToKafka } from '../twitter-to-kafka/main.ts';
import { type MockTweet, mockTweets } from '../twitter-to-kafka/mock-tweets.ts';
import { type Backends, startBackends } from './backends.ts';
import { differences, eventually, idDifferences, indexedIds, readCounts, readTweets, recount } from './truth.ts';

/** The whole system in one process: a file in, search and counts out. */
const run = randomUUID().slice(0, 8);
const topic = `tweets-${run}`;
const countsTopic = `counts-${run}`;
const index = `tweets-${run}`;
const tweets = makeTweets(2_000);
const running: RunningService[] = [];
let backends: Backends;
let folder: string;
let queryUrl: string;
let wordCountUrl: string;
let env: Record<string, string>;

before(async () => {
  backends = await startBackends();
  folder = await mkdtemp(join(tmpdir(), 'tweets-'));
  const lines = tweets.map((tweet) => encodeTweet(tweet));
  lines.splice(3, 0, '{"id": "not a tweet"}');
  await writeFile(join(folder, 'tweets.jsonl'), `${lines.join('\n')}\n`);
  env = {
    HEADWATER_KAFKA_URL: backends.kafkaUrl,
    HEADWATER_REGISTRY_URL: backends.registryUrl,
    HEADWATER_SEARCH_URL: backends.searchUrl,
    HEADWATER_TWEETS_TOPIC: topic,
    HEADWATER_TWEETS_ANALYTICS_TOPIC: countsTopic,
    HEADWATER_TWEETS_INDEX: index,
    HEADWATER_TWEETS_GROUP_PREFIX: `${run}-`,
    HEADWATER_TWEETS_STREAMS_PORT: '0',
    HEADWATER_TWEETS_QUERY_SERVICE_PORT: '0',
    HEADWATER_TWEETS_SOURCE: 'file',
    HEADWATER_TWEETS_FILE: join(folder, 'tweets.jsonl'),
    HEADWATER_TWEETS_PACE: 'fast',
  };
  const wordCount = await startStreams(env);
  wordCountUrl = wordCount.url!;
  env['HEADWATER_TWEETS_STREAMS_URL'] = wordCountUrl;
  const query = await startQueryService(env);
  queryUrl = query.url!;
  running.push(wordCount, query, await startKafkaToElastic(env));
  const source = await startTwitterToKafka(env);
  running.push(source);
  await source.finished;
});

after(async () => {
  for (const service of running) await service.close();
  for (const service of running) await service.close(); // a second time does no harm
  await backends.close();
  await rm(folder, { recursive: true, force: true });
});

test('every good line of the file is on the topic, once, in the order of its user', async () => {
  const written = await readTweets(backends, topic);
  assert.equal(written.length, tweets.length);
  const byUser = Map.groupBy(written, ({ userId }) => userId);
  for (const [userId, expected] of Map.groupBy(tweets, (tweet) => tweet.userId)) {
    assert.deepEqual(byUser.get(userId), expected);
  }
});

test('read again from the beginning, the file adds nothing', async () => {
  const again = await startTwitterToKafka(env);
  await again.finished;
  await again.close();
  assert.equal((await readTweets(backends, topic)).length, tweets.length);
});

test('the index holds each tweet once', async () => {
  const ids = await eventually('all tweets in the index', 20_000, async () => {
    const found = await indexedIds(backends.searchUrl, index);
    return found.length >= tweets.length ? found : undefined;
  });
  assert.deepEqual(
    idDifferences(
      ids,
      tweets.map(({ id }) => id),
    ),
    [],
  );
});

test('the counts are those of a recount', async () => {
  const expected = recount(tweets);
  const total = [...expected.values()].reduce((sum, count) => sum + count, 0);
  const top = await eventually('all words counted', 20_000, async () => {
    const answer = (await (await fetch(`${wordCountUrl}/top-words?limit=1`)).json()) as { totalWords: number };
    return answer.totalWords >= total ? answer : undefined;
  });
  assert.deepEqual(differences(await readCounts(backends, countsTopic), expected), []);
  const [word, count] = [...expected].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]!;
  assert.deepEqual(top, { words: [{ word, count }], totalWords: total, distinctWords: expected.size });
});

test('a document is answered with all digits of its ids and with links that lead on', async () => {
  const tweet = tweets.find(({ userId }) => BigInt(userId) > 2n ** 53n)!;
  const response = await fetch(`${queryUrl}/documents/${tweet.id}`, { headers: { 'x-forwarded-prefix': '/query' } });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'application/vnd.api.v1+json');
  const json = await response.text();
  assert.match(json, new RegExp(`^\\{"id":"${tweet.id}","userId":${tweet.userId},"text":`));
  const document = JSON.parse(json) as { text: string; createdAt: string; links: { rel: string; href: string }[] };
  assert.equal(document.text, tweet.text);
  assert.equal(Date.parse(document.createdAt), tweet.createdAt);
  assert.deepEqual(document.links, [
    { rel: 'self', href: `/query/documents/${tweet.id}` },
    { rel: 'documents', href: '/query/documents' },
  ]);
  for (const id of ['1', 'x', '99999999999999999999']) {
    assert.equal((await fetch(`${queryUrl}/documents/${id}`)).status, 404, id);
  }
});

test('no digit of a user is lost in a list, in whatever company', async () => {
  const userIds = new Map(tweets.map(({ id, userId }) => [id, userId]));
  const pages = ['limit=1000', ...Array.from({ length: 100 }, (_, from) => `limit=1&from=${from}`)];
  for (const page of pages) {
    const json = await (await fetch(`${queryUrl}/documents?${page}`)).text();
    for (const [, id, userId] of json.matchAll(/"id":"(\d+)","userId":(\d+),/g)) assert.equal(userId, userIds.get(id!));
  }
});

test('documents are listed newest first, page by page', async () => {
  const page = async (query: string): Promise<{ id: string }[]> =>
    (await (await fetch(`${queryUrl}/documents?${query}`)).json()) as { id: string }[];
  const newest = [...tweets].sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1)).map(({ id }) => id);
  assert.deepEqual(
    (await page('limit=3')).map(({ id }) => id),
    newest.slice(0, 3),
  );
  assert.deepEqual(
    (await page('limit=3&from=3')).map(({ id }) => id),
    newest.slice(3, 6),
  );
  assert.equal((await page('')).length, 20);
  const refused = await fetch(`${queryUrl}/documents?limit=1001`);
  assert.equal(refused.status, 400);
  assert.deepEqual(Object.keys((await refused.json()) as object), ['limit']);
});

interface Answer {
  queryResponseModels: { id: string; text: string }[];
  wordCount: number | null;
  wordCountError?: string;
  total: number;
  highlights: Record<string, string>;
}

async function search(url: string, body: unknown): Promise<Response> {
  return await fetch(`${url}/documents/get-document-by-text`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

test('a search answers hits, highlights and the count of the word', async () => {
  const answer = (await (await search(queryUrl, { text: 'Kafka' })).json()) as Answer;
  const matching = tweets.filter(({ text }) => recount([{ text } as Tweet]).has('kafka'));
  assert.equal(answer.total, matching.length);
  assert.equal(answer.wordCount, recount(tweets).get('kafka'));
  assert.equal(answer.queryResponseModels.length, Math.min(20, matching.length));
  for (const { id, text } of answer.queryResponseModels) {
    assert.match(answer.highlights[id]!, /<em>Kafka<\/em>/i);
    assert.equal(answer.highlights[id]!.replaceAll(/<\/?em>/g, ''), text);
  }
  const one = (await (await search(queryUrl, { text: 'Kafka', id: matching[0]!.id })).json()) as Answer;
  assert.deepEqual(
    one.queryResponseModels.map(({ id }) => id),
    [matching[0]!.id],
  );
});

test('bad searches are told which field is wrong', async () => {
  for (const [body, field] of [
    [{}, 'text'],
    [{ text: ' ' }, 'text'],
    [{ text: 7 }, 'text'],
    [null, 'body'],
    [{ text: 'a', id: 7 }, 'id'],
  ] as const) {
    const response = await search(queryUrl, body);
    assert.equal(response.status, 400);
    assert.deepEqual(Object.keys((await response.json()) as object), [field]);
  }
});

test('without streams a search answers, and says why there is no count', async () => {
  const nobody = 'http://127.0.0.1:9';
  const alone = await startQueryService({
    ...env,
    HEADWATER_TWEETS_STREAMS_URL: nobody,
    HEADWATER_TWEETS_ANALYTICS_URL: nobody,
  });
  const answer = (await (await search(alone.url!, { text: 'kafka' })).json()) as Answer;
  await alone.close();
  assert.equal(answer.wordCount, null);
  assert.match(answer.wordCountError!, /streams/);
  assert.ok(answer.queryResponseModels.length > 0);
});

test('as events a search goes on with the hits that come later', async () => {
  const stop = new AbortController();
  const response = await fetch(`${queryUrl}/documents/get-document-by-text?text=zyxwv&limit=1`, {
    headers: { accept: 'text/event-stream' },
    signal: stop.signal,
  });
  const events = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  assert.match((await events.read()).value!, /^event: live\ndata: \{"total":0,"wordCount":0/);

  const tweet = { id: '2124200892778856451', userId: '7', text: 'Zyxwv is new', createdAt: Date.now() };
  await writeFile(join(folder, 'late.jsonl'), `${encodeTweet(tweet)}\n`);
  const source = await startTwitterToKafka({ ...env, HEADWATER_TWEETS_FILE: join(folder, 'late.jsonl') });
  await source.finished;
  await source.close();

  const event = (await events.read()).value!;
  assert.match(event, /^event: document\nid: 2124200892778856451\ndata: \{"id":"2124200892778856451","userId":7,/);
  assert.match(event, /"highlight":"<em>Zyxwv<\/em> is new"/);
  stop.abort();
});

function makeTweets(count: number): Tweet[] {
  const made = mockTweets({ keywords: ['Kafka', 'Java'], minWords: 5, maxWords: 15, seed: 11 });
  return Array.from({ length: count }, (_, i) => ({
    ...withoutLang(made.next().value),
    id: String(592_089_033_144_795_136n + BigInt(i) * 4_194_303n),
    createdAt: 1_430_000_000_000 + Math.floor(i / 2),
  }));
}

/** The topic begins with the schema that has no language. */
function withoutLang({ userId, text }: MockTweet): Omit<MockTweet, 'lang'> {
  return { userId, text };
}
