import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { ApiKey } from '@headwater/protocol';
import { startBroker } from '../../index.ts';
import { createTopic, temporaryDir } from '../../test/fixtures.ts';
import { RawClient } from '../../test/raw-client.ts';

const absent = "Apache Kafka's tools are not here (peers/kafka-tool in HEADWATER_SHARED)";

function kafkaTool(): string {
  const shared = process.env['HEADWATER_SHARED'] ?? resolve(import.meta.dirname, '../../../../../shared');
  return process.env['KAFKA_TOOL'] ?? join(shared, 'peers/kafka-tool');
}

interface Decoded {
  key: { type: string; data: Record<string, unknown> };
  /** As it is printed: `{version, data}`; null of a tombstone. */
  payload: ReturnType<typeof JSON.parse>;
}

/** All records of the offsets, as Kafka's decoder sees them. */
async function decodedBy(launcher: string, dataDir: string): Promise<Decoded[]> {
  const file = join(dataDir, '__consumer_offsets-0/00000000000000000000.log');
  const { stdout } = await promisify(execFile)(launcher, ['dump-log', '--offsets-decoder', '--files', file]);
  return [...stdout.matchAll(/key: (\{.*?\}) payload: (\{.*\}|<DELETE>|null)$/gm)].map(([, key, payload]) => ({
    key: JSON.parse(balanced(key!)),
    payload: payload!.startsWith('{') ? JSON.parse(payload!) : null,
  }));
}

test("Apache Kafka's own tool reads __consumer_offsets", async (t) => {
  const launcher = kafkaTool();
  if (!existsSync(launcher)) return t.skip(absent);
  const dataDir = await temporaryDir(t);
  const broker = await startBroker({ dataDir });
  const client = await RawClient.connect(broker);
  await createTopic(client, 'orders');
  const joinBody = {
    groupId: 'billing',
    sessionTimeoutMs: 10_000,
    memberId: '',
    groupInstanceId: 'pod-1',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from([0, 0, 0, 0, 0, 0, 255, 255, 255, 255]) }],
  };
  const { memberId, generationId } = await client.call(ApiKey.JoinGroup, 7, joinBody);
  const assignments = [{ memberId, assignment: Buffer.from([0, 0, 0, 0, 0, 0, 255, 255, 255, 255]) }];
  await client.call(ApiKey.SyncGroup, 3, {
    groupId: 'billing',
    generationId,
    memberId,
    groupInstanceId: 'pod-1',
    assignments,
  });
  const partitions = [{ partitionIndex: 0, committedOffset: 42, committedLeaderEpoch: 0, committedMetadata: 'Grüße' }];
  const commit = { groupId: 'billing', memberId, generationIdOrMemberEpoch: generationId, groupInstanceId: 'pod-1' };
  await client.call(ApiKey.OffsetCommit, 8, { ...commit, topics: [{ name: 'orders', partitions }] });
  client.close();
  await broker.close();

  const payloads = await decodedBy(launcher, dataDir);
  const [group, offset] = payloads;
  assert.deepEqual(group?.key, { type: '2', data: { group: 'billing' } });
  assert.equal(group?.payload.data.generation, 1);
  assert.equal(group?.payload.data.members[0].groupInstanceId, 'pod-1');
  assert.equal(group?.payload.data.members[0].clientId, 'test');
  assert.deepEqual(offset?.key, { type: '1', data: { group: 'billing', topic: 'orders', partition: 0 } });
  const { commitTimestamp: _, ...committed } = offset!.payload.data;
  assert.deepEqual(committed, { offset: 42, leaderEpoch: 0, metadata: 'Grüße' });
});

/** The pattern above stops at the first closing brace of a key, which has two. */
function balanced(text: string): string {
  return (
    text + '}'.repeat([...text].filter((one) => one === '{').length - [...text].filter((one) => one === '}').length)
  );
}

test("Apache Kafka's own tool reads the records of consumer groups", async (t) => {
  const launcher = kafkaTool();
  if (!existsSync(launcher)) return t.skip(absent);
  const dataDir = await temporaryDir(t);
  const broker = await startBroker({ dataDir });
  const client = await RawClient.connect(broker);
  const topicId = await createTopic(client, 'orders', 2);
  const join = {
    groupId: 'billing',
    memberEpoch: 0,
    rebalanceTimeoutMs: 60_000,
    subscribedTopicRegex: 'ord.*',
    subscribedTopicNames: ['other'],
    topicPartitions: [],
  };
  await client.call(ApiKey.ConsumerGroupHeartbeat, 1, { ...join, memberId: 'a', instanceId: 'pod-1', rackId: 'r1' });
  const protocols = [{ name: 'range', metadata: Buffer.from([0, 1, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0]) }];
  await client.call(ApiKey.JoinGroup, 5, {
    groupId: 'billing',
    memberId: 'old',
    protocolType: 'consumer',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 20_000,
    protocols,
  });
  await client.call(ApiKey.ConsumerGroupHeartbeat, 1, { ...join, groupId: 'ended', memberId: 'b' });
  await client.call(ApiKey.ConsumerGroupHeartbeat, 1, { groupId: 'ended', memberId: 'b', memberEpoch: -1 });
  await client.call(ApiKey.DeleteGroups, 2, { groupsNames: ['ended'] });
  client.close();
  await broker.close();

  const records = await decodedBy(launcher, dataDir);
  const last = (type: number, name?: string) =>
    records.findLast(({ key }) => {
      const { groupId, memberId, regularExpression } = key.data;
      return (
        key.type === String(type) &&
        groupId === 'billing' &&
        (name ?? memberId ?? regularExpression) === (memberId ?? regularExpression)
      );
    })?.payload?.data;
  assert.equal(last(3)?.['epoch'], 2);
  assert.notEqual(last(3)?.['metadataHash'], 0);
  const member = last(5, 'a')!;
  assert.deepEqual(
    [
      member['instanceId'],
      member['rackId'],
      member['clientId'],
      member['subscribedTopicNames'],
      member['subscribedTopicRegex'],
    ],
    ['pod-1', 'r1', 'test', ['other'], 'ord.*'],
  );
  assert.equal(last(5, 'old')?.['classicMemberMetadata'].supportedProtocols[0].name, 'range');
  assert.equal(last(6)?.['assignmentEpoch'], 2);
  assert.notEqual(last(6)?.['assignmentTimestamp'], 0);
  assert.deepEqual(last(7, 'a'), { topicPartitions: [{ topicId, partitions: [0, 1] }] });
  assert.deepEqual(last(8, 'a'), {
    memberEpoch: 2,
    previousMemberEpoch: 0,
    state: 0,
    assignedPartitions: [{ topicId, partitions: [0, 1], assignmentEpochs: [2, 2] }],
    partitionsPendingRevocation: [],
  });
  assert.deepEqual(last(16, 'ord.*')?.['topics'], ['orders']);
  const ended = new Map(
    records
      .filter(({ key }) => key.data['groupId'] === 'ended')
      .map(({ key, payload }) => [JSON.stringify(key), payload]),
  );
  assert.ok(ended.size >= 5);
  assert.deepEqual(new Set(ended.values()), new Set([null]), 'the group has ended: nothing is left of it');
});
