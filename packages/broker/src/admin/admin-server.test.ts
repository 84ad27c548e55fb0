import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey } from '@headwater/protocol';
import type { FlowSnapshot } from '../../index.ts';
import { batch, createTopic, fetchBody, produce, testBroker } from '../../test/fixtures.ts';

async function json(url: string): Promise<unknown> {
  const response = await fetch(url);
  assert.equal(response.status, 200);
  return response.json();
}

test('/flow says who moves what, and in which group', async (t) => {
  const { broker, client } = await testBroker(t, { adminPort: 0 });
  const raw = await client();
  await createTopic(raw, 'orders');
  await produce(raw, 'orders', batch(['a', 'b', 'c']));
  const subscription = Buffer.from([0, 0, 0, 0, 0, 1, 0, 6, ...Buffer.from('orders'), 255, 255, 255, 255]);
  const join = {
    groupId: 'shop',
    sessionTimeoutMs: 10_000,
    memberId: '',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: subscription }],
  };
  await raw.call(ApiKey.JoinGroup, 3, join, 'reader');
  await raw.call(ApiKey.Fetch, 11, fetchBody('orders', 0), 'reader');
  const flow = (await json(`${broker.adminUrl}/flow`)) as FlowSnapshot;
  const seen = flow.clients.map(({ clientId, groupId, topic, direction, records }) => ({
    clientId,
    groupId,
    topic,
    direction,
    records,
  }));
  assert.deepEqual(seen, [
    { clientId: 'test', groupId: null, topic: 'orders', direction: 'produce', records: 3 },
    { clientId: 'reader', groupId: 'shop', topic: 'orders', direction: 'fetch', records: 3 },
  ]);
  const orders = flow.topics.find(({ topic }) => topic === 'orders')!;
  assert.deepEqual([orders.recordsIn, orders.recordsOut, orders.partitions], [3, 3, 1]);
  assert.equal(orders.bytesIn, orders.bytesOut);
});

test('/flow as server-sent events', async (t) => {
  const { broker } = await testBroker(t, { adminPort: 0 });
  const abort = new AbortController();
  const response = await fetch(`${broker.adminUrl}/flow`, {
    headers: { accept: 'text/event-stream' },
    signal: abort.signal,
  });
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.split('event: flow').length > 2) break;
  }
  abort.abort();
  assert.deepEqual(JSON.parse(/data: (.*)/.exec(text)![1]!).clients, []);
});

test('the counters of clients are bounded: the oldest make room and are counted', async (t) => {
  const { broker, client } = await testBroker(t, { adminPort: 0 });
  const raw = await client();
  await createTopic(raw, 'orders');
  await produce(raw, 'orders', batch(['x']));
  for (let index = 0; index < 1_010; index++) {
    await raw.call(ApiKey.Fetch, 11, fetchBody('orders', 0), `client-${index}`);
  }
  const flow = (await json(`${broker.adminUrl}/flow`)) as FlowSnapshot;
  assert.equal(flow.clients.length, 1_000);
  assert.equal(flow.droppedClients, 11);
});

test('/health', async (t) => {
  const { broker } = await testBroker(t, { adminPort: 0 });
  const health = (await json(`${broker.adminUrl}/health`)) as { status: string; clusterId: string };
  assert.deepEqual([health.status, health.clusterId], ['up', broker.clusterId]);
});
