import { ApiKey, type ConsumerGroupHeartbeatRequest, ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import type { HeartbeatAnswer } from '../groups/consumer/heartbeat-request.ts';
import type { TopicPartitions } from '../groups/consumer/topic-partitions.ts';
import { GroupRefusal } from '../groups/group-refusal.ts';
import type { Request } from '../network/request.ts';
import { AclOperation, ResourceType } from '../security/authorizer.ts';
import { defineHandler } from './handler.ts';

/*
 * ConsumerGroupHeartbeat (68), versions 0-1: https://kafka.apache.org/protocol#The_Messages_ConsumerGroupHeartbeat
 *
 * Joins with epoch 0, leaves with -1, or -2 for a static member that will be back (KIP-848).
 * Differences from Kafka: topics of a regular expression are there in the answer to the join, not a heartbeat later.
 * Version 1 adds subscribedTopicRegex, and members choose their ids.
 */
export const consumerGroupHeartbeat = defineHandler({
  apiKey: ApiKey.ConsumerGroupHeartbeat,
  minVersion: 0,
  maxVersion: 1,
  handle(context, body, request) {
    const errorCode = accessError(context, body, request);
    if (errorCode !== 0) return refused(errorCode, null);
    try {
      return answer(context.groups.consumers.heartbeat(heartbeatOf(context, body, request)));
    } catch (error) {
      if (!(error instanceof GroupRefusal)) throw error;
      return refused(error.errorCode, error.message);
    }
  },
});

function accessError({ authorizer, groups }: BrokerContext, body: ConsumerGroupHeartbeatRequest, request: Request) {
  const { connection } = request;
  if (!groups.isServed('consumer')) return ErrorCode.UNSUPPORTED_VERSION;
  if (groups.isClosed) return ErrorCode.COORDINATOR_NOT_AVAILABLE;
  if (!authorizer.isAllowed(connection, AclOperation.READ, ResourceType.GROUP, body.groupId)) {
    return ErrorCode.GROUP_AUTHORIZATION_FAILED;
  }
  const mayDescribe = (name: string) =>
    authorizer.isAllowed(connection, AclOperation.DESCRIBE, ResourceType.TOPIC, name);
  return (body.subscribedTopicNames ?? []).every(mayDescribe) ? 0 : ErrorCode.TOPIC_AUTHORIZATION_FAILED;
}

function heartbeatOf({ authorizer }: BrokerContext, body: ConsumerGroupHeartbeatRequest, request: Request) {
  const { connection } = request;
  return {
    ...body,
    owned: body.topicPartitions === null ? null : partitionsOf(body.topicPartitions),
    clientId: request.clientId ?? '',
    clientHost: `/${connection.remoteAddress}`,
    apiVersion: request.apiVersion,
    mayDescribe: (topic: string) =>
      authorizer.isAllowed(connection, AclOperation.DESCRIBE, ResourceType.TOPIC, topic, false),
  };
}

function partitionsOf(list: readonly { topicId: string; partitions: readonly number[] }[]): TopicPartitions {
  return new Map(list.map(({ topicId, partitions }) => [topicId, partitions]));
}

function answer({ memberId, memberEpoch, heartbeatIntervalMs, assignment }: HeartbeatAnswer) {
  const topicPartitions =
    assignment === null ? null : Array.from(assignment, ([topicId, partitions]) => ({ topicId, partitions }));
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    errorMessage: null,
    memberId,
    memberEpoch,
    heartbeatIntervalMs,
    assignment: topicPartitions === null ? null : { topicPartitions },
  };
}

function refused(errorCode: number, errorMessage: string | null) {
  return {
    throttleTimeMs: 0,
    errorCode,
    errorMessage,
    memberId: null,
    memberEpoch: 0,
    heartbeatIntervalMs: 0,
    assignment: null,
  };
}
