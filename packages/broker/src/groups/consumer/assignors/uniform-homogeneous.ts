import type { TopicPartitions } from '../topic-partitions.ts';
import { type AssignorInput, MemberShare } from './assignor.ts';

interface Unfilled {
  share: MemberShare;
  left: number;
}

/**
 * All members subscribe to the same topics: each gets the same number of partitions, some one more. A member keeps what it has up to
 * its quota, so that only what must move moves; the rest goes to those that have room, in the order of the members.
 */
export function assignHomogeneous(input: AssignorInput): Map<string, TopicPartitions> {
  const { members, partitionCount } = input;
  const topicIds = members[0]?.topicIds ?? new Set<string>();
  let total = 0;
  for (const topicId of topicIds) total += partitionCount(topicId);
  const free: [topicId: string, partition: number][] = freePartitions(input, topicIds);
  const quota = Math.floor(total / members.length);
  let extras = total % members.length;
  const unfilled: Unfilled[] = [];
  const shares = members.map((member, index) => {
    const share = new MemberShare(member);
    let mayTakeExtra = extras > 0;
    const limit = quota + (mayTakeExtra ? 1 : 0);
    for (const [topicId, partitions] of member.assignment) {
      if (!topicIds.has(topicId)) continue;
      for (const partition of partitions) {
        if (partition >= partitionCount(topicId)) continue;
        if (share.count < limit) share.add(topicId, partition);
        else free.push([topicId, partition]);
      }
    }
    let left = limit - share.count;
    // Somebody later may have the extra one already: it is left to him as long as enough members follow.
    if (left > 0 && mayTakeExtra && members.length - index > extras) {
      left--;
      mayTakeExtra = false;
    }
    if (mayTakeExtra) extras--;
    if (left > 0) unfilled.push({ share, left });
    return share;
  });
  fill(unfilled, free);
  return new Map(shares.map((share) => [share.member.memberId, share.partitions()]));
}

function freePartitions({ members, partitionCount }: AssignorInput, topicIds: ReadonlySet<string>) {
  const free: [string, number][] = [];
  for (const topicId of topicIds) {
    const isTaken = new Uint8Array(partitionCount(topicId));
    for (const { assignment } of members) {
      for (const partition of assignment.get(topicId) ?? []) isTaken[partition] = 1;
    }
    for (let partition = 0; partition < isTaken.length; partition++) {
      if (isTaken[partition] === 0) free.push([topicId, partition]);
    }
  }
  return free;
}

function fill(unfilled: readonly Unfilled[], free: readonly [string, number][]): void {
  let next = 0;
  for (const { share, left } of unfilled) {
    const end = Math.min(next + left, free.length);
    for (; next < end; next++) share.add(...free[next]!);
  }
  if (next < free.length) throw new Error(`${free.length - next} partitions were left over`);
}
