import assert from 'node:assert/strict';
import { ApiKey, ErrorCode } from '@headwater/protocol';
import { CommitLedger, type Committed, commitOffset, committedOffsets, isOutOfGroup } from './committed-offsets.ts';
import { type Actor, isPassing, type Load, makeTopic, nameOf, settled } from './load.ts';
import { pause } from './pause.ts';
import { Session } from './session.ts';
import type { World } from './world.ts';

const topic = 'kill-grouped';
const partitions = 4;
const groupId = 'kill-members';
const members = 2;

/**
 * A classic group whose members take turns at the partitions and commit a position that only rises: whoever gets a partition goes on
 * at an acknowledged commit or beyond it, never before it, and nobody commits for a generation that is over.
 */
export class GroupLoad implements Load {
  readonly name = 'members';
  readonly actors: Actor[];
  readonly #ledgers = Array.from({ length: partitions }, () => new CommitLedger());
  #commits = 0;
  #generations = 0;

  constructor(world: World) {
    this.actors = Array.from({ length: members }, () => new Member(new Session(world), this.#ledgers, this.#count));
  }

  async prepare(session: Session): Promise<void> {
    await makeTopic(session, topic, partitions, {});
  }

  async check(session: Session): Promise<void> {
    const found = await committedOffsets(session, groupId, topic, partitions);
    for (const [partition, ledger] of this.#ledgers.entries()) {
      ledger.check(found[partition]!, `${groupId}, partition ${partition}`);
    }
  }

  summary(): string {
    return `${this.#commits} commits, ${this.#generations} joins`;
  }

  #count = (what: 'commit' | 'join'): void => {
    if (what === 'commit') this.#commits++;
    else this.#generations++;
  };
}

class Member implements Actor {
  readonly #session: Session;
  readonly #ledgers: readonly CommitLedger[];
  readonly #count: (what: 'commit' | 'join') => void;
  #memberId = '';
  /** -1: not in the group. */
  #generationId = -1;
  #positions = new Map<number, number>();
  /** Commits that a kill left without an answer are sent again as they were. */
  readonly #unanswered = new Map<number, number>();

  constructor(session: Session, ledgers: readonly CommitLedger[], count: (what: 'commit' | 'join') => void) {
    this.#session = session;
    this.#ledgers = ledgers;
    this.#count = count;
  }

  async step(isEnding: boolean): Promise<boolean> {
    const { random } = this.#session.world;
    if (isEnding) {
      await this.#leave();
      return false;
    }
    if (this.#generationId < 0) await this.#join();
    else if (random.chance(0.03)) await this.#leave();
    else {
      await this.#heartbeat();
      await this.#commit();
    }
    await pause(random, 10);
    return true;
  }

  async #join(): Promise<void> {
    const body = {
      groupId,
      sessionTimeoutMs: 6_000,
      // Members that a kill made forget their ids are not waited for any longer.
      rebalanceTimeoutMs: 500,
      protocolType: 'kill',
      protocols: [{ name: 'turns', metadata: Buffer.from('x') }],
    };
    const joined = await this.#session.call(ApiKey.JoinGroup, 7, { ...body, memberId: this.#memberId });
    if (joined.errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      this.#memberId = joined.memberId;
      return;
    }
    if (this.#isOut(joined.errorCode, 'JoinGroup')) return;
    this.#memberId = joined.memberId;
    const ids = joined.members.map(({ memberId }) => memberId);
    const assignments = ids.map((memberId, index) => ({ memberId, assignment: Buffer.from(turn(index, ids.length)) }));
    const { generationId, memberId } = joined;
    const synced = await this.#session.call(ApiKey.SyncGroup, 3, { groupId, generationId, memberId, assignments });
    if (this.#isOut(synced.errorCode, 'SyncGroup')) return;
    const mine = synced.assignment.toString();
    const committed = await committedOffsets(this.#session, groupId, topic, partitions);
    this.#positions = new Map(
      mine.split('').map((text) => [Number(text), Math.max(0, committed[Number(text)]!.offset)]),
    );
    for (const [partition, position] of this.#positions) {
      const { offset } = this.#ledgers[partition]!.acknowledged;
      assert.ok(position >= offset, `partition ${partition} goes on at ${position}, ${offset} was acknowledged`);
    }
    this.#generationId = generationId;
    this.#unanswered.clear();
    this.#count('join');
  }

  async #heartbeat(): Promise<void> {
    const body = { groupId, generationId: this.#generationId, memberId: this.#memberId };
    const { errorCode } = await settled(
      () => this.#session.call(ApiKey.Heartbeat, 3, body),
      (answer) => answer.errorCode,
    );
    this.#isOut(errorCode, 'Heartbeat');
  }

  async #commit(): Promise<void> {
    for (const [partition, position] of this.#positions) {
      if (this.#generationId < 0) return;
      const offset = this.#unanswered.get(partition) ?? position + 1 + this.#session.world.random.below(5);
      this.#unanswered.set(partition, offset);
      const commit: Committed = { offset, metadata: `at ${offset}` };
      const ledger = this.#ledgers[partition]!;
      const member = { groupId, memberId: this.#memberId, generationIdOrMemberEpoch: this.#generationId };
      ledger.sending(commit);
      const errorCode = await commitOffset(this.#session, member, topic, partition, commit);
      if (errorCode !== 0) {
        ledger.refused(commit);
        if (!isPassing(errorCode)) this.#isOut(errorCode, 'OffsetCommit');
        return;
      }
      const before = ledger.acknowledged.offset;
      assert.ok(offset >= before, `partition ${partition}: a commit of ${offset} was taken after one of ${before}`);
      ledger.answered(commit);
      this.#unanswered.delete(partition);
      this.#positions.set(partition, offset);
      this.#count('commit');
    }
  }

  async #leave(): Promise<void> {
    if (this.#memberId === '') return;
    const body = { groupId, members: [{ memberId: this.#memberId }] };
    const { errorCode } = await this.#session.call(ApiKey.LeaveGroup, 3, body);
    assert.ok(errorCode === 0 || isPassing(errorCode), `LeaveGroup: ${nameOf(errorCode)}`);
    this.#memberId = '';
    this.#generationId = -1;
  }

  /** Whether to join again, at once or after a moment. */
  #isOut(errorCode: number, what: string): boolean {
    if (errorCode === 0) return false;
    assert.ok(isOutOfGroup(errorCode) || isPassing(errorCode), `${what}: ${nameOf(errorCode)}`);
    this.#generationId = -1;
    if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID) this.#memberId = '';
    return true;
  }
}

/** Which partitions the member at `index` gets, a digit each. */
function turn(index: number, count: number): string {
  return Array.from({ length: partitions }, (_, partition) => partition)
    .filter((partition) => partition % count === index)
    .join('');
}
