import type { ConsumerGroupDescribeResponseInput } from '@headwater/protocol';
import type { TopicsView } from '../topics-view.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import type { ConsumerMember } from './consumer-member.ts';
import { type PartitionEpochs, sorted, type TopicPartitions } from './topic-partitions.ts';

export type DescribedGroup = ConsumerGroupDescribeResponseInput['groups'][number];

/** The group as ConsumerGroupDescribe tells of it. */
export function describeGroup(group: ConsumerGroup, topics: TopicsView, defaultAssignor: string): DescribedGroup {
  return {
    errorCode: 0,
    groupId: group.groupId,
    groupState: group.state,
    groupEpoch: group.groupEpoch,
    assignmentEpoch: group.targetEpoch,
    assignorName: group.preferredAssignor() ?? defaultAssignor,
    members: Array.from(group.members.values(), (member) => describeMember(group, member, topics)),
  };
}

function describeMember(group: ConsumerGroup, member: ConsumerMember, topics: TopicsView) {
  return {
    memberId: member.memberId,
    instanceId: member.instanceId,
    rackId: member.rackId,
    memberEpoch: member.memberEpoch,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscribedTopicNames: member.subscribedTopicNames,
    subscribedTopicRegex: member.subscribedTopicRegex,
    // Also what it has been asked to give back: until it does, it is responsible for it.
    assignment: named(union(member.assigned, member.pendingRevocation), topics),
    targetAssignment: named(group.target(member.memberId), topics),
    memberType: member.classic === null ? 1 : 0,
  };
}

function union(...all: readonly PartitionEpochs[]): TopicPartitions {
  const partitions = new Map<string, number[]>();
  for (const epochs of all) {
    for (const [topicId, byPartition] of epochs) {
      partitions.set(topicId, sorted([...(partitions.get(topicId) ?? []), ...byPartition.keys()]));
    }
  }
  return partitions;
}

/** Without topics that have been deleted. */
function named(partitions: TopicPartitions, topics: TopicsView) {
  const topicPartitions = [];
  for (const [topicId, list] of partitions) {
    const topic = topics.topicById(topicId);
    if (topic !== undefined) topicPartitions.push({ topicId, topicName: topic.name, partitions: list });
  }
  return { topicPartitions };
}
