import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '@headwater/protocol';
import { SeededRandom } from '../../storage/testing/seeded-random.ts';
import { TestCoordinator } from '../testing/test-coordinator.ts';
import type { TopicPartitions } from './topic-partitions.ts';

/** A client as the protocol wants it: it works on what it was told, and gives back before it says so. */
class Client {
  readonly memberId: string;
  epoch = 0;
  owned: TopicPartitions = new Map();
  isJoined = false;
  isAnswerLost = false;
  topics: readonly string[] = [];

  constructor(memberId: string) {
    this.memberId = memberId;
  }

  beat(it: TestCoordinator, topics: readonly string[], isAnswerLost: boolean): void {
    // After an error a client says all that it has and wants, and is told all.
    const all = this.isAnswerLost ? { rebalanceTimeoutMs: 60_000, subscribedTopicNames: this.topics } : {};
    if (!this.isJoined) this.topics = topics;
    const answer = this.isJoined
      ? it.beat(this.memberId, this.epoch, { owned: this.owned, ...all })
      : it.join(this.memberId, topics);
    this.isAnswerLost = isAnswerLost;
    if (isAnswerLost) return;
    if (answer.errorCode !== 0) {
      assert.ok([ErrorCode.FENCED_MEMBER_EPOCH, ErrorCode.UNKNOWN_MEMBER_ID].includes(answer.errorCode as never));
      this.forget();
      return;
    }
    this.isJoined = true;
    this.epoch = answer.memberEpoch;
    if (answer.assignment !== null) this.owned = answer.assignment;
  }

  /** A client that is fenced stops its work first. */
  forget(): void {
    this.isJoined = false;
    this.epoch = 0;
    this.owned = new Map();
  }
}

test('churn: no partition is with two members, and the group settles with all of them given out', async (t) => {
  const random = SeededRandom.fresh();
  t.diagnostic(`SEED=${random.seed}`);
  const it = await TestCoordinator.open({ 'group.consumer.assignment.interval.ms': 500 });
  const partitions = new Map<string, number>([
    ['orders', 7],
    ['bills', 3],
  ]);
  for (const [name, count] of partitions) it.topic(name, count);
  let clients: Client[] = [];
  let made = 0;
  const topicsOf = (client: Client) => (client.memberId.endsWith('3') ? ['orders'] : ['bills', 'orders']);
  const check = () => {
    const owners = new Map<string, string>();
    for (const { memberId, owned } of clients) {
      for (const [topicId, list] of owned) {
        for (const partition of list) {
          const owner = owners.get(`${topicId} ${partition}`);
          assert.equal(owner, undefined, `partition ${partition} is with ${owner} and ${memberId}`);
          owners.set(`${topicId} ${partition}`, memberId);
        }
      }
    }
    return owners.size;
  };
  for (let step = 0; step < 1_500; step++) {
    const dice = random.next();
    if (clients.length < 2 || (dice < 0.03 && clients.length < 8)) clients.push(new Client(`m${++made}`));
    else if (dice < 0.05) {
      const leaving = random.pick(clients);
      it.beat(leaving.memberId, -1);
      clients = clients.filter((client) => client !== leaving);
    } else if (dice < 0.055) {
      // It dies; its session ends while the others go on.
      const dead = random.pick(clients);
      clients = clients.filter((client) => client !== dead);
    } else if (dice < 0.06) {
      const count = partitions.get('orders')! + 1;
      it.disk.store.addPartitions('orders', count);
      partitions.set('orders', count);
    } else if (dice < 0.065) await it.kill();
    else if (dice < 0.3) it.clock.advance(random.below(1_500));
    else random.pick(clients).beat(it, topicsOf(random.pick(clients)), random.chance(0.03));
    check();
    for (const client of clients) if (!it.coordinator.find('g')) client.forget();
  }
  // Sessions of those that died end; the others send heartbeats in time.
  for (let round = 0; round < 60; round++) {
    it.clock.advance(2_000);
    for (const client of clients) client.beat(it, ['bills', 'orders'], false);
    check();
  }
  const { memberCount, state } = it.group();
  assert.deepEqual([state, memberCount], ['Stable', clients.length]);
  assert.equal(check(), partitions.get('orders')! + partitions.get('bills')!);
});
