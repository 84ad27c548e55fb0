import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ApiKey, ErrorCode } from '@headwater/protocol';
import { batch, createTopic, fetchBody, testBroker } from '../../test/fixtures.ts';
import { quotaApiSteps } from '../../test/quota-api-steps.ts';
import { RawClient } from '../../test/raw-client.ts';
import { ManualClock } from '../clock/manual-clock.ts';

async function open(t: TestContext) {
  const clock = new ManualClock(startMs);
  const { broker, client } = await testBroker(t, { clock });
  const admin = await client();
  const setQuota = async (entityType: string, entityName: string | null, key: string, value: number) => {
    const entries = [{ entity: [{ entityType, entityName }], ops: [{ key, value, remove: false }] }];
    const answer = await admin.call(ApiKey.AlterClientQuotas, 1, { entries, validateOnly: false }, 'admin');
    assert.equal(answer.entries[0]!.errorCode, 0);
  };
  return { admin, broker, client, clock, setQuota };
}

const startMs = 1_700_000_000_000;

const produceBody = (topic: string, sizeBytes: number, acks = -1) => ({
  acks,
  timeoutMs: 1_000,
  topicData: [
    { name: topic, partitionData: [{ index: 0, records: batch(['x'.repeat(sizeBytes)], { timestamp: startMs }) }] },
  ],
});

const produce = async (client: RawClient, clientId: string, sizeBytes: number) =>
  (await client.call(ApiKey.Produce, 9, produceBody('orders', sizeBytes), clientId)).throttleTimeMs;

/** Answers a later request of another connection first: whatever this one had to say has been said. */
async function settled(other: RawClient): Promise<void> {
  await other.call(ApiKey.ApiVersions, 0, {}, 'other');
  await other.call(ApiKey.ApiVersions, 0, {}, 'other');
}

test('quotas are set and described as Apache Kafka 4.3.1 does', async (t) => {
  const { admin } = await open(t);
  // Recorded from Apache Kafka with these very steps (peer.int.test.ts compares the two where it runs).
  const expected = JSON.parse(readFileSync(join(import.meta.dirname, '../../test/golden/quota-apis.json'), 'utf8'));
  assert.deepEqual(await quotaApiSteps(admin), expected);
});

test('a producer above its quota is answered at once, and then not read until its time is over', async (t) => {
  const { admin, client, clock, setQuota } = await open(t);
  await createTopic(admin, 'orders');
  await setQuota('client-id', 'fast', 'producer_byte_rate', 1_000);
  const [raw, other] = [await client(), await client()];
  assert.equal(await produce(raw, 'fast', 100), 0);
  const throttleMs = await produce(raw, 'fast', 50_000);
  assert.ok(throttleMs > 40_000 && throttleMs < 41_000, `${throttleMs} ms`);
  raw.send(ApiKey.ApiVersions, 0, {}, 'fast');
  await settled(other);
  assert.equal(raw.frames.length, 0);
  assert.equal(await produce(other, 'slow', 50_000), 0, 'nobody else waits');
  clock.advance(throttleMs - 1);
  await settled(other);
  assert.equal(raw.frames.length, 0);
  clock.advance(1);
  await raw.nextFrame();
  assert.equal(await produce(raw, 'fast', 100), 0, 'what was measured is forgotten by then');
});

test('a producer that wants no answers is slowed down too', async (t) => {
  const { admin, client, clock, setQuota } = await open(t);
  await createTopic(admin, 'orders');
  await setQuota('client-id', 'fast', 'producer_byte_rate', 1_000);
  const [raw, other] = [await client(), await client()];
  raw.send(ApiKey.Produce, 9, produceBody('orders', 20_000, 0), 'fast');
  raw.send(ApiKey.ApiVersions, 0, {}, 'fast');
  await settled(other);
  assert.equal(raw.frames.length, 0);
  clock.advance(30_000);
  await raw.nextFrame();
});

test('a consumer above its quota gets nothing and the time to wait, and then what it asked for', async (t) => {
  const { admin, client, clock, setQuota } = await open(t);
  await createTopic(admin, 'orders');
  for (let n = 0; n < 4; n++) await produce(admin, 'admin', 4_000);
  await setQuota('client-id', 'reader', 'consumer_byte_rate', 1_000);
  const raw = await client();
  const fetch = async (offset: number) => {
    const answer = await raw.call(ApiKey.Fetch, 12, { ...fetchBody('orders', offset), sessionEpoch: -1 }, 'reader');
    return { throttleMs: answer.throttleTimeMs, records: answer.responses[0]?.partitions[0]?.records?.length ?? 0 };
  };
  const first = await fetch(0);
  assert.equal(first.throttleMs, 0);
  assert.ok(first.records > 8_000 && first.records < 10_000, 'as much as the quota allows for all windows at once');
  const second = await fetch(2);
  assert.ok(second.throttleMs > 0);
  assert.equal(second.records, 0);
  // All windows: what was answered first is in none of them any more.
  clock.advance(11_000);
  const third = await fetch(2);
  assert.equal(third.throttleMs, 0);
  assert.ok(third.records > 4_000);
});

test('request_percentage is of the time that requests take, and waits at most one window', async (t) => {
  const { client, setQuota } = await open(t);
  await setQuota('user', 'ANONYMOUS', 'request_percentage', 1e-9);
  const answer = await (await client()).call(ApiKey.Metadata, 9, { topics: [] }, 'busy');
  assert.equal(answer.throttleTimeMs, 1_000);
});

test('changes of topics beyond the quota are refused where the version knows that, else made to wait for', async (t) => {
  const { client, clock, setQuota } = await open(t);
  await setQuota('client-id', 'maker', 'controller_mutation_rate', 0.1);
  const make = async (name: string, numPartitions: number, version: number) => {
    // A new connection each: the others wait.
    const raw = await client();
    const topic = { name, numPartitions, replicationFactor: 1, assignments: [], configs: [] };
    const { throttleTimeMs, topics } = await raw.call(ApiKey.CreateTopics, version, { topics: [topic] }, 'maker');
    return [topics[0]!.errorCode, throttleTimeMs];
  };
  const { THROTTLING_QUOTA_EXCEEDED, UNKNOWN_TOPIC_OR_PARTITION } = ErrorCode;
  assert.deepEqual(await make('a', 5, 7), [0, 0]);
  assert.deepEqual(await make('b', 1, 7), [THROTTLING_QUOTA_EXCEEDED, 39_000]);
  assert.deepEqual(await make('c', 1, 5), [0, 49_000]);
  const raw = await client();
  const topics = [{ name: 'a', topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }];
  const deleted = await raw.call(ApiKey.DeleteTopics, 6, { topics, timeoutMs: 1 }, 'maker');
  assert.deepEqual([deleted.responses[0]!.errorCode, deleted.throttleTimeMs], [THROTTLING_QUOTA_EXCEEDED, 49_000]);
  const grown = await (await client()).call(
    ApiKey.CreatePartitions,
    3,
    { topics: [{ name: 'a', count: 9, assignments: null }], timeoutMs: 1, validateOnly: false },
    'maker',
  );
  assert.deepEqual([grown.results[0]!.errorCode, grown.throttleTimeMs], [THROTTLING_QUOTA_EXCEEDED, 49_000]);
  const asked = await (await client()).call(
    ApiKey.Metadata,
    9,
    { topics: [{ name: 'on-the-way' }], allowAutoTopicCreation: true },
    'maker',
  );
  assert.deepEqual([asked.topics[0]!.errorCode, asked.throttleTimeMs], [UNKNOWN_TOPIC_OR_PARTITION, 0]);
  clock.advance(50_000);
  assert.deepEqual(await make('b', 1, 7), [0, 0]);
});

test('an address that connects too fast is held and closed; what is open stays', async (t) => {
  const { admin, broker, clock, setQuota } = await open(t);
  await setQuota('ip', '127.0.0.1', 'connection_creation_rate', 1);
  const clients: RawClient[] = [];
  t.after(() => {
    for (const raw of clients) raw.close();
  });
  // Ten windows and one a second: the eleventh is too many.
  for (let n = 0; n < 11; n++) clients.push(await RawClient.connect(broker));
  for (const raw of clients.slice(0, 10)) await raw.call(ApiKey.ApiVersions, 0, {});
  const refused = clients[10]!;
  refused.send(ApiKey.ApiVersions, 0, {});
  await settled(admin);
  assert.equal(refused.isClosed, false);
  assert.equal(refused.frames.length, 0);
  await admin.call(ApiKey.ApiVersions, 0, {});
  clock.advance(60_000);
  const later = await RawClient.connect(broker);
  clients.push(later);
  await later.call(ApiKey.ApiVersions, 0, {});
});
