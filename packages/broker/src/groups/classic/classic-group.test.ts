import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '@headwater/protocol';
import { ManualClock } from '../../clock/manual-clock.ts';
import { MemoryBudget } from '../../network/memory-budget.ts';
import { ClassicGroup } from './classic-group.ts';
import type { JoinResult, SyncResult } from './classic-member.ts';
import { decodeGroupValue } from './classic-records.ts';
import type { ClassicGroupConfig, JoinRequest } from './classic-requests.ts';

interface Harness {
  clock: ManualClock;
  group: ClassicGroup;
  /** What `persist` answers. */
  persistError: number;
  persisted: { generationId: number; members: number }[];
  join(options?: Partial<JoinRequest>): { result: JoinResult | null };
  sync(memberId: string, assignments?: Record<string, string>, generationId?: number): { result: SyncResult | null };
  /** Joins by the two steps of JoinGroup 4 and later. */
  joinWithId(options?: Partial<JoinRequest>): { memberId: string; outcome: { result: JoinResult | null } };
}

function setup(config: Partial<ClassicGroupConfig> = {}, memory = new MemoryBudget(1_000_000)): Harness {
  const clock = new ManualClock();
  const harness = { clock, persistError: 0, persisted: [] } as unknown as Harness;
  const group = new ClassicGroup('g', {
    clock,
    config: { initialRebalanceDelayMs: 0, maxSize: 100, newMemberJoinTimeoutMs: 300_000, ...config },
    memory,
    append: (_groupId, entries) => {
      const { generationId, members } = decodeGroupValue(entries[0]!.value!);
      if (harness.persistError === 0) harness.persisted.push({ generationId, members: members.length });
      return harness.persistError;
    },
  });
  harness.group = group;
  harness.join = (options = {}) => {
    const outcome: { result: JoinResult | null } = { result: null };
    group.join(joinRequest(options), (result) => {
      assert.equal(outcome.result, null, 'answered twice');
      outcome.result = result;
    });
    return outcome;
  };
  harness.joinWithId = (options = {}) => {
    const first = harness.join({ ...options, requireKnownMemberId: true });
    assert.equal(first.result?.errorCode, ErrorCode.MEMBER_ID_REQUIRED);
    const { memberId } = first.result!;
    return { memberId, outcome: harness.join({ ...options, memberId, requireKnownMemberId: true }) };
  };
  harness.sync = (memberId, assignments = {}, generationId = group.generationId) => {
    const outcome: { result: SyncResult | null } = { result: null };
    const list = Object.entries(assignments).map(([id, text]) => ({ memberId: id, assignment: Buffer.from(text) }));
    const request = { memberId, groupInstanceId: null, generationId, protocolType: null, protocolName: null };
    group.sync({ ...request, assignments: list }, (result) => {
      assert.equal(outcome.result, null, 'answered twice');
      outcome.result = result;
    });
    return outcome;
  };
  return harness;
}

function joinRequest(options: Partial<JoinRequest>): JoinRequest {
  return {
    memberId: '',
    groupInstanceId: null,
    clientId: 'client',
    clientHost: '/127.0.0.1',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 60_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from('meta') }],
    requireKnownMemberId: false,
    supportsSkippingAssignment: true,
    ...options,
  };
}

/** A stable group of `count` members; the first leads. */
function stable(harness: Harness, count: number, options: Partial<JoinRequest> = {}): string[] {
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    const outcome = harness.join(options);
    for (const id of ids) harness.join({ ...options, memberId: id });
    assert.equal(outcome.result?.errorCode, 0);
    ids.push(outcome.result!.memberId);
  }
  syncAll(harness, ids);
  return ids;
}

function syncAll(harness: Harness, ids: string[]): void {
  const leader = harness.group.leaderId!;
  const assignments = Object.fromEntries(ids.map((id, index) => [id, `part ${index}`]));
  const outcomes = ids.map((id) => harness.sync(id, id === leader ? assignments : {}));
  for (const { result } of outcomes) assert.equal(result?.errorCode, 0);
  assert.equal(harness.group.state, 'Stable');
}

const committer = { groupInstanceId: null, apiVersion: 8, isTransactional: false, partitions: () => [] };

const isOpen = (outcome: { result: unknown }): boolean => outcome.result === null;

const heartbeat = (group: ClassicGroup, memberId: string, generationId = group.generationId) =>
  group.heartbeat({ memberId, groupInstanceId: null, generationId });

test('one member joins, assigns itself and is stable', () => {
  const harness = setup();
  const { outcome, memberId } = harness.joinWithId();
  assert.equal(outcome.result?.errorCode, 0);
  assert.equal(outcome.result?.generationId, 1);
  assert.equal(outcome.result?.leader, memberId);
  assert.deepEqual(
    outcome.result?.members.map((member) => member.memberId),
    [memberId],
  );
  assert.equal(harness.group.state, 'CompletingRebalance');
  const synced = harness.sync(memberId, { [memberId]: 'all' });
  assert.equal(synced.result?.assignment.toString(), 'all');
  assert.deepEqual(harness.persisted.at(-1), { generationId: 1, members: 1 });
  assert.equal(heartbeat(harness.group, memberId), 0);
});

test('a new group waits for more members, and longer when one comes late', () => {
  const harness = setup({ initialRebalanceDelayMs: 3_000 });
  const first = harness.join();
  harness.clock.advance(2_999);
  const second = harness.join();
  harness.clock.advance(1);
  assert.ok(isOpen(first), 'the second member starts the delay again');
  harness.clock.advance(3_000);
  assert.equal(first.result?.generationId, 1);
  assert.equal(second.result?.generationId, 1);
  assert.equal(harness.group.members.size, 2);
});

test('the initial delay ends with the rebalance time-out however many come', () => {
  const harness = setup({ initialRebalanceDelayMs: 3_000 });
  const first = harness.join({ rebalanceTimeoutMs: 5_000 });
  for (let second = 0; second < 5; second++) {
    harness.clock.advance(1_000);
    if (first.result === null) harness.join({ rebalanceTimeoutMs: 5_000 });
  }
  assert.equal(first.result?.errorCode, 0);
});

test('a second member makes the first rejoin; both get the same generation and their own assignment', () => {
  const harness = setup();
  const [first] = stable(harness, 1) as [string];
  const joining = harness.join();
  assert.ok(isOpen(joining));
  assert.equal(heartbeat(harness.group, first), ErrorCode.REBALANCE_IN_PROGRESS);
  const rejoined = harness.join({ memberId: first });
  assert.equal(rejoined.result?.generationId, 2);
  assert.equal(joining.result?.generationId, 2);
  assert.equal(joining.result!.members.length, 0, 'only the leader is told the members');
  assert.equal(rejoined.result?.members.length, 2);
  const second = joining.result!.memberId;
  const waiting = harness.sync(second);
  assert.equal(waiting.result, null);
  harness.sync(first, { [first]: 'a', [second]: 'b' });
  assert.equal(waiting.result!.assignment.toString(), 'b');
});

test('a member that does not rejoin in time is dropped and the rest go on', () => {
  const harness = setup();
  const [first, second] = stable(harness, 2, { sessionTimeoutMs: 100_000, rebalanceTimeoutMs: 30_000 }) as [
    string,
    string,
  ];
  const third = harness.join({ sessionTimeoutMs: 100_000, rebalanceTimeoutMs: 30_000 });
  const again = harness.join({ memberId: first, sessionTimeoutMs: 100_000, rebalanceTimeoutMs: 30_000 });
  harness.clock.advance(29_999);
  assert.equal(third.result, null);
  harness.clock.advance(1);
  assert.equal(third.result!.errorCode, 0);
  assert.equal(again.result?.members.length, 2);
  assert.equal(heartbeat(harness.group, second), ErrorCode.UNKNOWN_MEMBER_ID);
});

test('a session that runs out drops the member; heartbeats keep it', () => {
  const harness = setup();
  const [first, second] = stable(harness, 2) as [string, string];
  for (let round = 0; round < 5; round++) {
    harness.clock.advance(9_000);
    assert.equal(heartbeat(harness.group, first), round < 1 ? 0 : ErrorCode.REBALANCE_IN_PROGRESS);
  }
  assert.equal(harness.group.members.has(second), false);
  const again = harness.join({ memberId: first });
  assert.equal(again.result?.members.length, 1);
});

test('the last member gone leaves an empty group of a new generation, written down', () => {
  const harness = setup();
  stable(harness, 1);
  harness.clock.advance(10_000);
  assert.equal(harness.group.state, 'Empty');
  assert.equal(harness.group.generationId, 2);
  assert.equal(harness.group.protocolType, 'consumer');
  assert.deepEqual(harness.persisted.at(-1), { generationId: 2, members: 0 });
});

test('leaving rebalances at once; the leader is replaced', () => {
  const harness = setup();
  const [first, second] = stable(harness, 2) as [string, string];
  assert.deepEqual(harness.group.leave([{ memberId: first, groupInstanceId: null }]), [0]);
  assert.equal(harness.group.state, 'PreparingRebalance');
  const again = harness.join({ memberId: second });
  assert.equal(again.result?.leader, second);
  assert.deepEqual(harness.group.leave([{ memberId: first, groupInstanceId: null }]), [ErrorCode.UNKNOWN_MEMBER_ID]);
});

test('an id that nobody comes back with is forgotten, and the rebalance does not wait for it any longer', () => {
  const harness = setup();
  const [first] = stable(harness, 1) as [string];
  const pending = harness.join({ requireKnownMemberId: true });
  assert.equal(pending.result?.errorCode, ErrorCode.MEMBER_ID_REQUIRED);
  const other = harness.join();
  const again = harness.join({ memberId: first });
  assert.equal(again.result, null, 'the pending member is waited for');
  harness.clock.advance(10_000);
  assert.equal(other.result!.errorCode, 0);
  assert.equal(again.result!.generationId, 2);
  assert.equal(harness.group.pendingMemberCount, 0);
});

test('generations are fenced in heartbeats, syncs and commits', () => {
  const harness = setup();
  const [first] = stable(harness, 1) as [string];
  assert.equal(heartbeat(harness.group, first, 0), ErrorCode.ILLEGAL_GENERATION);
  assert.equal(harness.sync(first, {}, 7).result?.errorCode, ErrorCode.ILLEGAL_GENERATION);
  const commit = (memberId: string, generationId: number) =>
    harness.group.checkCommit({ ...committer, memberId, generationId });
  assert.equal(commit(first, 0), ErrorCode.ILLEGAL_GENERATION);
  assert.equal(commit('stranger', 1), ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(commit('', -1), ErrorCode.UNKNOWN_MEMBER_ID, 'a tool may not commit into a live group');
  assert.equal(commit(first, 1), 0);
  harness.join();
  assert.equal(commit(first, 1), 0, 'before the next generation is made, commits are still taken');
  harness.join({ memberId: first });
  assert.equal(commit(first, 2), ErrorCode.REBALANCE_IN_PROGRESS);
});

test('a protocol that not all know cannot join; the choice is by votes', () => {
  const harness = setup();
  const both = (...names: string[]) => names.map((name) => ({ name, metadata: Buffer.from(name) }));
  const first = harness.join({ protocols: both('range', 'sticky') });
  const { memberId } = first.result!;
  assert.equal(first.result?.protocolName, 'range');
  const refused = harness.join({ protocols: both('mine') });
  assert.equal(refused.result?.errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  const otherType = harness.join({ protocolType: 'connect' });
  assert.equal(otherType.result?.errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  harness.join({ protocols: both('sticky', 'range') });
  harness.join({ protocols: both('sticky', 'range') });
  const again = harness.join({ memberId, protocols: both('range', 'sticky') });
  assert.equal(again.result?.protocolName, 'sticky');
  assert.equal(again.result?.members[0]?.metadata.toString(), 'sticky');
});

test('a retry of the same join gets the same generation and disturbs nobody', () => {
  const harness = setup();
  const [first, second] = stable(harness, 2) as [string, string];
  const follower = harness.join({ memberId: second });
  assert.equal(follower.result?.generationId, harness.group.generationId);
  assert.equal(harness.group.state, 'Stable');
  const changed = harness.join({ memberId: second, protocols: [{ name: 'range', metadata: Buffer.from('other') }] });
  assert.equal(changed.result, null);
  assert.equal(harness.group.state, 'PreparingRebalance');
  assert.equal(harness.join({ memberId: first }).result?.errorCode, 0);
  assert.equal(changed.result!.errorCode, 0);
});

test('a leader that joins again starts a rebalance', () => {
  const harness = setup();
  const [first] = stable(harness, 1) as [string];
  assert.equal(harness.join({ memberId: first }).result?.generationId, 2);
});

test('a static member comes back under a new id without a rebalance; its former self is fenced', () => {
  const harness = setup();
  const first = harness.join({ groupInstanceId: 'pod-1' });
  const second = harness.join({ groupInstanceId: 'pod-2' });
  harness.join({ memberId: first.result!.memberId, groupInstanceId: 'pod-1' });
  const ids = [first.result!.memberId, second.result!.memberId] as [string, string];
  const identities = [
    { memberId: ids[0], groupInstanceId: 'pod-1' },
    { memberId: ids[1], groupInstanceId: 'pod-2' },
  ] as const;
  const { generationId } = harness.group;
  syncAll(harness, ids);
  const back = harness.join({ groupInstanceId: 'pod-2' });
  assert.equal(harness.group.state, 'Stable');
  assert.equal(back.result?.generationId, generationId);
  assert.notEqual(back.result?.memberId, ids[1]);
  assert.equal(harness.group.heartbeat({ ...identities[1], generationId }), ErrorCode.FENCED_INSTANCE_ID);
  const synced = harness.sync(back.result!.memberId);
  assert.equal(synced.result?.assignment.toString(), 'part 1');
});

test('a static leader that comes back skips the assignment, or is told of another leader when it cannot', () => {
  for (const supportsSkippingAssignment of [true, false]) {
    const harness = setup();
    const first = harness.join({ groupInstanceId: 'pod-1' });
    syncAll(harness, [first.result!.memberId]);
    const back = harness.join({ groupInstanceId: 'pod-1', supportsSkippingAssignment });
    assert.equal(back.result?.skipAssignment, supportsSkippingAssignment);
    assert.equal(back.result?.leader === back.result?.memberId, supportsSkippingAssignment);
    assert.equal(back.result?.members.length, supportsSkippingAssignment ? 1 : 0);
  }
});

test('a static member keeps its place through a rebalance that it misses, until its session ends', () => {
  const harness = setup();
  const first = harness.join({ groupInstanceId: 'pod-1', sessionTimeoutMs: 120_000, rebalanceTimeoutMs: 10_000 });
  syncAll(harness, [first.result!.memberId]);
  const second = harness.join({ rebalanceTimeoutMs: 10_000, sessionTimeoutMs: 60_000 });
  harness.clock.advance(10_000);
  assert.equal(second.result!.errorCode, 0);
  assert.equal(second.result!.leader, second.result!.memberId, 'somebody who is there leads');
  assert.equal(second.result!.members.length, 2);
});

test('an admin removes a static member by its instance id', () => {
  const harness = setup();
  const first = harness.join({ groupInstanceId: 'pod-1' });
  syncAll(harness, [first.result!.memberId]);
  assert.deepEqual(harness.group.leave([{ memberId: '', groupInstanceId: 'pod-9' }]), [ErrorCode.UNKNOWN_MEMBER_ID]);
  assert.deepEqual(harness.group.leave([{ memberId: 'x', groupInstanceId: 'pod-1' }]), [ErrorCode.FENCED_INSTANCE_ID]);
  assert.deepEqual(harness.group.leave([{ memberId: '', groupInstanceId: 'pod-1' }]), [0]);
  assert.equal(harness.group.state, 'Empty');
});

test('members that never sync are dropped after the rebalance time-out', () => {
  const harness = setup();
  const first = harness.join({ rebalanceTimeoutMs: 5_000, sessionTimeoutMs: 60_000 });
  const second = harness.join({ rebalanceTimeoutMs: 5_000, sessionTimeoutMs: 60_000 });
  const leader = harness.join({
    memberId: first.result!.memberId,
    rebalanceTimeoutMs: 5_000,
    sessionTimeoutMs: 60_000,
  });
  assert.equal(leader.result?.generationId, 2);
  const waiting = harness.sync(second.result!.memberId);
  harness.clock.advance(5_000);
  assert.equal(waiting.result!.errorCode, ErrorCode.REBALANCE_IN_PROGRESS);
  assert.equal(harness.group.members.has(first.result!.memberId), false);
});

test('a generation that cannot be written is not shown: all rejoin', () => {
  const harness = setup();
  const first = harness.join();
  harness.persistError = ErrorCode.NOT_COORDINATOR;
  const synced = harness.sync(first.result!.memberId, { [first.result!.memberId]: 'x' });
  assert.equal(synced.result?.errorCode, ErrorCode.NOT_COORDINATOR);
  assert.equal(harness.group.state, 'PreparingRebalance');
  harness.persistError = 0;
  const again = harness.join({ memberId: first.result!.memberId });
  assert.equal(again.result?.errorCode, 0);
  syncAll(harness, [first.result!.memberId]);
});

test('a group has a bound, with ids given out and not used in it', () => {
  const harness = setup({ maxSize: 2 });
  harness.join({ requireKnownMemberId: true });
  harness.join({ requireKnownMemberId: true });
  assert.equal(harness.join({ requireKnownMemberId: true }).result?.errorCode, ErrorCode.GROUP_MAX_SIZE_REACHED);
  harness.clock.advance(10_000);
  stable(harness, 2);
  assert.equal(harness.join().result?.errorCode, ErrorCode.GROUP_MAX_SIZE_REACHED);
  assert.equal(harness.group.state, 'Stable', 'who is refused disturbs nobody');
});

test('what members say has a bound, and is given back when they go', () => {
  const memory = new MemoryBudget(2_500);
  const harness = setup({}, memory);
  const protocols = [{ name: 'range', metadata: Buffer.alloc(1_000) }];
  const [first] = stable(harness, 2, { protocols }) as [string, string];
  assert.equal(harness.join({ protocols }).result?.errorCode, ErrorCode.GROUP_MAX_SIZE_REACHED);
  assert.equal(harness.group.state, 'Stable');
  harness.group.leave([{ memberId: first, groupInstanceId: null }]);
  assert.equal(memory.usedBytes, 1_005);
  harness.clock.advance(120_000);
  assert.equal(harness.group.state, 'Empty');
  assert.equal(memory.usedBytes, 0);
});

test('a group that is killed answers all who wait', () => {
  const harness = setup();
  const [first] = stable(harness, 1) as [string];
  const joining = harness.join();
  harness.group.kill(ErrorCode.COORDINATOR_NOT_AVAILABLE);
  assert.equal(joining.result!.errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE);
  assert.equal(heartbeat(harness.group, first), ErrorCode.COORDINATOR_NOT_AVAILABLE);
});

test('churn: whatever members do, everybody is answered and the group settles', () => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  const random = mulberry32(seed);
  const memory = new MemoryBudget(1_000_000);
  const harness = setup({ initialRebalanceDelayMs: 100 }, memory);
  const { clock, group } = harness;
  const open = new Set<{ result: unknown }>();
  const ids: string[] = [];
  for (let step = 0; step < 3_000; step++) {
    const id = ids[Math.floor(random() * ids.length)] ?? '';
    const dice = random();
    if (dice < 0.15 && ids.length < 12) {
      const outcome = harness.join({ sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 5_000 });
      open.add(outcome);
    } else if (dice < 0.35)
      open.add(harness.join({ memberId: id, sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 5_000 }));
    else if (dice < 0.6) open.add(harness.sync(id, { [id]: String(step) }));
    else if (dice < 0.65) group.leave([{ memberId: id, groupInstanceId: null }]);
    else if (dice < 0.85) heartbeat(group, id);
    else clock.advance(Math.floor(random() * 2_000));
    for (const outcome of open) {
      if (outcome.result === null) continue;
      open.delete(outcome);
      const { memberId } = outcome.result as JoinResult;
      if (memberId !== undefined && memberId !== '' && !ids.includes(memberId)) ids.push(memberId);
    }
    for (const known of [...ids]) if (!group.members.has(known)) ids.splice(ids.indexOf(known), 1);
    check(group, seed, step);
  }
  for (const memberId of group.members.keys()) group.leave([{ memberId, groupInstanceId: null }]);
  clock.advance(600_000);
  assert.equal(group.state, 'Empty', `seed ${seed}`);
  assert.equal(memory.usedBytes, 0, `seed ${seed}: memory of members that are gone`);
  for (const outcome of open) assert.notEqual(outcome.result, null, `seed ${seed}: an answer is missing`);
});

function check(group: ClassicGroup, seed: number, step: number): void {
  const where = `seed ${seed}, step ${step}, ${group.state}`;
  if (group.state === 'Empty') assert.equal(group.members.size, 0, where);
  if (group.state === 'Stable' || group.state === 'CompletingRebalance') {
    assert.ok(group.members.has(group.leaderId!), `${where}: the leader is a member`);
    assert.notEqual(group.protocolName, null, where);
    for (const member of group.members.values()) assert.equal(member.awaitingJoin, null, where);
  }
  if (group.state !== 'CompletingRebalance') {
    for (const member of group.members.values()) assert.equal(member.awaitingSync, null, where);
  }
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

test('a forced rebalance: members join again and get a new generation', () => {
  const harness = setup();
  assert.equal(harness.group.forceRebalance(), false, 'nobody is there');
  const [first, second] = stable(harness, 2) as [string, string];
  const { generationId } = harness.group;
  assert.equal(harness.group.forceRebalance(), true);
  assert.equal(harness.group.forceRebalance(), true, 'is under way');
  assert.equal(heartbeat(harness.group, first), ErrorCode.REBALANCE_IN_PROGRESS);
  harness.join({ memberId: first });
  assert.equal(harness.join({ memberId: second }).result?.generationId, generationId + 1);
  syncAll(harness, [first, second]);
  assert.equal(heartbeat(harness.group, second), 0);
});

test('a transaction may commit without saying who it is', () => {
  const harness = setup();
  stable(harness, 1);
  const nobody = { ...committer, memberId: '', generationId: -1 };
  assert.equal(harness.group.checkCommit(nobody), ErrorCode.UNKNOWN_MEMBER_ID);
  assert.equal(harness.group.checkCommit({ ...nobody, isTransactional: true }), 0);
});
