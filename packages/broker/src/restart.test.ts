import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey } from '@headwater/protocol';
import { BrokerError } from '../index.ts';
import { batch, createTopic, fetchBody, produce, temporaryDir, testBroker } from '../test/fixtures.ts';
import { RawClient } from '../test/raw-client.ts';

const commit = {
  groupId: 'billing',
  memberId: '',
  topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, committedOffset: 2, committedMetadata: 'm' }] }],
};

for (const place of ['memory', 'disk'] as const) {
  for (const crash of [false, true]) {
    test(`restart in place (${place}, ${crash ? 'crash' : 'in order'}): same address, same state`, async (t) => {
      const dataDir = place === 'disk' ? await temporaryDir(t) : undefined;
      const { broker, client } = await testBroker(t, dataDir === undefined ? {} : { dataDir });
      const { bootstrap, clusterId } = broker;
      const before = await client();
      await createTopic(before, 'orders');
      await produce(before, 'orders', batch(['a', 'b', 'c']));
      await before.call(ApiKey.OffsetCommit, 2, commit);
      await broker.restart({ crash });
      await before.closed();
      assert.deepEqual([broker.bootstrap, broker.clusterId], [bootstrap, clusterId]);
      assert.equal(broker.recovery.isClean, !crash);
      const after = await client();
      const answer = await after.call(ApiKey.Fetch, 11, fetchBody('orders', 0));
      assert.equal(answer.responses[0]!.partitions[0]!.highWatermark, 3);
      const offsets = { groupId: 'billing', topics: [{ name: 'orders', partitionIndexes: [0] }] };
      const committed = await after.call(ApiKey.OffsetFetch, 1, offsets);
      assert.equal(committed.topics[0]!.partitions[0]!.committedOffset, 2);
      await produce(after, 'orders', batch(['d']));
    });
  }
}

test('stopped: nobody listens, /health says so, start brings it back; all may be called twice', async (t) => {
  const { broker, client } = await testBroker(t, { adminPort: 0 });
  const health = async () => {
    const response = await fetch(`${broker.adminUrl}/health`);
    return [response.status, ((await response.json()) as { isReady: boolean }).isReady];
  };
  assert.deepEqual(await health(), [200, true]);
  await Promise.all([broker.stop(), broker.stop()]);
  await assert.rejects(RawClient.connect(broker), { code: 'ECONNREFUSED' });
  assert.deepEqual(await health(), [503, false]);
  assert.equal((await fetch(`${broker.adminUrl}/health/live`)).status, 200);
  assert.equal((await fetch(`${broker.adminUrl}/health/ready`)).status, 503);
  assert.equal((await fetch(`${broker.adminUrl}/metrics`)).status, 503);
  await Promise.all([broker.start(), broker.start()]);
  await (await client()).call(ApiKey.ApiVersions, 0, {});
  assert.deepEqual(await health(), [200, true]);
  await broker.close();
  await assert.rejects(broker.restart(), (error) => error instanceof BrokerError && error.code === 'HW_BROKER_CLOSED');
});
