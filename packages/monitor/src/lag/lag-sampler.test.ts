import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { systemClock } from '../clock.ts';
import { type LagRecord, LagSampler, lagTopic } from './lag-sampler.ts';

test('the lag of a group is told by topic, with the partition that is furthest behind', {
  timeout: 60_000,
}, async () => {
  const broker = await startBroker({ port: 0 });
  const client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
  await client.createTopics([{ name: 'orders', partitions: 3 }]);
  for (const [partition, records] of [4, 10, 0].entries())
    for (let i = 0; i < records; i += 1)
      await client.produce({ topic: 'orders', partition, records: [{ value: 'x' }] });
  await client.commitOffsets('billing', { orders: { 0: 4, 1: 3 } });
  const timestampMs = Date.now() - 1_000;
  const sampler = new LagSampler({
    bootstrap: broker.bootstrap,
    clock: { ...systemClock, now: () => timestampMs },
  });
  await sampler.sample();
  await sampler.close();
  await sampler.close();
  assert.equal(sampler.told, 1);
  for await (const batch of client.tail({ topics: [lagTopic], from: 'earliest' })) {
    const [record] = [...batch.records()];
    assert.equal(String(record!.key), 'billing');
    const expected: LagRecord = {
      timestampMs,
      groupId: 'billing',
      topic: 'orders',
      lag: 7,
      maxPartitionLag: 7,
      partitions: 2,
      members: 0,
    };
    assert.deepEqual(JSON.parse(String(record!.value)), expected);
    break;
  }
  await client.close();
  await broker.close();
});
