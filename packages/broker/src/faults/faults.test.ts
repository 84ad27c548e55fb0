import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey, ErrorCode } from '@headwater/protocol';
import type { FaultRule } from '../../index.ts';
import { batch, createTopic, fetchBody, produce, testBroker } from '../../test/fixtures.ts';
import { RawClient } from '../../test/raw-client.ts';

test('an error once: the topic that is meant is refused, the next try goes through', async (t) => {
  const { broker, client } = await testBroker(t);
  const raw = await client();
  await createTopic(raw, 'orders');
  await createTopic(raw, 'bills');
  const match = { api: 'Produce', topic: 'ord*' };
  const fault = broker.faults.add({ kind: 'error', error: 'NOT_LEADER_OR_FOLLOWER', match, times: 1 });
  assert.equal((await produce(raw, 'bills', batch(['b']))).errorCode, 0);
  const refused = await produce(raw, 'orders', batch(['a']));
  assert.deepEqual([refused.errorCode, refused.baseOffset], [ErrorCode.NOT_LEADER_OR_FOLLOWER, -1]);
  assert.match(refused.errorMessage!, /injected/);
  const taken = await produce(raw, 'orders', batch(['a']));
  assert.deepEqual([taken.errorCode, taken.baseOffset], [0, 0], 'nothing was written the first time');
  assert.deepEqual(broker.faults.list(), [{ id: fault.id, rule: fault.rule, hits: 1, isActive: false }]);
});

test('skip, times and a seeded share', async (t) => {
  const { broker, client } = await testBroker(t);
  const raw = await client();
  const codes = async (rule: Partial<FaultRule>, count: number) => {
    using _fault = broker.faults.add({ kind: 'error', error: 15, match: { api: 'Heartbeat' }, ...rule } as FaultRule);
    const beat = { groupId: 'g', generationId: 1, memberId: 'm' };
    const answers = [];
    for (let index = 0; index < count; index++)
      answers.push((await raw.call(ApiKey.Heartbeat, 4, beat)).errorCode === 15);
    return answers;
  };
  assert.deepEqual(await codes({ skip: 1, times: 2 }, 5), [false, true, true, false, false]);
  const first = await codes({ probability: 0.5, seed: 7 }, 40);
  assert.deepEqual(await codes({ probability: 0.5, seed: 7 }, 40), first, 'the same seed, the same requests');
  assert.ok(first.includes(true) && first.includes(false));
});

test('a group and a client are told apart from others', async (t) => {
  const { broker, client } = await testBroker(t);
  const raw = await client();
  broker.faults.add({ kind: 'error', error: 'NOT_COORDINATOR', match: { groupId: 'billing', clientId: 'worker-*' } });
  const find = async (key: string, clientId: string) => {
    const answer = await raw.call(ApiKey.FindCoordinator, 4, { keyType: 0, coordinatorKeys: [key, 'other'] }, clientId);
    return answer.coordinators.map((each) => [each.key, each.errorCode]).sort();
  };
  assert.deepEqual(await find('billing', 'worker-1'), [
    ['billing', 16],
    ['other', 0],
  ]);
  assert.deepEqual(await find('billing', 'admin'), [
    ['billing', 0],
    ['other', 0],
  ]);
});

test('latency by the clock: what follows on the connection waits too, others do not', async (t) => {
  const { broker, client } = await testBroker(t);
  const [slow, other] = [await client(), await client()];
  await createTopic(slow, 'orders');
  broker.clock.freeze();
  const fault = broker.faults.add({ kind: 'latency', ms: 500, match: { api: 'Produce' } });
  const asked = produce(slow, 'orders', batch(['a']));
  await fault.untilHits();
  slow.send(ApiKey.ApiVersions, 0, {});
  const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0, timestamp: -1 }] }];
  const end = async () =>
    (await other.call(ApiKey.ListOffsets, 5, { replicaId: -1, isolationLevel: 0, topics })).topics[0]!.partitions[0]!
      .offset;
  assert.equal(await end(), 0, 'not handled yet');
  await broker.clock.advance(500);
  assert.equal((await asked).errorCode, 0);
  await slow.nextFrame();
  assert.equal(await end(), 1);
  fault.remove();
  using after = broker.faults.add({ kind: 'latency', ms: 500, when: 'after', match: { api: 'Produce' } });
  const late = produce(slow, 'orders', batch(['b']));
  await after.untilHits();
  assert.equal(await end(), 2, 'handled at once');
  assert.equal(slow.frames.length, 0);
  await broker.clock.advance(500);
  assert.equal((await late).baseOffset, 1);
});

for (const [when, endOffset] of [
  ['before', 0],
  ['after', 1],
  ['half', 1],
] as const) {
  test(`a connection lost ${when === 'half' ? 'in the middle of the answer' : `${when} handling`}`, async (t) => {
    const { broker, client, lines } = await testBroker(t);
    const [raw, other] = [await client(), await client()];
    await createTopic(other, 'orders');
    broker.faults.add({ kind: 'disconnect', when, match: { topic: 'orders' }, times: 1 });
    const before = raw.receivedBytes;
    await assert.rejects(produce(raw, 'orders', batch(['a'])), /connection was closed/);
    assert.equal(raw.receivedBytes > before, when === 'half');
    assert.equal(raw.frames.length, 0, 'no whole answer');
    const answer = await other.call(ApiKey.Fetch, 11, fetchBody('orders', 0));
    assert.equal(answer.responses[0]!.partitions[0]!.highWatermark, endOffset);
    assert.deepEqual(
      lines.filter(({ level }) => level === 'warn'),
      [],
    );
  });
}

test('a stalled fetch is answered when the fault is over; removing, time and restart all end it', async (t) => {
  const { broker, client } = await testBroker(t);
  const raw = await client();
  await createTopic(raw, 'orders');
  await produce(raw, 'orders', batch(['a']));
  const stall = { kind: 'stall', match: { api: 'Fetch' } } as const;
  const fetched = async () => (await raw.call(ApiKey.Fetch, 11, fetchBody('orders', 0))).responses.length;
  const first = broker.faults.add({ ...stall, times: 1 });
  const asked = fetched();
  await first.untilHits();
  first.remove();
  assert.equal(await asked, 1);
  broker.clock.freeze();
  const second = broker.faults.add({ ...stall, forMs: 1_000 });
  const askedAgain = fetched();
  await second.untilHits();
  await broker.clock.advance(1_000);
  assert.equal(await askedAgain, 1);
  const third = broker.faults.add(stall);
  const lost = assert.rejects(fetched(), /closed/);
  await third.untilHits();
  await broker.restart();
  await lost;
});

test('a full disk for one partition: it refuses, others go on, and it goes on when there is room', async (t) => {
  const { broker, client } = await testBroker(t);
  const raw = await client();
  await createTopic(raw, 'orders', 2);
  const full = broker.faults.add({ kind: 'storage', error: 'ENOSPC', match: { topic: 'orders', partition: 0 } });
  assert.equal((await produce(raw, 'orders', batch(['a']))).errorCode, ErrorCode.KAFKA_STORAGE_ERROR);
  assert.equal((await produce(raw, 'orders', batch(['a']), { partition: 1 })).errorCode, 0);
  full.remove();
  assert.equal((await produce(raw, 'orders', batch(['a']))).errorCode, 0);
  assert.ok(full.hits >= 1);
});

test('new connections wait, or are closed', async (t) => {
  const { broker } = await testBroker(t);
  const hold = broker.faults.add({ kind: 'accept' });
  const raw = await RawClient.connect(broker);
  t.after(() => raw.close());
  const asked = raw.call(ApiKey.ApiVersions, 0, {});
  await hold.untilHits();
  assert.equal(raw.frames.length, 0);
  hold.remove();
  await asked;
  using _close = broker.faults.add({ kind: 'accept', how: 'close', times: 1 });
  const refused = await RawClient.connect(broker);
  await refused.closed();
});

test('members of a group join again when told', async (t) => {
  const { broker, client } = await testBroker(t);
  const raw = await client();
  const member = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, protocolType: 'consumer', groupId: 'billing' };
  const protocols = [{ name: 'range', metadata: Buffer.alloc(6) }];
  const { generationId, memberId } = await raw.call(ApiKey.JoinGroup, 3, { ...member, memberId: '', protocols });
  await raw.call(ApiKey.SyncGroup, 3, { groupId: 'billing', generationId, memberId, assignments: [] });
  broker.rebalance('billing');
  const beat = await raw.call(ApiKey.Heartbeat, 3, { groupId: 'billing', generationId, memberId });
  assert.equal(beat.errorCode, ErrorCode.REBALANCE_IN_PROGRESS);
  const again = await raw.call(ApiKey.JoinGroup, 3, { ...member, memberId, protocols });
  assert.equal(again.generationId, generationId + 1);
  assert.throws(() => broker.rebalance('nobody'), { code: 'HW_BROKER_CONTROL' });
});

test('a rule that makes no sense is refused with what does', async (t) => {
  const { broker } = await testBroker(t);
  const wrong: [unknown, RegExp][] = [
    [null, /object with a `kind`/],
    [{ kind: 'slow' }, /it takes latency, disconnect, error/],
    [{ kind: 'latency' }, /needs ms/],
    [{ kind: 'latency', ms: '5' }, /ms is "5"; it takes milliseconds/],
    [{ kind: 'error', error: 'NO_SUCH' }, /takes a Kafka error/],
    [{ kind: 'error', error: 'NOT_COORDINATOR', match: { api: 'Prodcue' } }, /no API "Prodcue".*Produce/],
    [{ kind: 'stall', match: { partition: 1 } }, /say which topic/],
    [{ kind: 'stall', match: { topics: 'x' } }, /topics is nothing that/],
    [{ kind: 'accept', match: {} }, /has no `match`/],
    [{ kind: 'storage', error: 'ENOSPC', match: { api: 'Fetch' } }, /api is nothing/],
    [{ kind: 'stall', times: 0 }, /from 1 up/],
  ];
  for (const [rule, message] of wrong) {
    assert.throws(() => broker.faults.add(rule as FaultRule), { code: 'HW_BROKER_CONTROL', message });
  }
  assert.deepEqual(broker.faults.list(), []);
});
