import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterMetadata } from '@platformatic/kafka';
import { assignToOne, encodeStanding } from './one-active.ts';

const metadata = { topics: new Map([['tweets', { partitionsCount: 3 }]]) } as unknown as ClusterMetadata;

function activeOf(members: Record<string, Buffer>): string[] {
  const subscriptions = new Map(
    Object.entries(members).map(([memberId, userData]) => [memberId, { memberId, version: 1, metadata: userData }]),
  );
  const assigned = assignToOne('a', subscriptions, new Set(['tweets']), metadata);
  assert.equal(assigned.length, subscriptions.size, 'every member is told something');
  return assigned
    .filter(({ assignments }) => assignments.get('tweets')!.partitions.length > 0)
    .map(({ memberId, assignments }) => `${memberId} ${assignments.get('tweets')!.partitions}`);
}

test('who is active stays active, whoever joins', () => {
  const members = {
    a: encodeStanding({ isActive: false, startedAtMs: 1 }),
    b: encodeStanding({ isActive: true, startedAtMs: 9 }),
  };
  assert.deepEqual(activeOf(members), ['b 0,1,2']);
});

test('when nobody is, the one that started first takes over', () => {
  const members = {
    a: encodeStanding({ isActive: false, startedAtMs: 5 }),
    b: encodeStanding({ isActive: false, startedAtMs: 3 }),
    c: Buffer.from('something else'),
  };
  assert.deepEqual(activeOf(members), ['b 0,1,2']);
});
