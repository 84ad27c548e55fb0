import type { TopicPartitions } from '../topic-partitions.ts';
import { type AssignorInput, MemberShare } from './assignor.ts';

/** Rounds over all topics; a group that needs more is very unlike, and stays a little less balanced. */
const roundsMax = 16;

interface Topic {
  topicId: string;
  partitions: number;
  subscribers: MemberShare[];
}

/**
 * Members subscribe to different topics: each keeps what it has, free partitions go to the subscriber with the fewest, and then
 * partitions move from the most loaded to the least loaded subscriber of a topic as long as that makes the two more equal.
 */
export function assignHeterogeneous(input: AssignorInput): Map<string, TopicPartitions> {
  const { members, partitionCount } = input;
  const shares = members.map((member) => new MemberShare(member));
  const topics = new Map<string, Topic>();
  for (const share of shares) {
    for (const topicId of share.member.topicIds) {
      let topic = topics.get(topicId);
      if (topic === undefined) {
        topic = { topicId, partitions: partitionCount(topicId), subscribers: [] };
        topics.set(topicId, topic);
      }
      topic.subscribers.push(share);
    }
  }
  const free = keepWhatFits(topics, shares);
  // Topics with much to give for few are first: the others can make up for what they cause.
  const sorted = [...topics.values()].sort(
    (a, b) =>
      b.partitions / b.subscribers.length - a.partitions / a.subscribers.length ||
      a.subscribers.length - b.subscribers.length ||
      (a.topicId < b.topicId ? -1 : 1),
  );
  for (const topic of sorted) giveOut(topic, free.get(topic.topicId) ?? []);
  balance(sorted.filter(({ subscribers }) => subscribers.length > 1));
  return new Map(shares.map((share) => [share.member.memberId, share.partitions()]));
}

/** Members keep the partitions of topics that they still subscribe to; the others are free, by topic. */
function keepWhatFits(topics: ReadonlyMap<string, Topic>, shares: readonly MemberShare[]): Map<string, number[]> {
  const isTaken = new Map<string, Uint8Array>();
  for (const { topicId, partitions } of topics.values()) isTaken.set(topicId, new Uint8Array(partitions));
  for (const share of shares) {
    for (const [topicId, partitions] of share.member.assignment) {
      if (!share.member.topicIds.has(topicId)) continue;
      const taken = isTaken.get(topicId)!;
      for (const partition of partitions) {
        if (partition >= taken.length || taken[partition] === 1) continue;
        taken[partition] = 1;
        share.add(topicId, partition);
      }
    }
  }
  const free = new Map<string, number[]>();
  for (const [topicId, taken] of isTaken) {
    const list: number[] = [];
    for (let partition = 0; partition < taken.length; partition++) if (taken[partition] === 0) list.push(partition);
    if (list.length > 0) free.set(topicId, list);
  }
  return free;
}

/** One partition after the other to whoever has the fewest. */
function giveOut({ topicId, subscribers }: Topic, free: readonly number[]): void {
  if (free.length === 0) return;
  const byLoad = [...subscribers].sort((a, b) => a.count - b.count);
  // Those at the front have `level` partitions each; when all of them have got one more, the next ones join them.
  let level = byLoad[0]!.count;
  let front = 0;
  let next = 0;
  for (const partition of free) {
    if (next === front) {
      if (front > 0) level++;
      while (front < byLoad.length && byLoad[front]!.count <= level) front++;
      next = 0;
    }
    byLoad[next++]!.add(topicId, partition);
  }
}

function balance(topics: readonly Topic[]): void {
  for (let round = 0; round < roundsMax; round++) {
    let moved = 0;
    for (const topic of topics) moved += balanceOne(topic);
    if (moved === 0) return;
  }
}

function balanceOne({ topicId, subscribers }: Topic): number {
  let moved = 0;
  for (;;) {
    let least = subscribers[0]!;
    let most: MemberShare | null = null;
    for (const share of subscribers) {
      if (share.count < least.count) least = share;
      if (share.countOf(topicId) > 0 && (most === null || share.count > most.count)) most = share;
    }
    if (most === null || most.count - least.count <= 1) return moved;
    least.add(topicId, most.take(topicId)!);
    moved++;
  }
}
