import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { ErrorCode } from '@headwater/protocol';
import { TestCoordinator } from '../testing/test-coordinator.ts';
import type { TopicPartitions } from './topic-partitions.ts';

const now = { 'group.consumer.assignment.interval.ms': 0 };
const list = (assignment: TopicPartitions | null) => (assignment === null ? null : [...assignment.values()].flat());
const owned = (topicId: string, ...partitions: number[]) => ({ owned: new Map([[topicId, partitions]]) });

test('one member gets all, and keeps it with heartbeats that say nothing', async () => {
  const it = await TestCoordinator.open();
  const topicId = it.topic('orders', 3);
  const joined = it.join('a', ['orders']);
  assert.deepEqual([joined.memberEpoch, list(joined.assignment)], [2, [0, 1, 2]]);
  assert.equal(it.group().state, 'Stable');
  const before = it.disk.log('__consumer_offsets').logEndOffset;
  for (let round = 0; round < 20; round++) {
    it.clock.advance(40_000);
    assert.deepEqual(it.beat('a', 2, owned(topicId, 0, 1, 2)).assignment, null);
  }
  assert.equal(
    it.disk.log('__consumer_offsets').logEndOffset,
    before,
    'a heartbeat that changes nothing writes nothing',
  );
  assert.equal(it.beat('a', -1).memberEpoch, -1);
  assert.equal(it.group().state, 'Empty');
});

test('what one loses is given back before another gets it', async () => {
  const it = await TestCoordinator.open(now);
  const topicId = it.topic('orders', 4);
  it.join('a', ['orders']);
  const b = it.join('b', ['orders']);
  assert.deepEqual([b.memberEpoch, list(b.assignment)], [3, []], 'all of it is still with a');
  assert.equal(it.group().state, 'Reconciling');
  const told = it.beat('a', 2, owned(topicId, 0, 1, 2, 3));
  assert.deepEqual([told.memberEpoch, list(told.assignment)], [2, [0, 1]]);
  assert.equal(it.beat('b', 3).assignment, null);
  assert.equal(it.beat('a', 2, owned(topicId, 0, 1, 2)).memberEpoch, 2, 'one of two is not enough');
  assert.equal(it.beat('b', 3).assignment, null);
  assert.equal(it.beat('a', 2, owned(topicId, 0, 1)).memberEpoch, 3);
  assert.deepEqual(list(it.beat('b', 3).assignment), [2, 3]);
  assert.equal(it.group().state, 'Stable');
});

test('a member that does not give back in its rebalance time-out is out', async () => {
  const it = await TestCoordinator.open(now);
  const topicId = it.topic('orders', 2);
  it.join('a', ['orders'], { rebalanceTimeoutMs: 20_000 });
  it.join('b', ['orders']);
  it.beat('a', 2, owned(topicId, 0, 1));
  it.clock.advance(19_000);
  it.beat('a', 2, owned(topicId, 0, 1));
  it.beat('b', 3);
  assert.equal(it.group().memberCount, 2);
  it.clock.advance(1_000);
  assert.equal(it.beat('a', 2).errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  assert.deepEqual(list(it.beat('b', 3).assignment), [0, 1]);
});

test('a member that is not heard of for its session is out, and the others get what it had', async () => {
  const it = await TestCoordinator.open();
  it.topic('orders', 2);
  it.join('a', ['orders']);
  it.clock.advance(30_000);
  it.join('b', ['orders']);
  it.clock.advance(14_999);
  assert.equal(it.group().memberCount, 2);
  it.clock.advance(1);
  assert.equal(it.group().memberCount, 1);
  assert.deepEqual(list(it.beat('b', 3).assignment), [0, 1]);
  assert.equal(it.beat('a', 2).errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
});

test('many joins in a row make few assignments', async () => {
  const it = await TestCoordinator.open({ 'group.consumer.assignment.interval.ms': 1_000 });
  it.topic('orders', 8);
  it.join('a', ['orders']);
  for (const member of ['b', 'c', 'd']) it.join(member, ['orders']);
  assert.deepEqual([it.group().groupEpoch, it.group().targetEpoch], [5, 2]);
  assert.equal(it.group().state, 'Assigning');
  it.clock.advance(1_000);
  it.beat('b', 2);
  assert.equal(it.group().targetEpoch, 5);
  assert.equal([...it.group().target('d').values()].flat().length, 2);
});

test('epochs: the answer that got lost is forgiven, all else is fenced', async () => {
  const it = await TestCoordinator.open(now);
  const topicId = it.topic('orders', 2);
  it.join('a', ['orders']);
  it.join('b', ['orders']);
  it.beat('a', 2, owned(topicId, 0, 1));
  it.beat('a', 2, owned(topicId, 0));
  assert.equal(it.group().members.get('a')?.memberEpoch, 3);
  assert.equal(it.beat('a', 2, owned(topicId, 0)).errorCode, 0, 'it has not heard of 3');
  assert.equal(it.beat('a', 2, owned(topicId, 0, 1)).errorCode, ErrorCode.FENCED_MEMBER_EPOCH);
  assert.equal(it.beat('a', 2).errorCode, ErrorCode.FENCED_MEMBER_EPOCH);
  assert.equal(it.beat('a', 1, owned(topicId)).errorCode, ErrorCode.FENCED_MEMBER_EPOCH);
  assert.equal(it.beat('a', 4).errorCode, ErrorCode.FENCED_MEMBER_EPOCH);
  assert.equal(it.join('a', ['orders']).memberEpoch, 3, 'it may join again');
});

test('topics that appear, grow and go while a group subscribes to them', async () => {
  const it = await TestCoordinator.open(now);
  assert.deepEqual(list(it.join('a', ['orders', 'later']).assignment), []);
  it.topic('orders', 1);
  assert.deepEqual(list(it.beat('a', 2).assignment), [0]);
  it.disk.store.addPartitions('orders', 3);
  assert.deepEqual(list(it.beat('a', 3).assignment), [0, 1, 2]);
  it.topic('unrelated', 1);
  assert.equal(it.beat('a', 4).memberEpoch, 4, 'nobody cares about that topic');
  it.topic('later', 1);
  assert.equal(list(it.beat('a', 4).assignment)?.length, 4);
  await it.disk.store.deleteTopic('orders');
  assert.deepEqual(list(it.beat('a', 5).assignment), [0]);
  assert.equal(it.group().subscribedTopics().size, 2);
});

test('a new subscription: topics that were left go at once', async () => {
  const it = await TestCoordinator.open({ 'group.consumer.assignment.interval.ms': 1_000 });
  const orders = it.topic('orders', 1);
  const bills = it.topic('bills', 1);
  it.join('a', ['orders']);
  const told = it.beat('a', 2, { subscribedTopicNames: ['bills'], ...owned(orders, 0) });
  assert.deepEqual(list(told.assignment), [], 'before there is a new target');
  it.clock.advance(1_000);
  assert.deepEqual(it.beat('a', 2, { owned: new Map() }).assignment, new Map([[bills, [0]]]));
});

test('expressions: topics that match are found, new ones with the next look', async () => {
  const it = await TestCoordinator.open(now);
  for (const name of ['orders-eu', 'orders-us', 'bills']) it.topic(name, 1);
  const joined = it.join('a', 'orders-.*');
  assert.equal(list(joined.assignment)?.length, 2);
  it.topic('orders-asia', 1);
  assert.equal(it.beat('a', 2).assignment, null, 'not sooner than 10 s after the last look');
  it.clock.advance(10_001);
  assert.equal(list(it.beat('a', 2).assignment)?.length, 3);
  assert.equal(it.join('b', '(orders').errorCode, ErrorCode.INVALID_REGULAR_EXPRESSION);
  assert.equal(it.group().memberCount, 1, 'who was refused is not there');
  const some = it.join('c', '.*-eu|bills', { mayDescribe: (topic) => topic === 'bills' });
  assert.deepEqual(it.group().topicNamesOf(it.group().members.get('c')!), ['bills']);
  it.beat('c', some.memberEpoch, { subscribedTopicRegex: '' });
  assert.deepEqual([...it.group().regexes.keys()], ['orders-.*'], 'nobody subscribes to the other any more');
  it.beat('a', -1);
  assert.equal(it.group().regexes.size, 0);
});

test('static members: away for less than a session, and fenced by their successor', async () => {
  const it = await TestCoordinator.open(now);
  const topicId = it.topic('orders', 2);
  const pod = { instanceId: 'pod-1' };
  it.join('first', ['orders'], pod);
  assert.equal(it.join('second', ['orders'], pod).errorCode, ErrorCode.UNRELEASED_INSTANCE_ID);
  assert.equal(it.beat('first', -2, pod).memberEpoch, -2);
  const { groupEpoch } = it.group();
  const back = it.join('second', ['orders'], pod);
  assert.deepEqual([back.memberEpoch, list(back.assignment)], [2, [0, 1]]);
  assert.equal(it.group().groupEpoch, groupEpoch, 'nobody else hears of it');
  assert.equal(it.beat('first', 2, { ...pod, ...owned(topicId, 0) }).errorCode, ErrorCode.FENCED_INSTANCE_ID);
  assert.equal(it.beat('nobody', 2, { instanceId: 'pod-9' }).errorCode, ErrorCode.UNKNOWN_MEMBER_ID);
  it.beat('second', -2, pod);
  it.clock.advance(45_000);
  assert.equal(it.group().memberCount, 0, 'it did not come back');
});

test('groups have a largest size', async () => {
  const it = await TestCoordinator.open({ 'group.consumer.max.size': 2 });
  it.topic('orders', 1);
  it.join('a', ['orders'], { instanceId: 'pod' });
  it.join('b', ['orders']);
  assert.equal(it.join('c', ['orders']).errorCode, ErrorCode.GROUP_MAX_SIZE_REACHED);
  assert.equal(it.join('b', ['orders']).errorCode, 0);
  it.beat('a', -2, { instanceId: 'pod' });
  assert.equal(it.join('d', ['orders'], { instanceId: 'pod' }).errorCode, 0);
});

test('commits: the epoch is the member’s, or that of the partition', async () => {
  const it = await TestCoordinator.open(now);
  const topicId = it.topic('orders', 2);
  it.join('a', ['orders']);
  it.join('b', ['orders']);
  it.beat('a', 2, owned(topicId, 0, 1));
  it.beat('a', 2, owned(topicId, 0));
  const commit = (generationId: number, partition: number, apiVersion = 9, isTransactional = false) =>
    it.coordinator.checkCommit('g', {
      memberId: 'a',
      groupInstanceId: null,
      generationId,
      apiVersion,
      isTransactional,
      partitions: () => [{ topicId, partition }],
    });
  assert.equal(commit(3, 0), 0);
  assert.equal(commit(2, 0), 0, 'it got the partition in epoch 2');
  assert.equal(commit(2, 1), ErrorCode.STALE_MEMBER_EPOCH, 'it has given that one away');
  assert.equal(commit(1, 0), ErrorCode.STALE_MEMBER_EPOCH);
  assert.equal(commit(4, 0), ErrorCode.STALE_MEMBER_EPOCH);
  assert.equal(commit(4, 0, 3, true), ErrorCode.ILLEGAL_GENERATION, 'as transactional producers know it');
  assert.equal(commit(3, 0, 8), ErrorCode.UNSUPPORTED_VERSION);
  assert.equal(it.coordinator.checkFetch('g', 'a', 3), 0);
  assert.equal(it.coordinator.checkFetch('g', 'a', 2), ErrorCode.STALE_MEMBER_EPOCH);
  assert.equal(it.coordinator.checkFetch('g', null, -1), 0);
});

test('after kill -9 everything is where it was', async () => {
  const it = await TestCoordinator.open(now);
  const topicId = it.topic('orders', 4);
  it.join('a', ['orders'], { serverAssignor: 'range', rackId: 'r' });
  it.join('b', 'ord.*', { instanceId: 'pod' });
  it.beat('a', 2, owned(topicId, 0, 1, 2, 3));
  it.join('gone', ['orders']);
  it.beat('gone', -1);
  const shown = () => {
    const { groupEpoch, members, metadataHash, regexes, state, targetEpoch } = it.group();
    const targets = [...members.keys()].map((memberId) => it.group().target(memberId));
    const found = [...regexes].map(([regex, { topics }]) => [regex, topics]);
    return {
      groupEpoch,
      members,
      metadataHash,
      found,
      state,
      targetEpoch,
      targets,
      pod: it.group().staticMember('pod'),
    };
  };
  const before = structuredClone(shown());
  await it.kill();
  assert.deepEqual(shown(), before);
  assert.equal(it.beat('b', 3, { instanceId: 'pod' }).errorCode, 0);
  assert.deepEqual(list(it.beat('a', 2, owned(topicId, 0, 1, 2, 3)).assignment), null);
  it.clock.advance(45_000);
  assert.equal(it.group().memberCount, 0, 'sessions have begun anew, and end');
  await it.kill();
  assert.equal(it.group().state, 'Empty');
});

test('a log that is written anew holds the group and its offsets', async () => {
  const it = await TestCoordinator.open(now);
  const topicId = it.topic('orders', 4);
  it.join('a', 'ord.*', { instanceId: 'pod' });
  it.join('b', ['orders']);
  it.beat('a', 2, { instanceId: 'pod', ...owned(topicId, 0, 1, 2, 3) });
  const before = structuredClone([...it.group().members]);
  for (let offset = 1; offset <= 60; offset++) {
    const offsets = Array.from({ length: 1_000 }, (_, partition) => ({
      topic: 'orders',
      partition,
      offset,
      leaderEpoch: -1,
      metadata: '',
    }));
    it.coordinator.commit('g', offsets);
    // It is rewritten between two requests.
    await Promise.resolve();
  }
  // What is dead goes when the copy is on the disk.
  while (it.disk.log('__consumer_offsets').logStartOffset < 50_000) await setImmediate();
  await it.kill();
  assert.deepEqual([...it.group().members], before);
  assert.deepEqual([...it.group().regexes.keys()], ['ord.*']);
  assert.equal(list(it.group().target('b'))?.length, 2);
  assert.equal(it.coordinator.find('g')?.offsets.get('orders', 999)?.offset, 60);
});

test('a group that ends leaves nothing behind', async () => {
  const it = await TestCoordinator.open(now);
  it.topic('orders', 2);
  it.join('a', 'ord.*');
  assert.equal(it.coordinator.deleteGroup('g'), ErrorCode.NON_EMPTY_GROUP);
  it.beat('a', -1);
  assert.equal(it.coordinator.deleteGroup('g'), 0);
  assert.equal(it.beat('a', 2).errorCode, ErrorCode.GROUP_ID_NOT_FOUND);
  await it.kill();
  assert.equal(it.coordinator.groupCount, 0);
});

test('what the log does not take has not happened', async () => {
  const it = await TestCoordinator.open(now);
  it.topic('orders', 2);
  it.join('a', ['orders']);
  const before = structuredClone([...it.group().members]);
  const { groupEpoch, targetEpoch } = it.group();
  it.disk.files.plan = ({ kind }) => (kind === 'write' ? { code: 'ENOSPC' } : null);
  const refusal = it.join('b', ['orders']);
  assert.notEqual(refusal.errorCode, 0);
  assert.deepEqual([...it.group().members], before);
  assert.deepEqual([it.group().groupEpoch, it.group().targetEpoch], [groupEpoch, targetEpoch]);
  assert.equal(it.coordinator.find('g')?.group, it.group());
});

test('a forced rebalance: a new epoch and the same assignment', async () => {
  const it = await TestCoordinator.open(now);
  it.topic('orders', 2);
  assert.equal(it.coordinator.forceRebalance('g'), false);
  it.join('a', ['orders']);
  assert.equal(it.coordinator.forceRebalance('g'), true);
  assert.equal(it.beat('a', 2).memberEpoch, 3);
  assert.equal(it.beat('a', 3).memberEpoch, 3);
  assert.deepEqual(list(it.group().target('a')), [0, 1]);
});
