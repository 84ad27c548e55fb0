import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ApiKey } from '@headwater/protocol';
import { batch, createTopic, fetchBody, produce } from '../fixtures.ts';
import type { RawClient } from '../raw-client.ts';
import { TransactionalProducer } from '../transactional-producer.ts';
import { SimulatedBroker } from './simulated-broker.ts';

async function start(t: TestContext): Promise<SimulatedBroker> {
  const broker = await SimulatedBroker.start({ 'log.flush.interval.messages': 1 });
  t.after(() => broker.close());
  return broker;
}

async function commit(client: RawClient, offset: number): Promise<number> {
  const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: '' }];
  const body = { groupId: 'g', memberId: '', generationIdOrMemberEpoch: -1, topics: [{ name: 't', partitions }] };
  return (await client.call(ApiKey.OffsetCommit, 8, body)).topics[0]!.partitions[0]!.errorCode;
}

async function committed(client: RawClient): Promise<number> {
  const topics = [{ name: 't', partitionIndexes: [0] }];
  const answer = await client.call(ApiKey.OffsetFetch, 8, { groups: [{ groupId: 'g', topics }], requireStable: true });
  return answer.groups[0]!.topics[0]!.partitions[0]!.committedOffset;
}

test('with log.flush.interval.messages=1 a power cut takes nothing that was acknowledged: records, commits, what was deleted', async (t) => {
  const broker = await start(t);
  let client = await broker.client();
  await createTopic(client, 't');
  assert.equal((await produce(client, 't', batch(['a']))).errorCode, 0);
  assert.equal(await commit(client, 1), 0);
  await broker.losePower();
  client = await broker.client();
  const fetched = await client.call(ApiKey.Fetch, 12, fetchBody('t', 0));
  assert.equal(fetched.responses[0]!.partitions[0]!.highWatermark, 1);
  assert.equal(await committed(client), 1);
  const partitions = [{ partitionIndex: 0 }];
  const deleted = await client.call(ApiKey.OffsetDelete, 0, { groupId: 'g', topics: [{ name: 't', partitions }] });
  assert.equal(deleted.topics[0]!.partitions[0]!.errorCode, 0);
  await broker.losePower();
  client = await broker.client();
  assert.equal(await committed(client), -1);
  assert.equal(await commit(client, 7), 0);
  const { results } = await client.call(ApiKey.DeleteGroups, 2, { groupsNames: ['g'] });
  assert.equal(results[0]!.errorCode, 0);
  await broker.losePower();
  assert.equal(await committed(await broker.client()), -1);
});

test('with log.flush.interval.messages=1 a power cut takes no committed transaction, nor its offsets', async (t) => {
  const broker = await start(t);
  let client = await broker.client();
  await createTopic(client, 't');
  const producer = new TransactionalProducer(client, 'tx');
  assert.equal(await producer.init(), 0);
  assert.equal(await producer.send('t', ['a']), 0);
  assert.equal(await producer.commitOffset('g', 't', 5), 0);
  assert.equal(await producer.end(true), 0);
  await broker.losePower();
  client = await broker.client();
  const fetched = await client.call(ApiKey.Fetch, 12, { ...fetchBody('t', 0), isolationLevel: 1 });
  const { lastStableOffset, abortedTransactions } = fetched.responses[0]!.partitions[0]!;
  assert.deepEqual([lastStableOffset, abortedTransactions?.length ?? 0], [2, 0]);
  assert.equal(await committed(client), 5);
});

test('a commit whose fsync fails is not acknowledged', async (t) => {
  const broker = await start(t);
  const client = await broker.client();
  await createTopic(client, 't');
  assert.equal(await commit(client, 1), 0);
  broker.files.plan = ({ kind, path }) => (kind === 'sync' && path.includes('offsets') ? { code: 'EIO' } : null);
  assert.notEqual(await commit(client, 2), 0);
  broker.files.plan = () => null;
  // The disk works again, but what it has nobody knows before a restart.
  assert.notEqual(await commit(client, 3), 0);
  await broker.losePower();
  const after = await broker.client();
  assert.equal(await committed(after), 1);
  assert.equal(await commit(after, 4), 0);
});

test('committed offsets are written anew behind the old ones, which stay until the copy is on the disk', async (t) => {
  const broker = await SimulatedBroker.start();
  t.after(() => broker.close());
  let client = await broker.client();
  const partitions = 2_000;
  await createTopic(client, 't', partitions);
  const commitAll = async (committedOffset: number): Promise<void> => {
    const parts = Array.from({ length: partitions }, (_, partitionIndex) => ({
      partitionIndex,
      committedOffset,
      committedMetadata: '',
    }));
    const member = { groupId: 'g', memberId: '', generationIdOrMemberEpoch: -1 };
    const answer = await client.call(ApiKey.OffsetCommit, 8, { ...member, topics: [{ name: 't', partitions: parts }] });
    assert.ok(answer.topics[0]!.partitions.every(({ errorCode }) => errorCode === 0));
  };
  const log = () => broker.running.context.store.partition('__consumer_offsets', 0)!;
  // 50,000 records, and the copy is due.
  for (let round = 1; round <= 26; round++) await commitAll(round);
  for (let turns = 0; log().logStartOffset === 0 && turns < 10_000; turns++) await new Promise(setImmediate);
  assert.ok(log().logStartOffset >= 50_000);
  await broker.running.context.store.flushMetadata();
  await broker.losePower();
  client = await broker.client();
  assert.ok((await committed(client)) >= 25);
  assert.ok(log().logStartOffset >= 50_000);
});
