import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey, ErrorCode } from '@headwater/protocol';
import { ManualClock, startBroker } from '../../index.ts';
import { batch, createTopic, fetchBody, produce, testBroker } from '../../test/fixtures.ts';
import type { RawClient } from '../../test/raw-client.ts';

const dayMs = 24 * 3_600_000;

async function earliest(client: RawClient, topic: string): Promise<number> {
  const topics = [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -2 }] }];
  const answer = await client.call(ApiKey.ListOffsets, 5, { replicaId: -1, isolationLevel: 0, topics });
  return answer.topics[0]!.partitions[0]!.offset;
}

const join = {
  groupId: 'billing',
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 10_000,
  memberId: '',
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: Buffer.alloc(6) }],
};

test('a running broker: time moved on ends a session', async (t) => {
  const { broker, client } = await testBroker(t);
  const raw = await client();
  const { memberId, generationId } = await raw.call(ApiKey.JoinGroup, 3, join);
  const beat = async () =>
    (await raw.call(ApiKey.Heartbeat, 3, { groupId: 'billing', generationId, memberId })).errorCode;
  await raw.call(ApiKey.SyncGroup, 3, { groupId: 'billing', generationId, memberId, assignments: [] });
  broker.clock.freeze();
  assert.equal(await beat(), 0);
  await broker.clock.advance(9_999);
  assert.equal(await beat(), 0, 'the heartbeat begins the session anew');
  await broker.clock.advance(10_001);
  assert.equal(await beat(), ErrorCode.UNKNOWN_MEMBER_ID);
});

test('retention follows the clock, and has been applied when advance resolves', async (t) => {
  const { broker, client } = await testBroker(t);
  const raw = await client();
  await createTopic(raw, 'orders');
  await produce(raw, 'orders', batch(['a', 'b']));
  await broker.clock.advance(6 * dayMs);
  assert.equal(await earliest(raw, 'orders'), 0);
  await broker.clock.advance(1.1 * dayMs);
  assert.equal(await earliest(raw, 'orders'), 2);
});

test('a long poll waits while time stands still, and ends when it is moved', async (t) => {
  const { broker, client } = await testBroker(t);
  const raw = await client();
  await createTopic(raw, 'orders');
  broker.clock.freeze();
  assert.equal(broker.clock.isFrozen, true);
  raw.send(ApiKey.Fetch, 11, fetchBody('orders', 0, { maxWaitMs: 500 }));
  // Handled before what comes after it on the same connection; both are answered in their order.
  raw.send(ApiKey.ApiVersions, 0, {});
  const other = await client();
  await other.call(ApiKey.ApiVersions, 0, {});
  assert.equal(raw.frames.length, 0);
  // Until the fetch is in, nothing can be due.
  while (raw.frames.length === 0) await broker.clock.advance(500);
  await raw.nextFrame();
});

test('the wall clock is set, to and fro; new records carry it', async (t) => {
  const { broker, client } = await testBroker(t, { config: { 'log.message.timestamp.type': 'LogAppendTime' } });
  const raw = await client();
  await createTopic(raw, 'orders');
  broker.clock.freeze();
  const at = Date.UTC(2030, 0, 1);
  await broker.clock.set(at);
  const { logAppendTimeMs } = await produce(raw, 'orders', batch(['a']));
  assert.equal(logAppendTimeMs, at);
  await broker.clock.set(new Date(at - dayMs));
  assert.equal((await produce(raw, 'orders', batch(['b']))).logAppendTimeMs, at - dayMs);
  broker.clock.resume();
  assert.equal(broker.clock.isFrozen, false);
  assert.ok(broker.clock.now() >= at - dayMs && broker.clock.now() < at);
});

test('connections go by real time: none is closed because the clock was moved', async (t) => {
  const { broker, client, lines } = await testBroker(t);
  const raw = await client();
  await raw.call(ApiKey.ApiVersions, 0, {});
  await broker.clock.advance(30 * dayMs);
  await raw.call(ApiKey.ApiVersions, 0, {});
  assert.deepEqual(
    lines.filter(({ level }) => level === 'warn' || level === 'error'),
    [],
  );
});

test('what cannot be done is said', async (t) => {
  const { broker } = await testBroker(t);
  const isControl = { code: 'HW_BROKER_CONTROL' };
  await assert.rejects(broker.clock.advance(-1), isControl);
  await assert.rejects(broker.clock.set(new Date('no date')), isControl);
  await using manual = await startBroker({ clock: new ManualClock() });
  assert.throws(() => manual.clock.resume(), isControl);
  const clock = { now: () => 1e12, monotonicMs: () => 0, schedule: () => ({ cancel() {} }) };
  await using own = await startBroker({ clock });
  await assert.rejects(own.clock.advance(1), isControl);
});
