import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { example, type Start } from '@headwater/example-tweets';
import { startRegistry } from '@headwater/registry';
import { type Correlation, type Rest, startRest } from '@headwater/rest';
import { startSearch } from '@headwater/search';
import { startOtlp, startZipkin } from '@headwater/telemetry';

/** From a tweet's record to everything that came of it, and back, by `/api/correlate`. */
const run = randomUUID().slice(0, 8);
const topic = `tweets-${run}`;
const countsTopic = `counts-${run}`;
const index = `tweets-${run}`;
/** The first begins a trace, the second is one too many in that second. */
const sampled = { id: '9007199254740993', userId: '7', word: `zephyr${run}` };
const unsampled = { id: '9007199254740995', userId: '8', word: `ostrich${run}` };
/** Sent; processed and indexed by one service; processed, and each of two words, by the other. */
const spansOfTweet = 6;
/** The last is closed first. */
const running: { close(): Promise<void> }[] = [];
let folder: string;
let rest: Rest;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'follow-'));
  const lines = [sampled, unsampled].map(
    ({ id, userId, word }) => `{"userId":${userId},"id":${id},"text":"${word} quokka","createdAt":1700000000000}\n`,
  );
  await writeFile(join(folder, 'tweets.jsonl'), lines.join(''));
  const broker = await startBroker();
  const search = await startSearch({ dataDir: join(folder, 'search') });
  const registry = await startRegistry({ kafkaUrl: broker.bootstrap, port: 0 });
  const zipkin = await startZipkin({ port: 0, bootstrap: broker.bootstrap });
  const otlp = await startOtlp({ port: 0, bootstrap: broker.bootstrap });
  running.push(broker, search, registry, zipkin, otlp);
  rest = await startRest({
    kafkaUrl: broker.bootstrap,
    registryUrl: registry.url,
    port: 0,
    correlate: () => ({ zipkinUrl: zipkin.url, searchUrl: search.url }),
  });
  running.push(rest);
  const env = {
    HEADWATER_KAFKA_URL: broker.bootstrap,
    HEADWATER_REGISTRY_URL: registry.url,
    HEADWATER_SEARCH_URL: search.url,
    HEADWATER_OTLP_URL: otlp.url,
    HEADWATER_TWEETS_TOPIC: topic,
    HEADWATER_TWEETS_ANALYTICS_TOPIC: countsTopic,
    HEADWATER_TWEETS_INDEX: index,
    HEADWATER_TWEETS_GROUP_PREFIX: `${run}-`,
    HEADWATER_TWEETS_STREAMS_PORT: '0',
    HEADWATER_TWEETS_SOURCE: 'file',
    HEADWATER_TWEETS_FILE: join(folder, 'tweets.jsonl'),
    HEADWATER_TWEETS_PACE: 'fast',
    HEADWATER_TWEETS_TRACES_PER_SECOND: '0.000001',
  };
  for (const name of ['streams', 'kafka-to-elastic', 'twitter-to-kafka']) {
    const { main } = example.services.find((service) => service.name === name)!;
    const { start } = (await import(main.href)) as { start: Start };
    running.push(await start(env));
  }
});

after(async () => {
  for (const each of running.reverse()) await each.close();
  await rm(folder, { recursive: true, force: true });
});

async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (const untilMs = performance.now() + 60_000; ; ) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > untilMs) throw new Error(`${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function correlate(query: Record<string, string | number>): Promise<Correlation> {
  const search = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
  );
  const response = await fetch(`${rest.url}/api/correlate?${search}`);
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as Correlation;
}

/** On a slow machine a part may not answer in its time: the answer says so, and is asked for again. */
const correlateUntil = (
  query: Record<string, string | number>,
  isThere: (found: Correlation) => boolean,
): Promise<Correlation> =>
  eventually(JSON.stringify(query), async () => {
    const found = await correlate(query);
    return isThere(found) ? found : undefined;
  });

/** The count of a word, once it is there: from it the tweet is found. */
const ofWord = (word: string): Promise<Correlation> =>
  eventually(`the count of ${word}`, async () => {
    const response = await fetch(`${rest.url}/api/topics/${countsTopic}`);
    await response.body?.cancel();
    if (response.status !== 200) return undefined;
    const found = await correlate({ table: countsTopic, key: word });
    return found.upstream.some((record) => record.topic === topic) ? found : undefined;
  });

async function followed({ id, word }: typeof sampled, isSampled: boolean): Promise<Correlation> {
  const count = await ofWord(word);
  assert.equal(JSON.parse(count.record!.value!.text!).wordCount, 1);
  assert.equal(count.ids.correlationId, id);
  const source = count.upstream.find((record) => record.topic === topic)!;
  assert.ok(source, `the count leads to the tweet: ${JSON.stringify(count)}`);

  const place = { topic, partition: source.partition, offset: source.offset };
  const found = await eventually(`all of ${word}`, async () => {
    const all = await correlate(place);
    const isWhole = all.documents.length > 0 && (!isSampled || (all.trace?.spans ?? 0) >= spansOfTweet);
    return isWhole && all.downstream.some(({ key }) => key?.text === word) ? all : undefined;
  });
  assert.deepEqual([found.ids.isSampled, found.ids.correlationId, found.upstream], [isSampled, id, []]);
  assert.match(found.record!.value!.text!, new RegExp(`"id":${id},`), 'a tweet in Avro, with every digit');
  const documents = found.documents.map((document) => ({ id: document.id, index: document.index }));
  assert.deepEqual(documents, [{ id: id, index }]);
  assert.ok(found.rows.some(({ key, topic }) => topic === countsTopic && key?.text === word));

  const back = await correlateUntil({ index, id }, ({ record }) => record !== null);
  assert.deepEqual({ topic, partition: back.record!.partition, offset: back.record!.offset }, place, 'and back');
  assert.equal(back.ids.traceId, found.ids.traceId);
  return found;
}

test('a tweet whose trace is recorded: its trace through all services, its document, its counts, and back', async () => {
  const found = await followed(sampled, true);
  assert.equal(found.trace!.exists, true);
  assert.deepEqual(found.trace!.services, ['kafka-to-elastic', 'streams', 'twitter-to-kafka']);
  await correlateUntil({ traceId: found.ids.traceId! }, ({ downstream }) => downstream.some(isSameAs(found)));
});

test('a tweet that nobody records is followed as far', async () => {
  const found = await followed(unsampled, false);
  assert.equal(found.trace!.exists, false);
  const query = { correlationId: unsampled.id, aroundMs: found.record!.timestamp };
  await correlateUntil(query, ({ downstream }) => downstream.some(isSameAs(found)));
});

const isSameAs =
  ({ record }: Correlation) =>
  (other: { topic: string; offset: number }) =>
    other.topic === topic && other.offset === record!.offset;
