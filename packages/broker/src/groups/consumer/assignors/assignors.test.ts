import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../../storage/testing/seeded-random.ts';
import { samePartitions, type TopicPartitions } from '../topic-partitions.ts';
import type { AssignorInput, AssignorMember } from './assignor.ts';
import { rangeAssignor } from './range.ts';
import { uniformAssignor } from './uniform.ts';

type Topics = Readonly<Record<string, number>>;

function inputOf(topics: Topics, members: readonly AssignorMember[]): AssignorInput {
  const [first] = members;
  const isHomogeneous = members.every(
    ({ topicIds }) => topicIds.size === first?.topicIds.size && [...topicIds].every((id) => first.topicIds.has(id)),
  );
  return { members, isHomogeneous, partitionCount: (topicId) => topics[topicId] ?? 0 };
}

const member = (memberId: string, topicIds: string[], more: Partial<AssignorMember> = {}): AssignorMember => ({
  memberId,
  instanceId: null,
  topicIds: new Set(topicIds),
  assignment: new Map(),
  ...more,
});

const shown = (assigned: Map<string, TopicPartitions>) =>
  Object.fromEntries(Array.from(assigned, ([memberId, partitions]) => [memberId, Object.fromEntries(partitions)]));

const countOf = (partitions: TopicPartitions | undefined): number =>
  [...(partitions ?? new Map<string, readonly number[]>()).values()].reduce((sum, list) => sum + list.length, 0);

function checkComplete(topics: Topics, members: readonly AssignorMember[], assigned: Map<string, TopicPartitions>) {
  const seen = new Set<string>();
  for (const { memberId, topicIds } of members) {
    for (const [topicId, partitions] of assigned.get(memberId)!) {
      assert.ok(topicIds.has(topicId), `${memberId} does not subscribe to ${topicId}`);
      for (const partition of partitions) {
        assert.ok(!seen.has(`${topicId}-${partition}`), `${topicId}-${partition} twice`);
        seen.add(`${topicId}-${partition}`);
      }
    }
  }
  for (const [topicId, count] of Object.entries(topics)) {
    if (!members.some(({ topicIds }) => topicIds.has(topicId))) continue;
    for (let partition = 0; partition < count; partition++) assert.ok(seen.has(`${topicId}-${partition}`), topicId);
  }
}

test('range: each topic is cut into ranges, in the order of instance ids, then of member ids', () => {
  const topics = { a: 5, b: 3 };
  const members = [member('m2', ['a', 'b']), member('m1', ['a', 'b']), member('z', ['a'], { instanceId: 'pod-0' })];
  assert.deepEqual(shown(rangeAssignor(inputOf(topics, members))), {
    z: { a: [0, 1] },
    m1: { a: [2, 3], b: [0, 1] },
    m2: { a: [4], b: [2] },
  });
  assert.deepEqual(shown(rangeAssignor(inputOf(topics, []))), {});
});

test('uniform: a member that comes gets its share, and nothing else moves', () => {
  const topics = { a: 6 };
  const one = uniformAssignor(inputOf(topics, [member('m1', ['a'])]));
  assert.deepEqual(shown(one), { m1: { a: [0, 1, 2, 3, 4, 5] } });
  const two = uniformAssignor(
    inputOf(topics, [member('m1', ['a'], { assignment: one.get('m1')! }), member('m2', ['a'])]),
  );
  assert.deepEqual(shown(two), { m1: { a: [0, 1, 2] }, m2: { a: [3, 4, 5] } });
  const back = uniformAssignor(inputOf(topics, [member('m2', ['a'], { assignment: two.get('m2')! })]));
  assert.equal(countOf(back.get('m2')), 6);
});

test('uniform: who has the extra partition keeps it', () => {
  const topics = { a: 3 };
  const members = [
    member('m1', ['a'], { assignment: new Map([['a', [0]]]) }),
    member('m2', ['a'], { assignment: new Map([['a', [1, 2]]]) }),
  ];
  assert.deepEqual(shown(uniformAssignor(inputOf(topics, members))), { m1: { a: [0] }, m2: { a: [1, 2] } });
});

test('uniform: members with different topics are as equal as their topics allow', () => {
  const topics = { a: 4, b: 4 };
  const members = [member('both', ['a', 'b']), member('only-a', ['a']), member('only-b', ['b'])];
  const assigned = uniformAssignor(inputOf(topics, members));
  checkComplete(topics, members, assigned);
  const counts = members.map(({ memberId }) => countOf(assigned.get(memberId))).sort();
  assert.deepEqual(counts, [2, 3, 3]);
});

test('whatever groups look like: complete, balanced, and the same again when nothing changes', (t) => {
  const random = SeededRandom.fresh();
  t.diagnostic(`SEED=${random.seed}`);
  let joined = 0;
  for (let round = 0; round < 300; round++) {
    const topics: Record<string, number> = {};
    for (let index = random.below(5) + 1; index > 0; index--) topics[`t${index}`] = random.below(12) + 1;
    const all = Object.keys(topics);
    const isHomogeneous = random.chance(0.5);
    const some = () => (isHomogeneous ? all : all.filter(() => random.chance(0.6)));
    let members = Array.from({ length: random.below(7) + 1 }, (_, index) => member(`m${index}`, some()));
    for (const assign of [uniformAssignor, rangeAssignor]) {
      for (let change = 0; change < 4; change++) {
        const assigned = assign(inputOf(topics, members));
        checkComplete(topics, members, assigned);
        if (isHomogeneous && assign === uniformAssignor) {
          const counts = members.map(({ memberId }) => countOf(assigned.get(memberId)));
          assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, `unbalanced: ${counts}`);
        }
        const settled = members.map((one) => ({ ...one, assignment: assigned.get(one.memberId)! }));
        const again = assign(inputOf(topics, settled));
        for (const { memberId } of settled) {
          assert.ok(samePartitions(again.get(memberId)!, assigned.get(memberId)!), `${memberId} moved for nothing`);
        }
        const isLeaving = random.chance(0.4) && settled.length > 1;
        members = isLeaving ? settled.slice(1) : [...settled, member(`n${++joined}`, some())];
      }
    }
  }
});

test('uniform: when one of many goes, the others keep all that they had', () => {
  const topics = { a: 100 };
  const first = Array.from({ length: 10 }, (_, index) => member(`m${index}`, ['a']));
  const before = uniformAssignor(inputOf(topics, first));
  const left = first.slice(1).map((one) => ({ ...one, assignment: before.get(one.memberId)! }));
  const after = uniformAssignor(inputOf(topics, left));
  for (const { memberId, assignment } of left) {
    const now = new Set(after.get(memberId)!.get('a'));
    assert.ok(assignment.get('a')!.every((partition) => now.has(partition)));
  }
});
