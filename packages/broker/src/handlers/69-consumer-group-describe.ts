import { ApiKey, ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import { ConsumerGroup } from '../groups/consumer/consumer-group.ts';
import { notFound } from '../groups/consumer/consumer-groups.ts';
import { type DescribedGroup, describeGroup } from '../groups/consumer/describe-group.ts';
import { AclOperation, ResourceType, type Subject } from '../security/authorizer.ts';
import { authorizedOperations, operationsNotRequested } from '../topics/authorized-operations.ts';
import { defineHandler } from './handler.ts';

/*
 * ConsumerGroupDescribe (69), versions 0-1: https://kafka.apache.org/protocol#The_Messages_ConsumerGroupDescribe
 *
 * No known differences from Kafka. Version 1 adds memberType: whether a member speaks the classic or the consumer protocol.
 */
export const consumerGroupDescribe = defineHandler({
  apiKey: ApiKey.ConsumerGroupDescribe,
  minVersion: 0,
  maxVersion: 1,
  handle(context, body, request) {
    const { connection } = request;
    if (!context.groups.isServed('consumer')) {
      return {
        throttleTimeMs: 0,
        groups: body.groupIds.map((groupId) => failed(groupId, ErrorCode.UNSUPPORTED_VERSION, null)),
      };
    }
    const groups = body.groupIds.map((groupId) => {
      const group = describe(context, connection, groupId);
      const isAsked = body.includeAuthorizedOperations && group.errorCode === 0;
      group.authorizedOperations = isAsked
        ? authorizedOperations(context, connection, ResourceType.GROUP, groupId)
        : operationsNotRequested;
      return group;
    });
    return { throttleTimeMs: 0, groups };
  },
});

function describe({ authorizer, groups, store }: BrokerContext, subject: Subject, groupId: string): DescribedGroup {
  if (!authorizer.isAllowed(subject, AclOperation.DESCRIBE, ResourceType.GROUP, groupId)) {
    return failed(groupId, ErrorCode.GROUP_AUTHORIZATION_FAILED, null);
  }
  if (groupId === '') return failed(groupId, ErrorCode.INVALID_GROUP_ID, null);
  const group = groups.find(groupId)?.group;
  if (!(group instanceof ConsumerGroup)) {
    return failed(groupId, ErrorCode.GROUP_ID_NOT_FOUND, notFound(groupId, group !== undefined).message);
  }
  const described = describeGroup(group, store, groups.consumers.defaultAssignor);
  if (authorizer.isOpen) return described;
  const mayDescribe = (topic: string) =>
    authorizer.isAllowed(subject, AclOperation.DESCRIBE, ResourceType.TOPIC, topic);
  for (const { assignment, targetAssignment } of described.members) {
    for (const { topicName } of [...assignment.topicPartitions, ...targetAssignment.topicPartitions]) {
      if (mayDescribe(topicName)) continue;
      const message = 'The group has described topic(s) that the client is not authorized to describe.';
      return failed(groupId, ErrorCode.TOPIC_AUTHORIZATION_FAILED, message);
    }
  }
  return described;
}

function failed(groupId: string, errorCode: number, errorMessage: string | null): DescribedGroup {
  return {
    errorCode,
    errorMessage,
    groupId,
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    assignorName: '',
    members: [],
  };
}
