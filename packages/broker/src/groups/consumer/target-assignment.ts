import type { GroupChanges } from '../group-changes.ts';
import type { TopicsView } from '../topics-view.ts';
import type { AssignorMember } from './assignors/assignor.ts';
import { assignors } from './assignors/index.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import { topicIdsOf } from './subscribed-topics.ts';
import { noPartitions } from './topic-partitions.ts';

/** Makes a new target for the group's epoch and writes what is another than before. */
export function assignTarget(
  changes: GroupChanges,
  group: ConsumerGroup,
  topics: TopicsView,
  defaultAssignor: string,
  nowMs: number,
): void {
  const subscriptions = new Map<string, Set<string>>();
  const members: AssignorMember[] = [];
  for (const member of group.members.values()) {
    const { memberId, instanceId } = member;
    // Most groups have one subscription: one set for all of them.
    const key = [member.subscribedTopicRegex, ...member.subscribedTopicNames].join('\n');
    let topicIds = subscriptions.get(key);
    if (topicIds === undefined) {
      topicIds = topicIdsOf(group, member, topics);
      subscriptions.set(key, topicIds);
    }
    members.push({ memberId, instanceId, topicIds, assignment: group.target(memberId) });
  }
  const assign = assignors[group.preferredAssignor() ?? defaultAssignor] ?? assignors['uniform']!;
  const assigned = assign({
    members,
    isHomogeneous: subscriptions.size <= 1,
    partitionCount: (topicId) => topics.topicById(topicId)?.partitions ?? 0,
  });
  for (const { memberId } of members) group.putTarget(changes, memberId, assigned.get(memberId) ?? noPartitions);
  group.putTargetEpoch(changes, group.groupEpoch, nowMs);
}
