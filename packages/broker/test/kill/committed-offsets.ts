import assert from 'node:assert/strict';
import { ApiKey, ErrorCode } from '@headwater/protocol';
import { isPassing, nameOf, settled } from './load.ts';
import type { Session } from './session.ts';

export interface Committed {
  offset: number;
  metadata: string | null;
}

/** What a group committed for partitions of a topic, transactions that are not decided waited for. */
export async function committedOffsets(
  session: Session,
  groupId: string,
  topic: string,
  partitions: number,
): Promise<Committed[]> {
  const partitionIndexes = Array.from({ length: partitions }, (_, index) => index);
  const body = { groups: [{ groupId, topics: [{ name: topic, partitionIndexes }] }], requireStable: true };
  const group = await settled(
    async () => (await session.call(ApiKey.OffsetFetch, 8, body)).groups[0]!,
    (answer) => {
      const errorCodes = [
        answer.errorCode,
        ...answer.topics.flatMap((each) => each.partitions.map((part) => part.errorCode)),
      ];
      return errorCodes.find(isPassing) ?? 0;
    },
  );
  assert.equal(nameOf(group.errorCode), 'NONE', `committed offsets of ${groupId}`);
  const found = group.topics[0]!.partitions;
  return partitionIndexes.map((index) => {
    const { committedOffset, metadata, errorCode } = found.find(({ partitionIndex }) => partitionIndex === index)!;
    assert.equal(nameOf(errorCode), 'NONE', `committed offset of ${groupId}, ${topic}-${index}`);
    return { offset: committedOffset, metadata };
  });
}

/** What was acknowledged of one group and partition, and what was sent after that. */
export class CommitLedger {
  acknowledged: Committed = { offset: -1, metadata: '' };
  #sent: Committed[] = [];

  sending(commit: Committed): void {
    this.#sent.push(commit);
  }

  /** The newest that was sent is there; those before it were overwritten. */
  answered(commit: Committed): void {
    this.acknowledged = commit;
    this.#sent = this.#sent.slice(this.#sent.indexOf(commit) + 1);
  }

  /** That commit is refused for good. */
  refused(commit: Committed): void {
    this.#sent = this.#sent.filter((each) => each !== commit);
  }

  check(found: Committed, where: string): void {
    const allowed = [this.acknowledged, ...this.#sent];
    const isAllowed = allowed.some(
      ({ offset, metadata }) => offset === found.offset && (offset < 0 || metadata === found.metadata),
    );
    const text = allowed.map(({ offset }) => offset).join(', ');
    assert.ok(isAllowed, `${where}: committed ${found.offset} (${found.metadata}), acknowledged or under way: ${text}`);
    // What was found cannot be taken back by a request that died with the broker.
    this.acknowledged = found;
    this.#sent = [];
  }
}

/** Commits one offset; the error code. */
export async function commitOffset(
  session: Session,
  member: { groupId: string; memberId: string; generationIdOrMemberEpoch: number },
  topic: string,
  partition: number,
  commit: Committed,
): Promise<number> {
  const partitions = [
    { partitionIndex: partition, committedOffset: commit.offset, committedMetadata: commit.metadata },
  ];
  const answer = await session.call(ApiKey.OffsetCommit, 8, { ...member, topics: [{ name: topic, partitions }] });
  return answer.topics[0]!.partitions[0]!.errorCode;
}

/** A member that a rebalance or a restart has put out joins again; that is no fault. */
export function isOutOfGroup(errorCode: number): boolean {
  return (
    errorCode === ErrorCode.ILLEGAL_GENERATION ||
    errorCode === ErrorCode.UNKNOWN_MEMBER_ID ||
    errorCode === ErrorCode.REBALANCE_IN_PROGRESS
  );
}
