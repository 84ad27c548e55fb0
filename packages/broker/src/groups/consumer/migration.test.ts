import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '@headwater/protocol';
import { decodeAssignment, encodeAssignment } from '../consumer-protocol.ts';
import { subscriptionBytes, TestCoordinator } from '../testing/test-coordinator.ts';

const now = { 'group.consumer.assignment.interval.ms': 0 };

/** A classic group of one member that has all partitions of `orders`. */
async function classicGroup(config: Record<string, string | number> = now) {
  const it = await TestCoordinator.open(config);
  const topicId = it.topic('orders', 4);
  const { memberId, generationId } = it.classicJoin('', ['orders']).result!;
  const assignment = encodeAssignment(1, new Map([['orders', [0, 1, 2, 3]]]));
  it.classicSync(memberId, generationId, [{ memberId, assignment }]);
  assert.equal(it.classicHeartbeat(memberId, generationId), 0);
  return { it, topicId, memberId, generationId };
}

const joinAgain = (it: TestCoordinator, memberId: string, partitions: number[]) => {
  const metadata = subscriptionBytes(['orders'], new Map([['orders', partitions]]));
  return it.classicJoin(memberId, ['orders'], { protocols: [{ name: 'cooperative-sticky', metadata }] }).result!;
};

const synced = (it: TestCoordinator, memberId: string, generationId: number) => {
  const { result } = it.classicSync(memberId, generationId);
  assert.equal(result?.errorCode, 0);
  return decodeAssignment(result!.assignment)!.partitions.get('orders') ?? [];
};

test('a classic group becomes a consumer group under its members, and a classic one again', async () => {
  const { it, memberId } = await classicGroup();
  const joined = it.join('new', ['orders']);
  assert.equal(joined.errorCode, 0);
  assert.equal(joined.assignment?.size, 0, 'all is still with the classic member');
  assert.equal(it.group().members.get(memberId)?.classic?.sessionTimeoutMs, 10_000);

  assert.equal(it.classicHeartbeat(memberId, 1), ErrorCode.REBALANCE_IN_PROGRESS);
  const first = joinAgain(it, memberId, [0, 1, 2, 3]);
  assert.deepEqual([first.errorCode, first.generationId, first.members.length], [0, 1, 0], 'it leads nobody');
  assert.equal(synced(it, memberId, 1).length, 2);
  assert.equal(it.classicHeartbeat(memberId, 1), ErrorCode.REBALANCE_IN_PROGRESS, 'it still has to give back');
  const kept = [...it.group().members.get(memberId)!.assigned.values()].flatMap((epochs) => [...epochs.keys()]);
  const second = joinAgain(it, memberId, kept);
  assert.deepEqual(synced(it, memberId, second.generationId), kept);
  assert.equal(it.classicHeartbeat(memberId, second.generationId), 0);
  assert.equal(it.beat('new', joined.memberEpoch).assignment?.values().next().value?.length, 2);
  assert.equal(it.group().state, 'Stable');

  await it.kill();
  assert.equal(it.classicHeartbeat(memberId, second.generationId), 0, 'after kill -9 too');
  it.beat('new', -1);
  const classic = it.coordinator.find('g')!.group;
  assert.deepEqual([classic.kind, classic.state], ['classic', 'PreparingRebalance']);
  assert.equal(it.classicHeartbeat(memberId, second.generationId + 1), 0 || ErrorCode.ILLEGAL_GENERATION);
  const third = joinAgain(it, memberId, kept);
  assert.equal(third.leader, memberId, 'the client assigns again');
  await it.kill();
  assert.equal(it.coordinator.find('g')?.group.kind, 'classic');
});

test('a second classic member joins the consumer group, and leaves it', async () => {
  const { it, memberId } = await classicGroup();
  it.join('new', ['orders']);
  const asked = it.classicJoin('', ['orders'], { requireKnownMemberId: true }).result!;
  assert.equal(asked.errorCode, ErrorCode.MEMBER_ID_REQUIRED);
  const other = it.classicJoin(asked.memberId, ['orders'], { requireKnownMemberId: true }).result!;
  assert.equal(other.errorCode, 0);
  assert.equal(it.group().memberCount, 3);
  assert.deepEqual(synced(it, other.memberId, other.generationId), []);
  const strange = [{ name: 'mine', metadata: subscriptionBytes(['orders'], new Map()) }];
  const refused = it.classicJoin('', ['orders'], { protocols: strange }).result!;
  assert.equal(refused.errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  const leave = (id: string) => it.coordinator.leave('g', [{ memberId: id, groupInstanceId: null }]);
  assert.deepEqual(leave(other.memberId), [0]);
  assert.deepEqual(leave('nobody'), [ErrorCode.UNKNOWN_MEMBER_ID]);
  assert.deepEqual(leave(memberId), [0]);
  assert.equal(it.group().memberCount, 1);
});

test('classic members in a consumer group have deadlines for the join, the sync and the session', async () => {
  for (const deadline of ['session', 'join', 'sync']) {
    const { it, memberId } = await classicGroup();
    it.join('new', ['orders']);
    if (deadline === 'join') assert.equal(it.classicHeartbeat(memberId, 1), ErrorCode.REBALANCE_IN_PROGRESS);
    if (deadline === 'sync') joinAgain(it, memberId, [0, 1, 2, 3]);
    for (let passedMs = 0; passedMs < 60_000; passedMs += 5_000) {
      it.clock.advance(5_000);
      if (deadline !== 'session' && it.group().members.has(memberId)) it.classicHeartbeat(memberId, 1);
      it.beat('new', it.group().members.get('new')!.memberEpoch);
    }
    assert.ok(!it.group().members.has(memberId), deadline);
  }
});

test('a static member changes the protocol, there and back, without a rebalance', async () => {
  const it = await TestCoordinator.open(now);
  it.topic('orders', 2);
  const pod = { groupInstanceId: 'pod' };
  const { memberId, generationId } = it.classicJoin('', ['orders'], pod).result!;
  const assignment = encodeAssignment(1, new Map([['orders', [0, 1]]]));
  it.coordinator.sync(
    'g',
    { ...pod, memberId, generationId, protocolType: null, protocolName: null, assignments: [{ memberId, assignment }] },
    () => {},
  );
  const upgraded = it.join('new', ['orders'], { instanceId: 'pod' });
  assert.deepEqual([...upgraded.assignment!.values()], [[0, 1]]);
  assert.equal(it.group().memberCount, 1);
  const back = it.classicJoin('', ['orders'], pod).result!;
  assert.equal(back.errorCode, 0);
  const { group } = it.coordinator.find('g')!;
  assert.deepEqual([group.kind, group.state], ['classic', 'Stable']);
  const heartbeat = { ...pod, memberId: back.memberId, generationId: back.generationId };
  assert.equal(it.coordinator.heartbeat('g', heartbeat), 0);
});

test('the migration policy, and groups that cannot change', async () => {
  for (const policy of ['disabled', 'downgrade']) {
    const { it } = await classicGroup({ ...now, 'group.consumer.migration.policy': policy });
    assert.equal(it.join('new', ['orders']).errorCode, ErrorCode.GROUP_ID_NOT_FOUND, policy);
    assert.equal(it.coordinator.find('g')?.group.kind, 'classic');
  }
  const { it, memberId } = await classicGroup({ ...now, 'group.consumer.migration.policy': 'upgrade' });
  it.join('new', ['orders']);
  it.beat('new', -1);
  assert.equal(it.group().members.has(memberId), true, 'it stays a consumer group');

  const other = await TestCoordinator.open({ 'group.consumer.migration.policy': 'disabled' });
  other.topic('orders', 1);
  other.join('new', ['orders']);
  assert.equal(other.classicJoin('', ['orders']).result?.errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL);

  const connect = await TestCoordinator.open();
  connect.classicJoin('', [], { protocolType: 'connect', protocols: [{ name: 'v1', metadata: Buffer.alloc(0) }] });
  assert.equal(connect.join('new', ['orders']).errorCode, ErrorCode.GROUP_ID_NOT_FOUND);

  const own = await classicGroup();
  own.it.coordinator.forceRebalance('g');
  const again = own.it.classicJoin(own.memberId, ['orders']).result!;
  const userData = Buffer.concat([encodeAssignment(1, new Map()).subarray(0, -4), Buffer.from([0, 0, 0, 1, 7])]);
  own.it.classicSync(own.memberId, again.generationId, [{ memberId: own.memberId, assignment: userData }]);
  assert.equal(own.it.join('new', ['orders']).errorCode, ErrorCode.GROUP_ID_NOT_FOUND, 'what it keeps would be lost');
});

test('an empty group changes its kind, whatever the policy, and keeps its offsets', async () => {
  const it = await TestCoordinator.open({ 'group.consumer.migration.policy': 'disabled' });
  it.topic('orders', 1);
  const offset = { topic: 'orders', partition: 0, offset: 7, leaderEpoch: -1, metadata: '' };
  assert.deepEqual(it.coordinator.commit('g', [offset]), [0]);
  const committed = () => it.coordinator.find('g')?.offsets.get('orders', 0)?.offset;
  it.join('new', ['orders']);
  assert.equal(committed(), 7);
  it.beat('new', -1);
  const { memberId, generationId } = it.classicJoin('', ['orders']).result!;
  assert.equal(generationId, 1);
  it.classicSync(memberId, 1);
  await it.kill();
  assert.deepEqual([it.coordinator.find('g')?.group.kind, committed()], ['classic', 7]);
  it.coordinator.leave('g', [{ memberId, groupInstanceId: null }]);
  assert.equal(it.join('new', ['orders']).errorCode, 0);
  await it.kill();
  assert.deepEqual([it.coordinator.find('g')?.group.kind, committed()], ['consumer', 7]);
});
