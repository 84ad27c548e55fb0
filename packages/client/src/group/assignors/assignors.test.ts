import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TopicPartition } from '../../by-leader.ts';
import type { TopicMetadata } from '../../cluster.ts';
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from '../consumer-protocol.ts';
import type { Assignor, MemberAssignment, Subscriber } from './assignor.ts';
import { rangeAssignor } from './range-assignor.ts';
import { roundRobinAssignor } from './round-robin-assignor.ts';
import { cooperativeStickyAssignor, stickyAssignor } from './sticky-assignor.ts';

const topicsOf = (counts: Record<string, number>): Map<string, TopicMetadata> =>
  new Map(
    Object.entries(counts).map(([name, count]) => [
      name,
      {
        name,
        topicId: name,
        isInternal: false,
        errorCode: 0,
        partitions: Array.from({ length: count }, (_, partition) => ({
          partition,
          leader: 1,
          leaderEpoch: 0,
          replicas: [1],
          inSyncReplicas: [1],
          errorCode: 0,
        })),
      },
    ]),
  );

const member = (memberId: string, topics: string[], more: Partial<Subscriber> = {}): Subscriber => ({
  memberId,
  groupInstanceId: null,
  rackId: null,
  topics,
  userData: null,
  owned: [],
  generationId: -1,
  ...more,
});

const show = (shares: ReadonlyMap<string, MemberAssignment>) =>
  Object.fromEntries([...shares].map(([id, { partitions }]) => [id, partitions.map(keyOf).join(' ')]));
const keyOf = ({ topic, partition }: TopicPartition) => `${topic}${partition}`;

async function assign(assignor: Assignor, members: Subscriber[], counts: Record<string, number>) {
  return assignor.assign(members, topicsOf(counts));
}

test('range and round robin share as Java documents it', async () => {
  const both = [member('c1', ['a', 'b']), member('c0', ['a', 'b'])];
  assert.deepEqual(show(await assign(rangeAssignor(), both, { a: 3, b: 3 })), { c0: 'a0 a1 b0 b1', c1: 'a2 b2' });
  assert.deepEqual(show(await assign(roundRobinAssignor(), both, { a: 3, b: 3 })), { c0: 'a0 a2 b1', c1: 'a1 b0 b2' });
  const uneven = [member('c0', ['a']), member('c1', ['a', 'b']), member('c2', ['a', 'b', 'c'])];
  assert.deepEqual(show(await assign(roundRobinAssignor(), uneven, { a: 1, b: 2, c: 3 })), {
    c0: 'a0',
    c1: 'b0',
    c2: 'b1 c0 c1 c2',
  });
  const named = [member('x', ['a']), member('y', ['a'], { groupInstanceId: 'z' })];
  assert.deepEqual(show(await assign(rangeAssignor(), named, { a: 3 })), { y: 'a0 a1', x: 'a2' });
});

test('sticky keeps what it can when members leave, and evens out where subscriptions differ', async () => {
  const uneven = [member('c0', ['a']), member('c1', ['a', 'b']), member('c2', ['a', 'b', 'c'])];
  assert.deepEqual(show(await assign(stickyAssignor(), uneven, { a: 1, b: 2, c: 3 })), {
    c0: 'a0',
    c1: 'b0 b1',
    c2: 'c0 c1 c2',
  });
});

/** Small, seeded and repeatable. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 0x1_0000_0000;
  };
}

test('sticky shares are whole, even, and move no more than they must; cooperative ones hand nothing over at once', async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const next = random(seed);
    const pick = (n: number) => Math.floor(next() * n);
    const counts = { a: 1 + pick(12), b: pick(7), c: pick(5) };
    const total = counts.a + counts.b + counts.c;
    let owned = new Map<string, readonly TopicPartition[]>();
    let names: string[] = ['m0'];
    for (let round = 1; round < 8; round++) {
      const about = `seed ${seed}, round ${round}`;
      if (pick(2) === 0 || names.length === 1) names = [...names, `m${seed}-${round}`];
      else names = names.filter((_, i) => i !== pick(names.length));
      if (names.length === 0) names = ['m0'];
      const members = names.map((name) =>
        member(name, ['a', 'b', 'c'], { owned: owned.get(name) ?? [], generationId: owned.has(name) ? round : -1 }),
      );
      const assignor = cooperativeStickyAssignor();
      const first = await assign(assignor, members, counts);
      const holders = new Map(members.flatMap(({ memberId, owned: has }) => has.map((one) => [keyOf(one), memberId])));
      for (const [memberId, { partitions }] of first) {
        for (const one of partitions) assert.equal(holders.get(keyOf(one)) ?? memberId, memberId, about);
      }
      const settled = members.map((one) => ({
        ...one,
        owned: first.get(one.memberId)!.partitions,
        generationId: round + 1,
      }));
      const second = await assign(assignor, settled, counts);
      const sizes = [...second.values()].map(({ partitions }) => partitions.length);
      assert.equal(new Set([...second.values()].flatMap(({ partitions }) => partitions.map(keyOf))).size, total, about);
      assert.equal(
        sizes.reduce((sum, size) => sum + size, 0),
        total,
        about,
      );
      assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, about);
      // Nobody gives up more than what is above an even share.
      for (const one of members) {
        const kept = second.get(one.memberId)!.partitions.filter((p) => holders.get(keyOf(p)) === one.memberId).length;
        assert.ok(kept >= Math.min(one.owned.length, Math.floor(total / members.length)), about);
      }
      owned = new Map([...second].map(([memberId, { partitions }]) => [memberId, partitions]));
    }
  }
});

test('a claim of an older generation is void; one made twice belongs to neither', async () => {
  const a0 = [{ topic: 'a', partition: 0 }];
  const assignor = cooperativeStickyAssignor();
  const stale = [
    member('m0', ['a'], { owned: a0, generationId: 3 }),
    member('m1', ['a'], { owned: a0, generationId: 4 }),
  ];
  assert.deepEqual(show(await assign(assignor, stale, { a: 1 })), { m0: '', m1: 'a0' });
  const twice = stale.map((one) => ({ ...one, generationId: 4 }));
  assert.deepEqual(show(await assign(assignor, twice, { a: 1 })), { m0: '', m1: '' });
});

test('subscriptions and assignments are read as they were written', () => {
  const owned = [
    { topic: 'a', partition: 2 },
    { topic: 'b', partition: 0 },
  ];
  const subscription = { topics: ['a', 'b'], userData: Buffer.from('x'), owned, generationId: 7, rackId: 'r' };
  assert.deepEqual(decodeSubscription(encodeSubscription(subscription)), subscription);
  assert.deepEqual(decodeAssignment(encodeAssignment(owned)), { partitions: owned, userData: null });
  assert.deepEqual(decodeAssignment(Buffer.alloc(0)), { partitions: [], userData: null });
  // As Java 2.3 wrote it: version 0, without what was owned.
  const old = Buffer.from('000000000001000161ffffffff', 'hex');
  assert.deepEqual(decodeSubscription(old), {
    topics: ['a'],
    userData: null,
    owned: [],
    generationId: -1,
    rackId: null,
  });
});
