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

test("Apache Kafka's own tool reads __consumer_offsets", async (t) => {
  const shared = process.env['HEADWATER_SHARED'] ?? resolve(import.meta.dirname, '../../../../../shared');
  const launcher = process.env['KAFKA_TOOL'] ?? join(shared, 'peers/kafka-tool');
  if (!existsSync(launcher)) return t.skip("Apache Kafka's tools are not here (peers/kafka-tool in HEADWATER_SHARED)");
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

  const file = join(dataDir, '__consumer_offsets-0/00000000000000000000.log');
  const { stdout } = await promisify(execFile)(launcher, ['dump-log', '--offsets-decoder', '--files', file]);
  const payloads = [...stdout.matchAll(/key: (\{.*?\}) payload: (\{.*\})$/gm)].map(([, key, payload]) => ({
    key: JSON.parse(key!.length > 2 ? balanced(key!) : key!),
    payload: JSON.parse(payload!),
  }));
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
