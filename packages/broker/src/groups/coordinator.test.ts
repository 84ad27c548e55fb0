import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey, ErrorCode } from '@headwater/protocol';
import { ManualClock, startBroker } from '../../index.ts';
import { batch, collectingLogger, createTopic, produce, temporaryDir, testBroker } from '../../test/fixtures.ts';
import { RawClient } from '../../test/raw-client.ts';

const minuteMs = 60_000;

async function commit(client: RawClient, groupId: string, topic: string, offset: number, member = nobody) {
  const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: 'note' }];
  const body = { groupId, ...member, topics: [{ name: topic, partitions }] };
  return (await client.call(ApiKey.OffsetCommit, 8, body)).topics[0]!.partitions[0]!.errorCode;
}

const nobody = { memberId: '', generationIdOrMemberEpoch: -1 };

async function committed(client: RawClient, groupId: string, topic: string) {
  const topics = [{ name: topic, partitionIndexes: [0] }];
  const answer = await client.call(ApiKey.OffsetFetch, 8, { groups: [{ groupId, topics }] });
  return answer.groups[0]!.topics[0]!.partitions[0]!.committedOffset;
}

/** One member that joined and synced, with subscription to `topic`. */
async function join(client: RawClient, groupId: string, topic: string, sessionTimeoutMs = 10_000) {
  const subscription = Buffer.alloc(8 + topic.length + 4);
  subscription.writeInt32BE(1, 2);
  subscription.writeInt16BE(topic.length, 6);
  subscription.write(topic, 8);
  subscription.writeInt32BE(-1, 8 + topic.length);
  const body = {
    groupId,
    sessionTimeoutMs,
    rebalanceTimeoutMs: 10_000,
    memberId: '',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: subscription }],
  };
  const { memberId } = await client.call(ApiKey.JoinGroup, 7, body);
  const { generationId, errorCode } = await client.call(ApiKey.JoinGroup, 7, { ...body, memberId });
  assert.equal(errorCode, 0);
  const assignments = [{ memberId, assignment: Buffer.from('mine') }];
  const synced = await client.call(ApiKey.SyncGroup, 4, { groupId, generationId, memberId, assignments });
  assert.equal(synced.assignment.toString(), 'mine');
  return { memberId, generationIdOrMemberEpoch: generationId };
}

test('offsets: commit, fetch, delete, and what a commit may not do', async (t) => {
  const client = await (await testBroker(t)).client();
  await createTopic(client, 'orders');
  assert.equal(await committed(client, 'g', 'orders'), -1);
  assert.equal(await commit(client, 'g', 'orders', 5), 0);
  assert.equal(await committed(client, 'g', 'orders'), 5);
  assert.equal(await commit(client, 'g', 'nothing', 5), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  const stranger = { memberId: 'x', generationIdOrMemberEpoch: 3 };
  assert.equal(await commit(client, 'g', 'orders', 6, stranger), ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(await commit(client, 'new', 'orders', 6, stranger), ErrorCode.ILLEGAL_GENERATION);
  const all = await client.call(ApiKey.OffsetFetch, 7, { groupId: 'g', topics: null });
  assert.equal(all.topics[0]?.partitions[0]?.metadata, 'note');
  const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0 }] }];
  const deleted = await client.call(ApiKey.OffsetDelete, 0, { groupId: 'g', topics });
  assert.equal(deleted.topics[0]?.partitions[0]?.errorCode, 0);
  assert.equal(await committed(client, 'g', 'orders'), -1);
});

test('committed offsets have a bound; those that are there can still move', async (t) => {
  const client = await (await testBroker(t, { config: { 'headwater.max.committed.offsets': 2 } })).client();
  await createTopic(client, 'orders');
  assert.equal(await commit(client, 'a', 'orders', 1), 0);
  assert.equal(await commit(client, 'b', 'orders', 1), 0);
  assert.equal(await commit(client, 'c', 'orders', 1), ErrorCode.INVALID_COMMIT_OFFSET_SIZE);
  assert.equal(await commit(client, 'a', 'orders', 2), 0);
  await client.call(ApiKey.DeleteGroups, 2, { groupsNames: ['b'] });
  assert.equal(await commit(client, 'c', 'orders', 1), 0);
});

test('a topic that is deleted takes its committed offsets along', async (t) => {
  const client = await (await testBroker(t)).client();
  await createTopic(client, 'orders');
  await commit(client, 'g', 'orders', 5);
  await client.call(ApiKey.DeleteTopics, 5, { topicNames: ['orders'], timeoutMs: 1_000 });
  await createTopic(client, 'orders');
  assert.equal(await committed(client, 'g', 'orders'), -1);
});

test('offsets of a live group cannot be deleted, nor the group itself', async (t) => {
  const client = await (await testBroker(t)).client();
  await createTopic(client, 'orders');
  const member = await join(client, 'g', 'orders');
  await commit(client, 'g', 'orders', 1, member);
  const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0 }] }];
  const deleted = await client.call(ApiKey.OffsetDelete, 0, { groupId: 'g', topics });
  assert.equal(deleted.topics[0]?.partitions[0]?.errorCode, ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC);
  const group = await client.call(ApiKey.DeleteGroups, 2, { groupsNames: ['g', 'none'] });
  assert.deepEqual(
    group.results.map(({ errorCode }) => errorCode),
    [ErrorCode.NON_EMPTY_GROUP, ErrorCode.GROUP_ID_NOT_FOUND],
  );
});

test('a restart keeps offsets, and members go on in their generation', async (t) => {
  const dataDir = await temporaryDir(t);
  const first = await startBroker({ dataDir });
  const before = await RawClient.connect(first);
  await createTopic(before, 'orders');
  const member = await join(before, 'g', 'orders');
  for (let offset = 1; offset <= 50; offset++) assert.equal(await commit(before, 'g', 'orders', offset, member), 0);
  await commit(before, 'tool', 'orders', 7);
  before.close();
  await first.close();

  const second = await startBroker({ dataDir });
  t.after(() => second.close());
  assert.equal(second.clusterId, first.clusterId);
  const after = await RawClient.connect(second);
  t.after(() => after.close());
  assert.equal(await committed(after, 'g', 'orders'), 50);
  assert.equal(await committed(after, 'tool', 'orders'), 7);
  const { memberId, generationIdOrMemberEpoch: generationId } = member;
  const heartbeat = await after.call(ApiKey.Heartbeat, 4, { groupId: 'g', generationId, memberId });
  assert.equal(heartbeat.errorCode, 0);
  const synced = await after.call(ApiKey.SyncGroup, 4, { groupId: 'g', generationId, memberId, assignments: [] });
  assert.equal(synced.assignment.toString(), 'mine');
  const described = await after.call(ApiKey.DescribeGroups, 5, { groups: ['g'] });
  assert.equal(described.groups[0]?.groupState, 'Stable');
  assert.equal(described.groups[0]?.members[0]?.clientId, 'test');
});

test('offsets are kept as long as the group lives, and a retention longer', async (t) => {
  const clock = new ManualClock();
  const config = {
    'offsets.retention.minutes': 60,
    'offsets.retention.check.interval.ms': minuteMs,
    'connections.max.idle.ms': 1_000 * minuteMs,
  };
  const client = await (await testBroker(t, { clock, config })).client();
  await createTopic(client, 'orders');
  await createTopic(client, 'old');
  const member = await join(client, 'g', 'orders', 30 * minuteMs);
  await commit(client, 'g', 'orders', 1, member);
  await commit(client, 'g', 'old', 1, member);
  await commit(client, 'tool', 'orders', 1);
  const { memberId, generationIdOrMemberEpoch: generationId } = member;
  for (let round = 0; round < 4; round++) {
    clock.advance(20 * minuteMs);
    const { errorCode } = await client.call(ApiKey.Heartbeat, 4, { groupId: 'g', generationId, memberId });
    assert.equal(errorCode, 0);
  }
  assert.equal(await committed(client, 'g', 'orders'), 1, 'the group reads this topic');
  assert.equal(await committed(client, 'g', 'old'), -1, 'nobody in the group reads this topic any more');
  assert.equal(await committed(client, 'tool', 'orders'), -1, 'a group that only commits: from the commit');
  clock.advance(31 * minuteMs);
  assert.equal(await committed(client, 'g', 'orders'), 1, 'empty since a minute');
  clock.advance(61 * minuteMs);
  assert.equal(await committed(client, 'g', 'orders'), -1);
  const { groups } = await client.call(ApiKey.ListGroups, 4, {});
  assert.deepEqual(groups, [], 'a group without members and offsets is gone');
});

test('a log of offsets that is mostly dead is written anew, and says the same after a restart', async (t) => {
  const dataDir = await temporaryDir(t);
  const { logger, lines } = collectingLogger();
  const first = await startBroker({ dataDir, logger });
  const client = await RawClient.connect(first);
  await createTopic(client, 'orders', 100);
  const topics = (offset: number) => [
    {
      name: 'orders',
      partitions: Array.from({ length: 100 }, (_, partitionIndex) => ({
        partitionIndex,
        committedOffset: offset,
        committedMetadata: null,
      })),
    },
  ];
  const member = await join(client, 'live', 'orders');
  for (let offset = 1; offset <= 520; offset++) {
    const body = { groupId: `g${offset % 3}`, memberId: '', topics: topics(offset) };
    await client.call(ApiKey.OffsetCommit, 8, body);
  }
  client.close();
  await first.close();
  assert.ok(lines.some(({ message }) => /rewritten/.test(message)));
  const second = await startBroker({ dataDir, logger });
  t.after(() => second.close());
  const after = await RawClient.connect(second);
  t.after(() => after.close());
  assert.equal(await committed(after, 'g0', 'orders'), 519);
  assert.equal(await committed(after, 'g1', 'orders'), 520);
  const loaded = lines.filter(({ message }) => /committed offsets loaded/.test(message)).at(-1);
  assert.ok(Number(loaded?.fields['records']) < 10_000, `${loaded?.fields['records']} records were read`);
  const { memberId, generationIdOrMemberEpoch: generationId } = member;
  const heartbeat = await after.call(ApiKey.Heartbeat, 4, { groupId: 'live', generationId, memberId });
  assert.equal(heartbeat.errorCode, 0);
});

test('the very commit that makes the log be written anew is in the new one', async (t) => {
  const dataDir = await temporaryDir(t);
  const { logger, lines } = collectingLogger();
  const first = await startBroker({ dataDir, logger });
  const client = await RawClient.connect(first);
  await createTopic(client, 'orders', 1_000);
  const partitions = (offset: number) =>
    Array.from({ length: 1_000 }, (_, partitionIndex) => ({
      partitionIndex,
      committedOffset: offset,
      committedMetadata: null,
    }));
  const isRewritten = () => lines.some(({ message }) => /rewritten/.test(message));
  let last = 0;
  while (!isRewritten()) {
    last++;
    const topics = [{ name: 'orders', partitions: partitions(last) }];
    await client.call(ApiKey.OffsetCommit, 8, { groupId: 'g', memberId: '', topics });
  }
  client.close();
  await first.close();
  const second = await startBroker({ dataDir });
  t.after(() => second.close());
  const after = await RawClient.connect(second);
  t.after(() => after.close());
  assert.equal(await committed(after, 'g', 'orders'), last);
});

test('close answers who waits for a rebalance, and is quick', async () => {
  const broker = await startBroker({ config: { 'group.initial.rebalance.delay.ms': 60_000 } });
  const client = await RawClient.connect(broker);
  const body = {
    groupId: 'g',
    sessionTimeoutMs: 10_000,
    memberId: '',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.alloc(6) }],
  };
  await createTopic(client, 'orders');
  await produce(client, 'orders', batch(['x']));
  const joining = client.call(ApiKey.JoinGroup, 3, body);
  await (await RawClient.connect(broker)).call(ApiKey.ApiVersions, 0, {});
  const startedMs = performance.now();
  await Promise.all([broker.close(), broker.close()]);
  await broker.close();
  assert.equal((await joining).errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE);
  assert.ok(performance.now() - startedMs < 900);
});
