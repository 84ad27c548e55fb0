import assert from 'node:assert/strict';
import { ErrorCode } from '@headwater/protocol';
import type { JoinResult, SyncResult } from '../../src/groups/classic/classic-member.ts';
import type { SeededRandom } from '../../src/storage/testing/seeded-random.ts';
import type { TransactionWorld } from '../../src/transactions/testing/transaction-world.ts';

const groupId = 'workers';
const sessionTimeoutMs = 30_000;
const rebalanceTimeoutMs = 5_000;
const topic = 'input';
const retentionMs = 7 * 24 * 3_600_000;

interface Member {
  memberId: string;
  generationId: number;
}

/**
 * A classic group whose members come, beat, commit and go, and a group without any that commits, compared with a model: one leader and one
 * generation for all, generations that rise, commits of this generation only, sessions that end, and every acknowledged offset.
 */
export class GroupSimulation {
  readonly #world: TransactionWorld;
  readonly #random: SeededRandom;
  /** Of the generation that is complete. */
  #members: Member[] = [];
  #leaderId = '';
  #former: Member[] = [];
  #generationId = 0;
  /** Only a generation that was given out is written. */
  #completeGenerationId = 0;
  /** By group: what was acknowledged last. */
  readonly #committed = new Map<string, number>();
  /** A commit that was not answered. */
  #unanswered: { groupId: string; offset: number } | null = null;

  constructor(world: TransactionWorld, random: SeededRandom) {
    this.#world = world;
    this.#random = random;
  }

  async step(): Promise<void> {
    const dice = this.#random.below(100);
    if (dice < 15) await this.#rebalance();
    else if (dice < 40) this.#beat();
    else if (dice < 70) await this.#commit(groupId);
    else if (dice < 90) await this.#commit('loners');
    else if (dice < 95) this.#leave();
    else this.check();
  }

  /** Time went by: sessions ended when it was long, and very old offsets of groups without members. */
  passed(ms: number): void {
    if (ms >= sessionTimeoutMs) this.#retire(this.#members);
    if (ms >= retentionMs) this.#committed.clear();
    // A group without members and offsets is forgotten in time.
    if (ms >= sessionTimeoutMs && !this.#committed.has(groupId)) this.#generationId = this.#completeGenerationId = 0;
  }

  /** After a start. `isKilled`: nothing that was written is lost, so members of a complete generation go on. */
  restarted(isKilled: boolean): void {
    if (this.#unanswered !== null) {
      const { groupId: of, offset } = this.#unanswered;
      if (this.#world.offsetOf(of, topic) === offset) this.#committed.set(of, offset);
      this.#unanswered = null;
    }
    // That a generation is complete is told before it is on the disk.
    if (!isKilled) this.#completeGenerationId = 0;
    this.#generationId = this.#completeGenerationId;
    // That a member left is not written before the next generation: one of the last may be back until its session ends.
    this.#former = this.#former.filter(({ generationId }) => generationId < this.#generationId);
    for (const { memberId, generationId } of this.#members) {
      const errorCode = this.#world.groups.heartbeat(groupId, { memberId, groupInstanceId: null, generationId });
      if (isKilled) assert.equal(errorCode, 0, `${memberId} goes on after the restart`);
      // A generation need not be on the disk to be told.
      else if (errorCode !== 0) {
        this.#retire(this.#members);
        break;
      }
    }
    this.check();
  }

  check(): void {
    for (const each of [groupId, 'loners']) {
      assert.equal(this.#world.offsetOf(each, topic), this.#committed.get(each) ?? -1, `the offset of ${each}`);
    }
  }

  async #rebalance(): Promise<void> {
    const { groups } = this.#world;
    const random = this.#random;
    const staying = this.#members.filter(() => random.chance(0.8));
    const newcomers = random.below(3);
    // The leader's coming again makes a new generation, as a newcomer does; another's only tells it the generation that is.
    const isNew = newcomers > 0 || staying.some(({ memberId }) => memberId === this.#leaderId);
    if (!isNew) return;
    const ids = [...staying.map(({ memberId }) => memberId), ...Array.from({ length: newcomers }, () => '')];
    const joined = await this.#joinAll(ids);
    if (joined === null) return;
    const last = joined.filter(({ errorCode }) => errorCode === 0);
    const generationId = Math.max(...last.map((result) => result.generationId));
    const current = last.filter((result) => result.generationId === generationId);
    assert.ok(generationId > this.#generationId, `generation ${generationId} follows ${this.#generationId}`);
    this.#retire(this.#members);
    this.#generationId = generationId;
    assert.equal(current.length, ids.length, 'all are in the generation');
    assert.equal(new Set(current.map(({ leader }) => leader)).size, 1, 'one leader');
    const leaders = current.filter(({ leader, memberId }) => leader === memberId);
    assert.equal(leaders.length, 1);
    assert.deepEqual(
      leaders[0]!.members.map(({ memberId }) => memberId).sort(),
      current.map(({ memberId }) => memberId).sort(),
    );
    const synced: SyncResult[] = [];
    for (const { memberId } of current) {
      const isLeader = memberId === leaders[0]!.memberId;
      const assignments = isLeader
        ? current.map((each) => ({ memberId: each.memberId, assignment: Buffer.from(each.memberId) }))
        : [];
      const request = {
        memberId,
        groupInstanceId: null,
        generationId,
        protocolType: null,
        protocolName: null,
        assignments,
      };
      groups.sync(groupId, request, (result) => {
        synced.push(result);
        if (result.errorCode === 0) assert.equal(result.assignment.toString(), memberId);
      });
    }
    if (this.#world.files.hasCrashed || synced.some(({ errorCode }) => errorCode !== 0)) return this.#leaveAll(joined);
    assert.equal(synced.length, current.length, 'every sync is answered');
    this.#members = current.map(({ memberId }) => ({ memberId, generationId }));
    this.#completeGenerationId = generationId;
    this.#leaderId = leaders[0]!.memberId;
  }

  /** Who is told a generation comes again while others wait for the next one, as clients do. Null when the broker died. */
  async #joinAll(ids: readonly string[]): Promise<JoinResult[] | null> {
    const { groups, clock } = this.#world;
    const slots = ids.map((memberId) => ({ memberId, result: null as JoinResult | null, isWaiting: false }));
    for (let round = 0; round < 10; round++) {
      const highest = Math.max(0, ...slots.map(({ result }) => result?.generationId ?? 0));
      for (const slot of slots) {
        const isBehind =
          slot.result === null || slot.result.generationId < highest || slots.some((each) => each.isWaiting);
        if (slot.isWaiting || !isBehind) continue;
        slot.isWaiting = true;
        const request = {
          memberId: slot.memberId,
          groupInstanceId: null,
          clientId: 'sim',
          clientHost: '/127.0.0.1',
          sessionTimeoutMs,
          rebalanceTimeoutMs,
          protocolType: 'consumer',
          protocols: [{ name: 'range', metadata: Buffer.from('meta') }],
          requireKnownMemberId: false,
          supportsSkippingAssignment: true,
        };
        groups.join(groupId, request, (result) => {
          slot.isWaiting = false;
          slot.result = result;
          slot.memberId = result.errorCode === ErrorCode.UNKNOWN_MEMBER_ID ? '' : result.memberId;
        });
        await null;
      }
      if (this.#world.files.hasCrashed) return null;
      const isDone = slots.every(
        ({ isWaiting, result }) =>
          !isWaiting && result?.errorCode === 0 && result.generationId === slots[0]!.result!.generationId,
      );
      if (isDone) return slots.map(({ result }) => result!);
      // Whoever does not come again is out.
      if (slots.every(({ isWaiting }) => isWaiting)) clock.advance(rebalanceTimeoutMs + 1);
    }
    assert.fail(
      `no generation: ${JSON.stringify(slots.map(({ result, isWaiting }) => [isWaiting, result?.errorCode, result?.generationId]))}`,
    );
  }

  #leaveAll(joined: readonly JoinResult[]): void {
    if (this.#world.files.hasCrashed) return;
    this.#world.groups.leave(
      groupId,
      joined.map(({ memberId }) => ({ memberId, groupInstanceId: null })),
    );
  }

  #retire(members: Member[]): void {
    this.#former = [...this.#former, ...members].slice(-5);
    this.#members = [];
  }

  #beat(): void {
    const { groups } = this.#world;
    for (const { memberId, generationId } of this.#members) {
      assert.equal(groups.heartbeat(groupId, { memberId, groupInstanceId: null, generationId }), 0);
      const old = groups.heartbeat(groupId, { memberId, groupInstanceId: null, generationId: generationId - 1 });
      assert.equal(old, ErrorCode.ILLEGAL_GENERATION);
    }
  }

  async #commit(of: string): Promise<void> {
    const { groups, offsetsLog } = this.#world;
    const random = this.#random;
    const offset = random.below(1_000_000);
    const isStale = of === groupId && this.#former.length > 0 && random.chance(0.3);
    const member = of === 'loners' ? null : isStale ? random.pick(this.#former) : random.pick(this.#members);
    if (member === undefined) return;
    const { memberId, generationId } = member ?? { memberId: '', generationId: -1 };
    const identity = {
      memberId,
      groupInstanceId: null,
      generationId,
      apiVersion: 9,
      isTransactional: false,
      partitions: () => [],
    };
    const refusal = groups.checkCommit(of, identity);
    const isMember = this.#members.some((each) => each.memberId === memberId && each.generationId === generationId);
    if (member !== null && !isMember) {
      assert.notEqual(refusal, 0, 'a member of an earlier generation may not commit');
      return;
    }
    assert.equal(refusal, 0);
    this.#unanswered = { groupId: of, offset };
    const [errorCode] = groups.commit(of, [{ topic, partition: 0, offset, leaderEpoch: -1, metadata: '' }]);
    const isSettled = await (offsetsLog.settled(of) ?? Promise.resolve()).then(
      () => true,
      () => false,
    );
    if (this.#world.files.hasCrashed || (errorCode === 0 && !isSettled)) return;
    this.#unanswered = null;
    if (errorCode === 0) this.#committed.set(of, offset);
  }

  #leave(): void {
    const leaving = this.#members[0];
    if (leaving === undefined) return;
    assert.deepEqual(this.#world.groups.leave(groupId, [{ memberId: leaving.memberId, groupInstanceId: null }]), [0]);
    // The others must join again; here they are given up.
    this.#leaveAll(this.#members.slice(1) as never);
    this.#retire(this.#members);
  }
}
