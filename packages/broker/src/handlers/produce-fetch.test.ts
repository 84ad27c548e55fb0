import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey, decodeRecords, ErrorCode, encodeBatch, type ResponseOf } from '@headwater/protocol';
import { ManualClock } from '../../index.ts';
import { batch, createTopic, fetchBody, produce, temporaryDir, testBroker } from '../../test/fixtures.ts';
import type { RawClient } from '../../test/raw-client.ts';

type Fetched = ResponseOf[typeof ApiKey.Fetch]['responses'][number]['partitions'][number];

async function fetchOne(client: RawClient, topic: string, offset: number, options = {}): Promise<Fetched> {
  const { responses } = await client.call(ApiKey.Fetch, 12, fetchBody(topic, offset, options));
  return responses[0]!.partitions[0]!;
}

function values(records: Buffer | null): string[] {
  const found: string[] = [];
  for (let offset = 0; records !== null && offset < records.length; offset += 12 + records.readInt32BE(offset + 8)) {
    for (const record of decodeRecords(records, offset)) found.push(String(record.value));
  }
  return found;
}

test('what is produced is fetched, with offsets and watermarks', async (t) => {
  const client = await (await testBroker(t)).client();
  await createTopic(client, 'orders');
  const first = await produce(client, 'orders', batch(['a', 'b']));
  const second = await produce(client, 'orders', batch(['c']), { acks: 1 });
  assert.deepEqual([first.baseOffset, second.baseOffset], [0, 2]);
  const all = await fetchOne(client, 'orders', 0);
  assert.deepEqual(values(all.records), ['a', 'b', 'c']);
  assert.deepEqual([all.highWatermark, all.lastStableOffset, all.logStartOffset], [3, 3, 0]);
  assert.deepEqual(values((await fetchOne(client, 'orders', 2)).records), ['c']);
});

test('a fetch at the end waits for the next append and gets it at once', async (t) => {
  const { client } = await testBroker(t);
  const [reader, writer] = [await client(), await client()];
  await createTopic(writer, 'orders');
  const startedMs = performance.now();
  const waiting = fetchOne(reader, 'orders', 0, { maxWaitMs: 30_000 });
  await produce(writer, 'orders', batch(['x']));
  assert.deepEqual(values((await waiting).records), ['x']);
  assert.ok(performance.now() - startedMs < 5_000);
});

test('a long poll ends with its time, on the broker clock', async (t) => {
  const clock = new ManualClock();
  const { client } = await testBroker(t, { clock });
  const [reader, writer] = [await client(), await client()];
  await createTopic(writer, 'orders');
  const waiting = fetchOne(reader, 'orders', 0, { maxWaitMs: 500 });
  // The order of two connections is the broker's business: ask until the first request must have arrived.
  for (let round = 0; round < 20; round++) await writer.call(ApiKey.ApiVersions, 0, {});
  clock.advance(499);
  await writer.call(ApiKey.ApiVersions, 0, {});
  assert.equal(reader.frames.length, 0);
  clock.advance(1);
  const { records, errorCode } = await waiting;
  assert.deepEqual([errorCode, records?.length], [0, 0]);
});

test('min bytes: a fetch waits until enough has come, over all its partitions', async (t) => {
  const { client } = await testBroker(t);
  const [reader, writer] = [await client(), await client()];
  await createTopic(writer, 'orders', 2);
  const body = fetchBody('orders', 0, { maxWaitMs: 30_000, minBytes: 300, partitions: [0, 1] });
  const waiting = reader.call(ApiKey.Fetch, 12, body);
  const part = batch(['x'.repeat(50)]);
  let appended = 0;
  for (let index = 0; appended + part.length < 300; index++, appended += part.length) {
    await produce(writer, 'orders', batch(['x'.repeat(50)]), { partition: index % 2 });
    assert.equal(reader.frames.length, 0, `${appended} bytes are not enough`);
  }
  await produce(writer, 'orders', batch(['x'.repeat(50)]));
  const { responses } = await waiting;
  const bytes = responses[0]!.partitions.reduce((sum, { records }) => sum + (records?.length ?? 0), 0);
  assert.ok(bytes >= 300);
});

test('a client that goes away while it waits leaves nothing behind', async (t) => {
  const { client } = await testBroker(t);
  const [reader, writer] = [await client(), await client()];
  await createTopic(writer, 'orders');
  reader.send(ApiKey.Fetch, 12, fetchBody('orders', 0, { maxWaitMs: 30_000 }));
  await writer.call(ApiKey.ApiVersions, 0, {});
  reader.close();
  for (let index = 0; index < 5; index++) assert.equal((await produce(writer, 'orders', batch(['x']))).errorCode, 0);
});

test('size limits: a first batch that is larger comes whole, others stay within them', async (t) => {
  const client = await (await testBroker(t)).client();
  await createTopic(client, 'orders', 2);
  for (const partition of [0, 1]) {
    for (let index = 0; index < 3; index++) {
      await produce(client, 'orders', batch(['x'.repeat(1_000)]), { partition });
    }
  }
  const parts = [0, 1].map((partition) => ({ partition, fetchOffset: 0, partitionMaxBytes: 10 }));
  const topics = [{ topic: 'orders', partitions: parts }];
  const small = await client.call(ApiKey.Fetch, 12, { maxWaitMs: 0, minBytes: 1, maxBytes: 100, topics });
  const sizes = small.responses[0]!.partitions.map(({ records }) => values(records).length);
  assert.deepEqual(sizes, [1, 0]);
  const wide = parts.map((part) => ({ ...part, partitionMaxBytes: 2_500 }));
  const two = await client.call(ApiKey.Fetch, 12, {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 1_000_000,
    topics: [{ topic: 'orders', partitions: wide }],
  });
  assert.deepEqual(
    two.responses[0]!.partitions.map(({ records }) => values(records).length),
    [2, 2],
  );
});

test('cold reads by many at once: memory that is used again never shows the bytes of another answer', async (t) => {
  const dataDir = await temporaryDir(t);
  const { client } = await testBroker(t, { dataDir, config: { 'headwater.cache.bytes': 0 } });
  const writer = await client();
  await createTopic(writer, 'cold', 2);
  const rounds = 60;
  for (let round = 0; round < rounds; round++) {
    for (const partition of [0, 1]) {
      const value = `${partition}.${round}.`.padEnd(50_000, `${partition}${round}`);
      await produce(writer, 'cold', batch([value]), { partition });
    }
  }
  const readers = await Promise.all(Array.from({ length: 6 }, () => client()));
  await Promise.all(
    readers.map(async (reader, index) => {
      const partition = index % 2;
      for (let offset = 0; offset < rounds; ) {
        const fetched = await fetchOne(reader, 'cold', offset, { partitions: [partition] });
        const found = values(fetched.records);
        assert.ok(found.length > 0);
        for (const value of found) {
          assert.equal(value, `${partition}.${offset}.`.padEnd(50_000, `${partition}${offset}`));
          offset++;
        }
      }
    }),
  );
});

test('errors of a fetch belong to their partition', async (t) => {
  const client = await (await testBroker(t)).client();
  await createTopic(client, 'orders');
  await produce(client, 'orders', batch(['x']));
  const error = async (topic: string, part: object) => {
    const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000, ...part };
    const body = { maxWaitMs: 10_000, minBytes: 1, topics: [{ topic, partitions: [partition] }] };
    return (await client.call(ApiKey.Fetch, 12, body)).responses[0]!.partitions[0]!.errorCode;
  };
  assert.equal(await error('orders', { fetchOffset: 2 }), ErrorCode.OFFSET_OUT_OF_RANGE);
  assert.equal(await error('orders', { fetchOffset: -1 }), ErrorCode.OFFSET_OUT_OF_RANGE);
  assert.equal(await error('orders', { partition: 1 }), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  assert.equal(await error('nothing', {}), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  assert.equal(await error('orders', { currentLeaderEpoch: 7 }), ErrorCode.UNKNOWN_LEADER_EPOCH);
  const session = await client.call(ApiKey.Fetch, 12, { ...fetchBody('orders', 0), sessionId: 5, sessionEpoch: 2 });
  assert.equal(session.errorCode, ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
});

test('errors of a produce belong to their partition and keep nothing', async (t) => {
  const client = await (await testBroker(t)).client();
  await createTopic(client, 'orders');
  const broken = batch(['broken']);
  broken[broken.length - 1]! ^= 0xff;
  assert.equal((await produce(client, 'orders', broken)).errorCode, ErrorCode.CORRUPT_MESSAGE);
  assert.equal((await produce(client, 'orders', null)).errorCode, ErrorCode.INVALID_RECORD);
  const large = batch(['x'.repeat(2_000_000)]);
  assert.equal((await produce(client, 'orders', large)).errorCode, ErrorCode.MESSAGE_TOO_LARGE);
  const lost = await produce(client, 'nothing', batch(['x']));
  assert.equal(lost.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  const transactional = batch(['x'], { isTransactional: true, producerId: 1, producerEpoch: 0, baseSequence: 0 });
  const withoutId = await produce(client, 'orders', transactional);
  assert.equal(withoutId.errorCode, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  const acks = await produce(client, 'orders', batch(['x']), { acks: 2 });
  assert.equal(acks.errorCode, ErrorCode.INVALID_REQUIRED_ACKS);
  assert.equal((await fetchOne(client, 'orders', 0)).highWatermark, 0);
});

test('idempotent: a batch sent again is answered as the first time and kept once; a gap is refused', async (t) => {
  const client = await (await testBroker(t)).client();
  await createTopic(client, 'orders');
  const { producerId } = await client.call(ApiKey.InitProducerId, 4, {
    transactionalId: null,
    transactionTimeoutMs: 0,
  });
  const send = (value: string, baseSequence: number, producerEpoch = 0) =>
    produce(
      client,
      'orders',
      encodeBatch({ records: [{ value }], timestamp: 1, producerId, producerEpoch, baseSequence }),
    );
  assert.equal((await send('a', 0)).baseOffset, 0);
  assert.equal((await send('b', 1)).baseOffset, 1);
  const again = await send('b', 1);
  assert.deepEqual([again.errorCode, again.baseOffset], [0, 1]);
  assert.equal((await send('d', 3)).errorCode, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
  assert.equal((await send('c', 0, 1)).errorCode, 0, 'a new epoch begins at 0');
  assert.equal((await send('x', 2, 0)).errorCode, ErrorCode.INVALID_PRODUCER_EPOCH);
  assert.deepEqual(values((await fetchOne(client, 'orders', 0)).records), ['a', 'b', 'c']);
});

test('acks=0: no answer; an error closes the connection', async (t) => {
  const { client } = await testBroker(t);
  const writer = await client();
  await createTopic(writer, 'orders');
  const body = (topic: string) => ({
    acks: 0,
    timeoutMs: 1_000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records: batch(['x']) }] }],
  });
  writer.send(ApiKey.Produce, 9, body('orders'));
  writer.send(ApiKey.Produce, 9, body('orders'));
  const { responses } = await writer.call(ApiKey.Fetch, 12, fetchBody('orders', 0));
  assert.equal(responses[0]!.partitions[0]!.highWatermark, 2, 'the next answer is that of the next request');
  writer.send(ApiKey.Produce, 9, body('nothing'));
  await writer.closed();
  assert.equal(writer.frames.length, 0);
});

test('list offsets: earliest, latest, by time, largest time', async (t) => {
  const client = await (await testBroker(t)).client();
  await createTopic(client, 'orders');
  const nowMs = Date.now();
  for (const timestamp of [nowMs - 3_000, nowMs - 1_000, nowMs - 2_000]) {
    await produce(client, 'orders', encodeBatch({ records: [{ value: 'x' }], timestamp }));
  }
  const find = async (timestamp: number, version = 8) => {
    const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0, timestamp }] }];
    const answer = await client.call(ApiKey.ListOffsets, version, { replicaId: -1, isolationLevel: 0, topics });
    const { errorCode, offset } = answer.topics[0]!.partitions[0]!;
    return errorCode === 0 ? offset : -errorCode;
  };
  assert.equal(await find(-2), 0);
  assert.equal(await find(-1), 3);
  assert.equal(await find(-3), 1);
  assert.equal(await find(nowMs - 2_500), 1);
  assert.equal(await find(nowMs), -1, 'nothing is that new');
  assert.equal(await find(-3, 6), -ErrorCode.UNSUPPORTED_VERSION);
});
