import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey, ErrorCode } from '@headwater/protocol';
import { startBroker } from '../../index.ts';
import { createTopic, temporaryDir, testBroker } from '../../test/fixtures.ts';
import { RawClient } from '../../test/raw-client.ts';

const first = { memberEpoch: 0, rebalanceTimeoutMs: 60_000, topicPartitions: [] };

const join = (client: RawClient, groupId: string, topic: string, more: object = {}) =>
  client.call(ApiKey.ConsumerGroupHeartbeat, 1, {
    groupId,
    memberId: 'm',
    subscribedTopicNames: [topic],
    ...first,
    ...more,
  });

test('a member joins over the wire, is described and listed, and leaves', async (t) => {
  const client = await (await testBroker(t)).client();
  const topicId = await createTopic(client, 'orders', 2);
  const joined = await join(client, 'g', 'orders', { rackId: 'r' });
  assert.deepEqual(joined.assignment?.topicPartitions, [{ topicId, partitions: [0, 1] }]);
  assert.deepEqual([joined.errorCode, joined.memberEpoch, joined.heartbeatIntervalMs], [0, 2, 5_000]);
  const described = await client.call(ApiKey.ConsumerGroupDescribe, 1, {
    groupIds: ['g', 'none'],
    includeAuthorizedOperations: false,
  });
  const [group, none] = described.groups;
  assert.equal(none?.errorCode, ErrorCode.GROUP_ID_NOT_FOUND);
  assert.deepEqual([group?.groupState, group?.assignorName, group?.groupEpoch], ['Stable', 'uniform', 2]);
  assert.deepEqual(group?.members[0]?.assignment.topicPartitions, [
    { topicId, topicName: 'orders', partitions: [0, 1] },
  ]);
  assert.deepEqual([group?.members[0]?.clientHost, group?.members[0]?.memberType], ['/127.0.0.1', 1]);
  const listed = await client.call(ApiKey.ListGroups, 5, { statesFilter: ['Stable'], typesFilter: ['consumer'] });
  assert.deepEqual(listed.groups, [
    { groupId: 'g', protocolType: 'consumer', groupState: 'Stable', groupType: 'consumer' },
  ]);
  const left = await client.call(ApiKey.ConsumerGroupHeartbeat, 1, { groupId: 'g', memberId: 'm', memberEpoch: -1 });
  assert.deepEqual([left.errorCode, left.memberEpoch], [0, -1]);
});

test('settings of one group hold for it, within the bounds of the broker, and over a restart', async (t) => {
  const dataDir = await temporaryDir(t);
  const config = { 'group.consumer.max.heartbeat.interval.ms': 9_000 };
  const alter = async (client: RawClient, value: string) => {
    const configs = [{ name: 'consumer.heartbeat.interval.ms', configOperation: 0, value }];
    const resources = [{ resourceType: 32, resourceName: 'g', configs }];
    const { responses } = await client.call(ApiKey.IncrementalAlterConfigs, 1, { resources, validateOnly: false });
    return responses[0]!.errorCode;
  };
  const broker = await startBroker({ dataDir, config });
  const client = await RawClient.connect(broker);
  await createTopic(client, 'orders');
  assert.equal(await alter(client, '10000'), ErrorCode.INVALID_CONFIG);
  assert.equal(await alter(client, '8000'), 0);
  assert.equal((await join(client, 'g', 'orders')).heartbeatIntervalMs, 8_000);
  assert.equal((await join(client, 'other', 'orders')).heartbeatIntervalMs, 5_000);
  client.close();
  await broker.close();
  // The bound is lower now than what was set.
  const again = await startBroker({ dataDir, config: { 'group.consumer.max.heartbeat.interval.ms': 7_000 } });
  t.after(() => again.close());
  const after = await RawClient.connect(again);
  t.after(() => after.close());
  assert.equal((await join(after, 'g', 'orders')).heartbeatIntervalMs, 7_000);
});

test('a broker that does not serve the consumer protocol says so', async (t) => {
  const { client } = await testBroker(t, { config: { 'group.coordinator.rebalance.protocols': 'classic' } });
  const raw = await client();
  await createTopic(raw, 'orders');
  assert.equal((await join(raw, 'g', 'orders')).errorCode, ErrorCode.UNSUPPORTED_VERSION);
  const { groups } = await raw.call(ApiKey.ConsumerGroupDescribe, 1, {
    groupIds: ['g'],
    includeAuthorizedOperations: false,
  });
  assert.equal(groups[0]?.errorCode, ErrorCode.UNSUPPORTED_VERSION);
});
