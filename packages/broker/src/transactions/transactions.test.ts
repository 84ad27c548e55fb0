import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey, decodeRecords, ErrorCode, iterateBatches } from '@headwater/protocol';
import { createTopic, fetchBody, temporaryDir, testBroker } from '../../test/fixtures.ts';
import type { RawClient } from '../../test/raw-client.ts';
import { TransactionalProducer } from '../../test/transactional-producer.ts';
import { ManualClock } from '../clock/manual-clock.ts';

/** What a `read_committed` consumer delivers. */
async function committed(client: RawClient, topic: string): Promise<string[]> {
  const body = { ...fetchBody(topic, 0), isolationLevel: 1 };
  const { abortedTransactions, records } = (await client.call(ApiKey.Fetch, 12, body)).responses[0]!.partitions[0]!;
  const toCome = [...(abortedTransactions ?? [])];
  const aborting = new Set<number>();
  const values: string[] = [];
  for (const { header, offset } of iterateBatches(records ?? Buffer.alloc(0))) {
    const { isControl, isTransactional, lastOffset, producerId } = header;
    while (toCome.length > 0 && toCome[0]!.firstOffset <= lastOffset) aborting.add(toCome.shift()!.producerId);
    if (isControl) aborting.delete(producerId);
    else if (!isTransactional || !aborting.has(producerId)) {
      for (const { value } of decodeRecords(records!, offset)) values.push(String(value));
    }
  }
  return values;
}

async function offsetOf(client: RawClient, groupId: string, requireStable: boolean) {
  const topics = [{ name: 'input', partitionIndexes: [0] }];
  const { groups } = await client.call(ApiKey.OffsetFetch, 9, { groups: [{ groupId, topics }], requireStable });
  const { committedOffset, errorCode } = groups[0]!.topics[0]!.partitions[0]!;
  return errorCode === 0 ? committedOffset : errorCode;
}

test('records and offsets of a transaction count together, or not at all', async (t) => {
  const client = await (await testBroker(t)).client();
  for (const topic of ['input', 'output']) await createTopic(client, topic);
  const producer = new TransactionalProducer(client, 'billing');
  assert.equal(await producer.init(), 0);
  assert.equal(await producer.send('output', ['a', 'b']), 0);
  assert.equal(await producer.commitOffset('g', 'input', 5), 0);
  assert.deepEqual(await committed(client, 'output'), []);
  assert.equal(await offsetOf(client, 'g', false), -1);
  assert.equal(await offsetOf(client, 'g', true), ErrorCode.UNSTABLE_OFFSET_COMMIT);
  assert.equal(await producer.end(true), 0);
  assert.deepEqual(await committed(client, 'output'), ['a', 'b']);
  assert.equal(await offsetOf(client, 'g', true), 5);

  assert.equal(await producer.send('output', ['c']), 0);
  assert.equal(await producer.commitOffset('g', 'input', 9), 0);
  assert.equal(await producer.end(false), 0);
  assert.equal(await offsetOf(client, 'g', true), 5);
  assert.equal(await producer.send('output', ['d']), 0);
  assert.equal(await producer.end(true), 0);
  assert.deepEqual(await committed(client, 'output'), ['a', 'b', 'd']);
});

test('a transaction goes on after a restart, with its pending offsets', async (t) => {
  const dataDir = await temporaryDir(t);
  const first = await testBroker(t, { dataDir });
  let client = await first.client();
  for (const topic of ['input', 'output']) await createTopic(client, topic);
  const before = new TransactionalProducer(client, 'billing');
  assert.equal(await before.init(), 0);
  assert.equal(await before.send('output', ['a']), 0);
  assert.equal(await before.commitOffset('g', 'input', 5), 0);
  await first.broker.close();
  const second = await testBroker(t, { dataDir });
  client = await second.client();
  assert.equal(await offsetOf(client, 'g', true), ErrorCode.UNSTABLE_OFFSET_COMMIT);
  const after = new TransactionalProducer(client, 'billing');
  [after.producerId, after.producerEpoch] = [before.producerId, before.producerEpoch];
  assert.equal(await after.end(true), 0);
  assert.deepEqual(await committed(client, 'output'), ['a']);
  assert.equal(await offsetOf(client, 'g', true), 5);
});

test('a transaction that takes too long is aborted, and its producer fenced', async (t) => {
  const clock = new ManualClock(Date.now());
  const client = await (await testBroker(t, { clock })).client();
  await createTopic(client, 'output');
  const producer = new TransactionalProducer(client, 'billing');
  assert.equal(await producer.init({ timeoutMs: 30_000 }), 0);
  assert.equal(await producer.send('output', ['a']), 0);
  clock.advance(30_000);
  assert.equal(await producer.send('output', ['b']), 0);
  clock.advance(20_000);
  assert.equal(await producer.send('output', ['c']), ErrorCode.INVALID_PRODUCER_EPOCH);
  // As from Kafka: one epoch on, it looks like the repetition of an end that went the other way.
  assert.equal(await producer.end(true), ErrorCode.INVALID_TXN_STATE);
  assert.equal(await producer.init(), 0);
  assert.equal(await producer.send('output', ['d']), 0);
  assert.equal(await producer.end(true), 0);
  assert.deepEqual(await committed(client, 'output'), ['d']);
});
