import type { TopicPartitions } from '../topic-partitions.ts';
import type { Assignor, AssignorMember } from './assignor.ts';

/**
 * Each topic is cut into as many ranges as it has subscribers, so that partitions of the same number in topics of the same size meet in
 * one member (joins). Members are in the order of their instance ids, then of their member ids, so it is sticky for static members.
 */
export const rangeAssignor: Assignor = ({ members, partitionCount }) => {
  const assigned = new Map<string, Map<string, readonly number[]>>();
  const subscribers = new Map<string, AssignorMember[]>();
  for (const member of members.toSorted(byInstance)) {
    assigned.set(member.memberId, new Map());
    for (const topicId of member.topicIds) {
      const list = subscribers.get(topicId);
      if (list === undefined) subscribers.set(topicId, [member]);
      else list.push(member);
    }
  }
  for (const [topicId, list] of subscribers) {
    const partitions = partitionCount(topicId);
    const quota = Math.floor(partitions / list.length);
    const extras = partitions % list.length;
    let start = 0;
    list.forEach(({ memberId }, index) => {
      const end = start + quota + (index < extras ? 1 : 0);
      if (end > start) {
        const first = start;
        const range = Array.from({ length: end - start }, (_, offset) => first + offset);
        assigned.get(memberId)!.set(topicId, range);
      }
      start = end;
    });
  }
  return assigned satisfies Map<string, TopicPartitions>;
};

function byInstance(a: AssignorMember, b: AssignorMember): number {
  if (a.instanceId !== null && b.instanceId !== null) return compare(a.instanceId, b.instanceId);
  if (a.instanceId !== null) return -1;
  if (b.instanceId !== null) return 1;
  return compare(a.memberId, b.memberId);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
