import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { createClient } from '@headwater/client';
import { avroCodec, ParsedAvroSchema } from '@headwater/serdes';
import type { RunningService } from '../common/service.ts';
import { start as startStreams } from '../streams/main.ts';
import { type Backends, startBackends } from './backends.ts';
import { eventually, readTopic } from './truth.ts';

/** `twitter-analytics-topic` as others see it: Avro with its schema in the registry, beside JSON from before. */
const run = randomUUID().slice(0, 8);
const topic = `tweets-${run}`;
const countsTopic = `counts-${run}`;
let backends: Backends;
let streams: RunningService | undefined;

before(async () => {
  backends = await startBackends();
});

after(async () => {
  await streams?.close();
  await backends.close();
});

test('counts are Avro on the wire, with their schema under the topic; counts in JSON of an older version are read on', async () => {
  const client = createClient({ bootstrap: backends.kafkaUrl, clientId: 'test' });
  try {
    await client.createTopics([{ name: countsTopic, partitions: 3, configs: { 'cleanup.policy': 'compact' } }]);
    const before = JSON.stringify({ word: 'before', wordCount: 70, createdAt: 1_700_000_000_000 });
    await client.produce({ topic: countsTopic, records: [{ key: 'before', value: before }] });
    streams = await startStreams({
      HEADWATER_KAFKA_URL: backends.kafkaUrl,
      HEADWATER_REGISTRY_URL: backends.registryUrl,
      HEADWATER_TWEETS_TOPIC: topic,
      HEADWATER_TWEETS_ANALYTICS_TOPIC: countsTopic,
      HEADWATER_TWEETS_GROUP_PREFIX: `${run}-`,
      HEADWATER_TWEETS_STREAMS_PORT: '0',
    });
    const { url } = streams;
    const top = () =>
      eventually('top words', 20_000, async () => {
        const answer = await fetch(`${url}/top-words`);
        return answer.status === 200
          ? ((await answer.json()) as { words: { word: string; count: number }[] }).words
          : undefined;
      });
    assert.deepEqual(await top(), [{ word: 'before', count: 70 }]);

    const text = 'Größe, größe und so';
    const tweet = JSON.stringify({ userId: 1, id: 2, text, createdAt: 3 });
    await client.produce({ topic, records: [{ key: Buffer.alloc(8), value: tweet }] });
    await eventually('the words counted', 20_000, async () => ((await top()).length === 4 ? true : undefined));
    assert.deepEqual(
      (await top()).map(({ word, count }) => `${word} ${count}`),
      ['before 70', 'größe 2', 'so 1', 'und 1'],
    );
  } finally {
    await client.close();
  }

  const subject = await fetch(`${backends.registryUrl}/subjects/${countsTopic}-value/versions/latest`);
  const { id, schema } = (await subject.json()) as { id: number; schema: string };
  const { fields, name, namespace } = JSON.parse(schema);
  assert.deepEqual([namespace, name], ['com.microservices.demo.kafka.avro.model', 'TwitterAnalyticsAvroModel']);
  assert.deepEqual(
    fields.map((field: { name: string; type: unknown }) => [field.name, field.type]),
    [
      ['word', ['null', 'string']],
      ['wordCount', ['null', 'long']],
      ['createdAt', ['null', 'long']],
    ],
  );
  const codec = avroCodec(new ParsedAvroSchema(schema).schema);
  const counts = (await readTopic(backends.kafkaUrl, countsTopic)).filter(({ key }) => String(key) !== 'before');
  const newest = new Map<string, bigint>();
  for (const { headers, key, value } of counts) {
    assert.deepEqual([value![0], value!.readInt32BE(1)], [0, id]);
    const count = codec.decode(value!, 5, value!.length) as { word: string; wordCount: bigint; createdAt: bigint };
    assert.equal(count.word, String(key));
    assert.ok(Math.abs(Number(count.createdAt) - Date.now()) < 600_000, 'epoch milliseconds');
    const names = headers.map((header) => header.key);
    assert.ok(names.includes('counted'), String(names));
    newest.set(count.word, count.wordCount);
  }
  assert.deepEqual([...newest].sort(), [
    ['größe', 2n],
    ['so', 1n],
    ['und', 1n],
  ]);
});
