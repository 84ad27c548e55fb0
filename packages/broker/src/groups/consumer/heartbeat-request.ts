import { ErrorCode } from '@headwater/protocol';
import { GroupRefusal } from '../group-refusal.ts';
import { staticMemberAway } from './consumer-member.ts';
import type { TopicPartitions } from './topic-partitions.ts';

export const joinEpoch = 0;
export const leaveEpoch = -1;

/** ConsumerGroupHeartbeat: what is null has not changed since the last one. */
export interface HeartbeatRequest {
  groupId: string;
  memberId: string;
  memberEpoch: number;
  instanceId: string | null;
  rackId: string | null;
  /** -1: as before. */
  rebalanceTimeoutMs: number;
  subscribedTopicNames: readonly string[] | null;
  subscribedTopicRegex: string | null;
  serverAssignor: string | null;
  owned: TopicPartitions | null;
  clientId: string;
  clientHost: string;
  apiVersion: number;
  /** Which topics the client may know of: an expression matches no others. */
  mayDescribe(topic: string): boolean;
}

export interface HeartbeatAnswer {
  memberId: string;
  memberEpoch: number;
  heartbeatIntervalMs: number;
  /** Null: as before. */
  assignment: TopicPartitions | null;
}

/**
 * What can be said without looking at the group.
 *
 * @throws GroupRefusal INVALID_REQUEST, UNSUPPORTED_ASSIGNOR
 */
export function checkHeartbeat(request: HeartbeatRequest, assignorNames: readonly string[]): void {
  const { memberEpoch, serverAssignor } = request;
  // From version 1 on, members choose their ids themselves.
  const needsMemberId = request.apiVersion >= 1 || memberEpoch > 0 || memberEpoch === leaveEpoch;
  if (needsMemberId) refuseEmpty(request.memberId, "MemberId can't be empty.");
  refuseEmpty(request.groupId, "GroupId can't be empty.");
  refuseEmpty(request.instanceId, "InstanceId can't be empty.");
  refuseEmpty(request.rackId, "RackId can't be empty.");
  if (memberEpoch === joinEpoch) checkJoin(request);
  else if (memberEpoch === staticMemberAway && request.instanceId === null) refuse("InstanceId can't be null.");
  else if (memberEpoch < staticMemberAway) refuse('MemberEpoch is invalid.');
  if (serverAssignor !== null && !assignorNames.includes(serverAssignor)) {
    const supported = assignorNames.join(', ');
    const message = `ServerAssignor ${serverAssignor} is not supported. Supported assignors: ${supported}.`;
    throw new GroupRefusal(ErrorCode.UNSUPPORTED_ASSIGNOR, message);
  }
}

function checkJoin(request: HeartbeatRequest): void {
  if (request.rebalanceTimeoutMs === -1) refuse('RebalanceTimeoutMs must be provided in first request.');
  if (request.owned === null || request.owned.size > 0) {
    refuse('TopicPartitions must be empty when (re-)joining.');
  }
  if (request.subscribedTopicNames === null && request.subscribedTopicRegex === null) {
    refuse('Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.');
  }
}

function refuseEmpty(text: string | null, message: string): void {
  if (text !== null && text.trim() === '') refuse(message);
}

function refuse(message: string): never {
  throw new GroupRefusal(ErrorCode.INVALID_REQUEST, message);
}
