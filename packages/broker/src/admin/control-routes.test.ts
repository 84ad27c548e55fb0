import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey, ErrorCode } from '@headwater/protocol';
import type { FaultStatus } from '../../index.ts';
import { batch, createTopic, produce, testBroker } from '../../test/fixtures.ts';

async function controlled(t: Parameters<typeof testBroker>[0], adminControl = true) {
  const made = await testBroker(t, { adminPort: 0, adminControl });
  const call = async (method: string, path: string, body?: unknown) => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const response = await fetch(`${made.broker.adminUrl}/control${path}`, init);
    return { status: response.status, json: (await response.json()) as Record<string, unknown> };
  };
  const refused = async (method: string, path: string, body: unknown, status: number, message: RegExp) => {
    const answer = await call(method, path, body);
    assert.equal(answer.status, status);
    assert.match((answer.json['error'] as { message: string }).message, message);
  };
  return { ...made, call, refused };
}

test('control over HTTP is off unless asked for', async (t) => {
  const { refused } = await controlled(t, false);
  await refused('POST', '/stop', {}, 403, /adminControl: true/);
  await refused('GET', '/snapshot', undefined, 403, /adminControl: true/);
});

test('the clock over HTTP', async (t) => {
  const { broker, call, refused } = await controlled(t);
  const frozen = (await call('POST', '/clock/freeze')).json;
  assert.deepEqual(frozen, { now: broker.clock.now(), isFrozen: true });
  const moved = (await call('POST', '/clock/advance', { ms: 60_000 })).json;
  assert.equal(moved['now'], (frozen['now'] as number) + 60_000);
  await call('POST', '/clock/set', { at: '2031-01-01T00:00:00Z' });
  assert.equal(broker.clock.now(), Date.UTC(2031, 0, 1));
  assert.equal((await call('POST', '/clock/resume')).json['isFrozen'], false);
  await refused('POST', '/clock/advance', { ms: 'soon' }, 400, /needs ms, a number/);
  await refused('POST', '/clock/advance', { ms: -1 }, 400, /use set\(\)/);
  await refused('POST', '/clock/set', {}, 400, /epoch milliseconds/);
});

test('faults over HTTP: added, counted, listed, removed', async (t) => {
  const { broker, call, client, refused } = await controlled(t);
  const raw = await client();
  await createTopic(raw, 'orders');
  const rule = { kind: 'error', error: 'NOT_ENOUGH_REPLICAS', match: { api: 'Produce', topic: 'orders' } };
  const added = await call('POST', '/faults', rule);
  assert.equal(added.status, 201);
  const { id } = added.json as unknown as FaultStatus;
  assert.equal((await produce(raw, 'orders', batch(['a']))).errorCode, ErrorCode.NOT_ENOUGH_REPLICAS);
  assert.deepEqual((await call('GET', `/faults/${id}`)).json, { id, rule, hits: 1, isActive: true });
  assert.deepEqual((await call('DELETE', `/faults/${id}`)).json['isActive'], false);
  assert.equal((await produce(raw, 'orders', batch(['a']))).errorCode, 0);
  await refused('GET', `/faults/${id}`, undefined, 404, /lists them/);
  await refused('POST', '/faults', { kind: 'error', error: 'OOPS' }, 400, /takes a Kafka error/);
  await call('POST', '/faults', { kind: 'stall' });
  await call('DELETE', '/faults');
  assert.deepEqual((await call('GET', '/faults')).json, { faults: [] });
  assert.deepEqual(broker.faults.list(), []);
});

test('groups and producers over HTTP', async (t) => {
  const { call, client, refused } = await controlled(t);
  const raw = await client();
  await createTopic(raw, 'orders');
  const wanted = { transactionalId: 'billing', transactionTimeoutMs: 60_000 };
  const { producerEpoch, producerId } = await raw.call(ApiKey.InitProducerId, 4, wanted);
  const partitions = {
    v3AndBelowTransactionalId: 'billing',
    v3AndBelowProducerId: producerId,
    v3AndBelowProducerEpoch: producerEpoch,
    v3AndBelowTopics: [{ name: 'orders', partitions: [0] }],
  };
  const added = await raw.call(ApiKey.AddPartitionsToTxn, 3, partitions);
  assert.equal(added.resultsByTopicV3AndBelow[0]!.resultsByPartition[0]!.partitionErrorCode, 0);
  assert.equal((await call('POST', '/producers/fence', { transactionalId: 'billing' })).status, 200);
  const end = { transactionalId: 'billing', producerId, producerEpoch, committed: true };
  assert.equal((await raw.call(ApiKey.EndTxn, 3, end)).errorCode, ErrorCode.PRODUCER_FENCED);
  const numbered = { producerId: 41, producerEpoch: 0, baseSequence: 0 };
  assert.equal((await produce(raw, 'orders', batch(['a'], numbered))).errorCode, 0);
  assert.equal((await call('POST', '/producers/fence', { producerId: 41 })).status, 200);
  const next = await produce(raw, 'orders', batch(['b'], { ...numbered, baseSequence: 1 }));
  assert.equal(next.errorCode, ErrorCode.INVALID_PRODUCER_EPOCH);
  await refused('POST', '/producers/fence', { transactionalId: 'nobody' }, 400, /no transactional.id nobody/);
  await refused('POST', '/producers/fence', {}, 400, /Say whom to fence/);
  await refused('POST', '/groups/nobody/rebalance', undefined, 400, /no group nobody/);
});

test('a snapshot is downloaded and uploaded; the broker stopped and started', async (t) => {
  const { broker, call, client, refused } = await controlled(t);
  const raw = await client();
  await createTopic(raw, 'orders');
  await produce(raw, 'orders', batch(['a']));
  const taken = Buffer.from(await (await fetch(`${broker.adminUrl}/control/snapshot`)).arrayBuffer());
  await raw.call(ApiKey.DeleteTopics, 4, { topicNames: ['orders'], timeoutMs: 1_000 });
  const put = await fetch(`${broker.adminUrl}/control/snapshot`, { method: 'PUT', body: taken });
  assert.equal(put.status, 200);
  const { topics } = await (await client()).call(ApiKey.Metadata, 12, { topics: null });
  assert.deepEqual(
    topics.map(({ name }) => name),
    ['orders'],
  );
  const bad = await fetch(`${broker.adminUrl}/control/snapshot`, { method: 'PUT', body: 'nonsense' });
  assert.equal(bad.status, 400);
  await bad.arrayBuffer();
  await call('POST', '/stop', { crash: true });
  await refused('POST', '/groups/billing/rebalance', undefined, 400, /start it again/);
  await refused('GET', '/snapshot', undefined, 400, /start it again/);
  await call('POST', '/start');
  await (await client()).call(ApiKey.ApiVersions, 0, {});
  await refused('POST', '/restart', { crash: 'yes' }, 400, /true or false/);
});
